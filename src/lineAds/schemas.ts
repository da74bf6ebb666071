import { z } from 'zod';

/*
 * LINE's answers, as far as we read them: unknown fields and unknown states pass, ids may be strings or numbers, and
 * only what we cannot do without is required.
 */

const id = z.union([z.string().min(1), z.number()]).transform(String);
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const optionalText = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => (value === null || value === undefined ? null : String(value)));

export const audienceAnswer = z
  .looseObject({
    id,
    name: text,
    functionType: text,
    status: text,
    estimatedAudienceSize: optionalText,
  })
  .transform((raw) => ({
    id: raw.id,
    name: raw.name,
    functionType: raw.functionType,
    status: raw.status,
    /** LINE's text: a number, "-", or "100 or fewer". */
    estimatedSize: raw.estimatedAudienceSize,
  }));

export type Audience = z.output<typeof audienceAnswer>;

export const audiencePage = z.looseObject({
  audienceGroups: z.array(audienceAnswer),
  hasNextPage: z.boolean().nullish(),
  totalElements: z.number().nullish(),
});

export type AudiencePage = z.output<typeof audiencePage>;

const count = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);

/** ISO 8601 with a zone. */
const time = z
  .string()
  .transform((text) => Date.parse(text))
  .pipe(z.int())
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);

const uploadJob = z
  .looseObject({
    audienceGroupJobId: id,
    name: text,
    type: text,
    jobStatus: text,
    failedType: optionalText,
    audienceCount: count,
    created: time,
  })
  .transform((raw) => ({
    id: raw.audienceGroupJobId,
    /** The file name that was sent. */
    fileName: raw.name,
    type: raw.type,
    status: raw.jobStatus,
    failedType: raw.failedType,
    /** Lines that LINE processed correctly; not matches. */
    audienceCount: raw.audienceCount,
    /** Milliseconds since the epoch. */
    createdMs: raw.created,
  }));

export type UploadJob = z.output<typeof uploadJob>;

export const uploadJobsAnswer = z.looseObject({ jobs: z.array(uploadJob) });

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
    return body === undefined ? undefined : JSON.parse(body);
  } catch {
    return undefined;
  }
}
