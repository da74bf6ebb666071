import { kinds } from '../identifiers/kinds.ts';
import { createKernel, instantiate, type Kernel } from './kernel.ts';

const emailKind = 0;
/** "a@b.c" and the LF. */
const minLineBytes = 6;

/** Creates a kernel for plain emails under rules with `hashed: auto` or `never`. A record is the SHA-256. */
export function createEmailKernel(): Kernel {
  return createKernel({ module: instantiate(), kind: emailKind, recordBytes: kinds.email.keyBytes, minLineBytes });
}
