import { kinds } from '../identifiers/kinds.ts';
import { createKernel, instantiate, type Kernel } from './kernel.ts';

const ifaKind = 2;

/** Creates a kernel for advertising IDs. A record is the 36 characters as they came. */
export function createIfaKernel(): Kernel {
  const recordBytes = kinds.ifa.keyBytes;
  return createKernel({ module: instantiate(), kind: ifaKind, recordBytes, minLineBytes: recordBytes + 1 });
}
