/** What the simulator answers, before it is put on the wire: `body` undefined is an empty body, anything else goes as JSON. */
export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
}

/**
 * The reason for refusals that the LINE Ads API reference describes without naming one; `property` says what is wrong.
 * It is ours: no program should depend on it.
 */
export const unnamedReason = 'REQUEST_INPUT_INVALID';

/** An error body as LINE sends it: `{errors:[{reason, property}]}`. */
export function refusal(status: number, reason: string, property = ''): Answer {
  return { status, body: { errors: [{ reason, property }] } };
}

/** Too many requests: LINE sends no body. */
export const tooManyRequests: Answer = { status: 429 };
