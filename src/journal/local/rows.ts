import { z } from 'zod';

/*
 * How what the journal keeps as JSON is read back: whatever is not what was written is damage.
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
