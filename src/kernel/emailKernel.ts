import { kinds } from '../identifiers/kinds.ts';
import { createKernel, instantiate, type Kernel } from './kernel.ts';

const emailKind = 0;
/** "a@b.c" and the LF. */
const leastLineBytes = 6;

/** A kernel for plain emails, by rules with `hashed: auto` or `never`: a record is the SHA-256. */
export function createEmailKernel(): Kernel {
  return createKernel({ module: instantiate(), kind: emailKind, recordBytes: kinds.email.keyBytes, leastLineBytes });
}
