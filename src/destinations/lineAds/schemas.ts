import { z } from 'zod';
import type { Audience, RemoteUpload } from '../destination.ts';
import { audienceState, effectOf, heldBy, uploadState } from './words.ts';

/*
 * The parts of LINE's answers that we read. Unknown fields and unknown states pass, ids may be strings or numbers, and
 * only indispensable fields are required.
 */

const id = z.union([z.string().min(1), z.int()]).transform(String);
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const optionalText = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => (value === null || value === undefined ? null : String(value)));

const isoTime = /^\d{4,6}-\d\d-\d\dT\d\d:\d\d/;

/** Milliseconds since the epoch of an ISO 8601 time with a zone; null for anything else. */
const time = z
  .string()
  .regex(isoTime)
  .transform((text) => Date.parse(text))
  .pipe(z.int())
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);

export const audienceAnswer = z
  .looseObject({
    id,
    name: text,
    functionType: text,
    status: text,
    estimatedAudienceSize: optionalText,
    created: time,
  })
  .transform(
    (raw): Audience => ({
      id: raw.id,
      name: raw.name,
      type: raw.functionType,
      holds: heldBy(raw.functionType),
      state: audienceState(raw.status, raw.estimatedAudienceSize),
      status: raw.status,
      estimatedSize: raw.estimatedAudienceSize,
      createdMs: raw.created,
    }),
  );

export const audiencePage = z.looseObject({
  audienceGroups: z.array(audienceAnswer),
  hasNextPage: z.boolean().nullish(),
  totalElements: z.number().nullish(),
});

export type AudiencePage = z.output<typeof audiencePage>;

/** A whole number of lines; null for anything else. */
const count = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
  .pipe(z.int().min(0))
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);

const rawUploadJob = z.looseObject({
  audienceGroupId: optionalText.catch(null),
  audienceGroupJobId: id,
  name: text,
  type: text,
  jobStatus: text,
  failedType: optionalText,
  audienceCount: count,
  created: time,
});

/** Length of LINE's job list of an audience. It holds the newest jobs (the sibling API documents that number). */
export const maxListedJobs = 50;

/** The upload jobs of one audience. An answer that holds a job of another audience does not fit. */
export function uploadJobsAnswer(audienceId: string) {
  const uploadJob = rawUploadJob
    .refine(({ audienceGroupId }) => audienceGroupId === null || audienceGroupId === audienceId)
    .transform(
      (raw): RemoteUpload => ({
        id: raw.audienceGroupJobId,
        label: raw.name,
        effect: effectOf(raw.type),
        state: uploadState(raw.jobStatus),
        type: raw.type,
        status: raw.jobStatus,
        failure: raw.failedType,
        processed: raw.audienceCount,
        createdMs: raw.created,
      }),
    );
  return z.looseObject({ jobs: z.array(uploadJob) });
}

/** The value of an answer's body, or undefined when it is not JSON of the expected shape. */
export function parseAnswer<T>(schema: z.ZodType<T>, body: string | undefined): T | undefined {
  const parsed = schema.safeParse(parseJson(body));
  return parsed.success ? parsed.data : undefined;
}

const reason = z.looseObject({ reason: z.string().regex(/^[A-Z0-9_]{1,80}$/) });
const errorList = z.array(z.unknown());
const errorBody = z.union([errorList, z.looseObject({ errors: errorList }).transform((body) => body.errors)]);

/** LINE's reason codes of an error answer, in their order. Free text never passes; any other body gives none. */
export function parseReasons(body: string | undefined): string[] {
  const errors = parseAnswer(errorBody, body) ?? [];
  const reasons = errors.flatMap((error) => reason.safeParse(error).data?.reason ?? []);
  return [...new Set(reasons)].slice(0, 10);
}

const documentedErrors = errorBody.pipe(z.array(z.looseObject({ reason: z.string() })));

/** Tells whether a body has the form of LINE's errors. Unknown reasons pass. */
export function isErrorBody(body: string | undefined): boolean {
  return parseAnswer(documentedErrors, body) !== undefined;
}

function parseJson(body: string | undefined): unknown {
  try {
    return body === undefined ? undefined : JSON.parse(body, keepLongInteger);
  } catch {
    return undefined;
  }
}

/** Keeps the digits of an integer that a JavaScript number would round: two ids must not become one. */
function keepLongInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return /^\d+$/.test(source) ? source : value;
}
