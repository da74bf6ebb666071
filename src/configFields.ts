import { z } from 'zod';

/*
 * Building blocks of the configuration's schemas.
 */

/** A whole number within bounds, both included. */
export function integer(minimum: number, maximum: number) {
  return z.int().min(minimum).max(maximum);
}

/** Names of syncs and destinations. */
export const namePattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;
export const nameRule = 'must be 1-63 of a-z, 0-9, "_" and "-", starting with a letter or digit';

/** Text that is valid when `problemOf` returns undefined. */
export function checkedText(problemOf: (text: string) => string | undefined) {
  return z.string().superRefine((text, context) => {
    const message = problemOf(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}

/** Metadata of a field that holds a secret. */
export const secret = { writeOnly: true, 'x-secret': true } as const;
