import { kinds } from '../identifiers/kinds.ts';
import { createKernel, instantiate, type Kernel } from './kernel.ts';

const ifaKind = 2;

/** A kernel for advertising IDs: a record is its 36 characters as they came. */
export function createIfaKernel(): Kernel {
  const recordBytes = kinds.ifa.keyBytes;
  return createKernel({ module: instantiate(), kind: ifaKind, recordBytes, leastLineBytes: recordBytes + 1 });
}
