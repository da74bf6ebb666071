import { ifaBytes } from '../identifiers/identify.ts';
import { createKernel, instantiate, type Kernel } from './kernel.ts';

const ifaKind = 2;

/** A kernel for advertising IDs: a record is its 36 characters as they came. */
export function createIfaKernel(): Kernel {
  return createKernel({ module: instantiate(), kind: ifaKind, recordBytes: ifaBytes, leastLineBytes: ifaBytes + 1 });
}
