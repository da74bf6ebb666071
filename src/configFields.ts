import { z } from 'zod';

/** A field of the configuration that is a whole number within bounds, both included. */
export function integer(minimum: number, maximum: number) {
  return z.int().min(minimum).max(maximum);
}

/** Names of syncs and destinations. */
export const namePattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;
export const nameRule = 'must be 1-63 of a-z, 0-9, "_" and "-", starting with a letter or digit';
