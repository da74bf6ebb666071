/** An answer of the simulator. The body is sent as JSON; undefined is an empty body. */
export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
}

/**
 * The reason of refusals for which LINE documents no reason. `property` names the wrong part. No program should depend on
 * this reason, since it is the simulator's own.
 */
export const unnamedReason = 'REQUEST_INPUT_INVALID';

/** An error body as LINE sends it: `{errors:[{reason, property}]}`. */
export function refusal(status: number, reason: string, property = ''): Answer {
  return { status, body: { errors: [{ reason, property }] } };
}

/** Too many requests: LINE sends no body. */
export const tooManyRequests: Answer = { status: 429 };
