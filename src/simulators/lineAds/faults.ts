import { z } from 'zod';
import { SyncError } from '../../errors.ts';

const anyRequest = z
  .enum(['list', 'upload', 'jobs', 'any'])
  .default('any')
  .meta({ description: 'The requests that it matches. Renaming and deleting match only "any".' });
const uploadsOnly = z.literal('upload').default('upload');

const counts = {
  skip: z.int().min(0).default(0).meta({ description: 'Number of matching requests that pass before the first hit.' }),
  times: z.int().min(1).default(1).meta({ description: 'Number of requests that are hit.' }),
};

const retryAfter = z
  .union([z.int().min(0), z.string().min(1)])
  .optional()
  .meta({ description: 'The Retry-After header: seconds, or an HTTP date.' });
const reason = z
  .string()
  .min(1)
  .optional()
  .meta({ description: 'The reason in the error body. Without it, the body is empty.' });

/*
 * The faults, one plain object each. A refused signature, account, rate or route uses up no fault. A request is hit by the
 * first matching fault that is due, and by no other. A fault that still skips counts the request and leaves it to the
 * next. The form of an upload is read in full before a fault acts, so that the record of the request is complete.
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
    .meta({ description: 'Answers with a status. The request has no effect.' }),
  z
    .strictObject({
      effect: z.literal('redirect'),
      on: anyRequest,
      ...counts,
      status: z.literal([301, 302, 303, 307, 308]).default(307),
      location: z.url(),
    })
    .meta({ description: 'Redirects to location. The request has no effect.' }),
  z
    .strictObject({ effect: z.literal('dropBefore'), on: anyRequest, ...counts })
    .meta({ description: 'Drops the connection without an answer. The request has no effect.' }),
  z
    .strictObject({ effect: z.literal('dropAfter'), on: anyRequest, ...counts })
    .meta({ description: 'Drops the connection without an answer, after the request took effect.' }),
  z
    .strictObject({
      effect: z.literal('answerAfter'),
      on: anyRequest,
      ...counts,
      status: z.int().min(500).max(599),
      retryAfter,
      reason,
    })
    .meta({ description: 'Answers 5xx although the request took effect.' }),
  z
    .strictObject({ effect: z.literal('delay'), on: anyRequest, ...counts, ms: z.int().min(0).max(3_600_000) })
    .meta({ description: 'Answers as usual, but only ms milliseconds after the request took effect.' }),
  z
    .strictObject({
      effect: z.literal('jobFails'),
      on: uploadsOnly,
      ...counts,
      failedType: z.string().min(1).default('UNKNOWN'),
    })
    .meta({
      description:
        "Accepts the upload. Its job ends FAILED and changes nothing. LINE's values of failedType are unknown.",
    }),
  z
    .strictObject({ effect: z.literal('jobSlow'), on: uploadsOnly, ...counts, extraMs: z.int().min(1) })
    .meta({ description: 'Accepts the upload. Its job is WORKING for extraMs milliseconds longer.' }),
  z
    .strictObject({ effect: z.literal('jobUnlisted'), on: uploadsOnly, ...counts, ms: z.int().min(1).optional() })
    .meta({ description: 'Accepts the upload. Its job is not listed for ms milliseconds, or never if ms is missing.' }),
  z
    .strictObject({ effect: z.literal('otherAudience'), on: uploadsOnly, ...counts })
    .meta({ description: 'Accepts the upload. The answer names another audience.' }),
]);

export const faultsSchema = z.array(faultSchema);

/** A fault as it is written. The defaults are `skip` 0, `times` 1 and `on` "any" (for faults of jobs "upload"). */
export type Fault = z.input<typeof faultSchema>;
export type DueFault = z.output<typeof faultSchema>;
export type RouteKind = 'list' | 'upload' | 'jobs' | 'rename' | 'delete';

/** Reads the file of `simulate --faults`. Throws `config.invalid` if it does not fit `faultsSchema`. */
export function loadFaults(text: string): Fault[] {
  const hint = 'Write each fault as an object such as {"effect":"answer","on":"upload","status":503,"times":2}.';
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
  /** Returns the fault that hits this request, and counts the hit. Undefined if none is due. */
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
