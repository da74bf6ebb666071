import { z } from 'zod';

/** A field of the configuration that is a whole number within bounds, both included. */
export function integer(minimum: number, maximum: number) {
  return z.int().min(minimum).max(maximum);
}
