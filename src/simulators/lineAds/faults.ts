import { z } from 'zod';
import { SyncError } from '../../errors.ts';

const anyRequest = z
  .enum(['list', 'upload', 'jobs', 'any'])
  .default('any')
  .meta({ description: 'Which requests it is for. Renaming and deleting match only "any".' });
const uploadsOnly = z.literal('upload').default('upload');

const counts = {
  skip: z.int().min(0).default(0).meta({ description: 'How many matching requests pass before the first one is hit.' }),
  times: z.int().min(1).default(1).meta({ description: 'How many requests are hit.' }),
};

const retryAfter = z
  .union([z.int().min(0), z.string().min(1)])
  .optional()
  .meta({ description: 'The Retry-After header: seconds, or an HTTP date.' });
const reason = z.string().min(1).optional().meta({ description: 'The reason in the error body; without it no body.' });

/*
 * What can go wrong, one plain object each. A refused signature, account, rate or route uses up no fault. Of the faults
 * that match a request the first that is due hits it, alone; one that still skips counts the request down and leaves it
 * to the next. An upload's form is read in full before any fault acts, so that the record shows what was sent.
 */
const faultSchema = z.discriminatedUnion('effect', [
  z
    .strictObject({
      effect: z.literal('answer'),
      on: anyRequest,
      ...counts,
      status: z.int().min(400).max(599),
      retryAfter,
      reason,
    })
    .meta({ description: 'Answer with a status; the request does not count.' }),
  z
    .strictObject({
      effect: z.literal('redirect'),
      on: anyRequest,
      ...counts,
      status: z.literal([301, 302, 303, 307, 308]).default(307),
      location: z.url(),
    })
    .meta({ description: 'Redirect elsewhere; the request does not count.' }),
  z
    .strictObject({ effect: z.literal('dropBefore'), on: anyRequest, ...counts })
    .meta({ description: 'Drop the socket without an answer; the request does not count.' }),
  z
    .strictObject({ effect: z.literal('dropAfter'), on: anyRequest, ...counts })
    .meta({ description: 'Drop the socket without an answer, after the request counted.' }),
  z
    .strictObject({
      effect: z.literal('answerAfter'),
      on: anyRequest,
      ...counts,
      status: z.int().min(500).max(599),
      retryAfter,
      reason,
    })
    .meta({ description: 'Answer 5xx although the request counted.' }),
  z
    .strictObject({ effect: z.literal('delay'), on: anyRequest, ...counts, ms: z.int().min(0).max(3_600_000) })
    .meta({ description: 'Answer as usual, but so many milliseconds after the request counted.' }),
  z
    .strictObject({
      effect: z.literal('jobFails'),
      on: uploadsOnly,
      ...counts,
      failedType: z.string().min(1).default('UNKNOWN'),
    })
    .meta({
      description: "Accept the upload; its job ends FAILED and changes nothing. LINE's failedTypes are unknown.",
    }),
  z
    .strictObject({ effect: z.literal('jobSlow'), on: uploadsOnly, ...counts, extraMs: z.int().min(1) })
    .meta({ description: 'Accept the upload; its job is WORKING for so many milliseconds longer.' }),
  z
    .strictObject({ effect: z.literal('jobUnlisted'), on: uploadsOnly, ...counts, ms: z.int().min(1).optional() })
    .meta({ description: 'Accept the upload; its job is not listed for so many milliseconds, or never without ms.' }),
  z
    .strictObject({ effect: z.literal('otherAudience'), on: uploadsOnly, ...counts })
    .meta({ description: 'Accept the upload; the answer names another audience.' }),
]);

export const faultsSchema = z.array(faultSchema);

/** A fault as it is written down; `skip` 0, `times` 1 and `on` "any" (jobs: "upload") unless given. */
export type Fault = z.input<typeof faultSchema>;
export type DueFault = z.output<typeof faultSchema>;
export type RouteKind = 'list' | 'upload' | 'jobs' | 'rename' | 'delete';

/** Reads what `simulate --faults FILE` is given: JSON of the shape of `faultsSchema`. Throws `config.invalid`. */
export function loadFaults(text: string): Fault[] {
  const hint = 'Each fault is an object such as {"effect":"answer","on":"upload","status":503,"times":2}.';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new SyncError('config.invalid', 'The faults file is not JSON.', hint);
  }
  const { data, error } = faultsSchema.safeParse(json);
  if (data === undefined)
    throw new SyncError('config.invalid', `The faults file is not valid.\n${z.prettifyError(error)}`, hint);
  return data;
}

export interface Faults {
  add(fault: Fault): void;
  /** The fault that hits this request, used up by it; undefined when none is due. */
  take(kind: RouteKind): DueFault | undefined;
}

export function createFaults(initial: readonly Fault[]): Faults {
  const pending = faultsSchema.parse(initial);
  return {
    add(fault) {
      pending.push(faultSchema.parse(fault));
    },
    take(kind) {
      for (const [index, fault] of pending.entries()) {
        if (fault.on !== 'any' && fault.on !== kind) continue;
        if (fault.skip > 0) {
          fault.skip -= 1;
          continue;
        }
        fault.times -= 1;
        if (fault.times === 0) pending.splice(index, 1);
        return fault;
      }
      return undefined;
    },
  };
}
