import { createHash } from 'node:crypto';
import type { MemberSet } from './memberSet.ts';

/** Computes the digest of a set's file. It differs from the digest of the sealed set if the file was damaged. */
export async function digestSet(set: MemberSet): Promise<string> {
  const hash = createHash('sha256');
  for await (const records of set.read(0, set.count)) hash.update(records);
  return hash.digest('hex');
}
