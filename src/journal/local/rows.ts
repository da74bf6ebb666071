import { z } from 'zod';

/*
 * Columns that hold JSON. A value that the program never writes is damage: parsing throws zod's error.
 */

export const json = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' });
    return z.NEVER;
  }
});

/** A list of texts; empty where an older version wrote none. */
export const texts = json
  .pipe(z.array(z.string()))
  .nullish()
  .transform((list) => list ?? []);

export const keptSet = json.pipe(
  z.object({ file: z.string().min(1), recordBytes: z.int(), count: z.int(), keyedDigest: z.string() }),
);

export const cursorRecord = json.pipe(z.object({ origin: z.string(), value: z.string() })).nullable();

export function toJson(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}
