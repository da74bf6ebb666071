import { createHash } from 'node:crypto';
import type { MemberSet } from './memberSet.ts';

/** The digest of what a set's file holds now: another one than when it was written means that it was damaged. */
export async function digestSet(set: MemberSet): Promise<string> {
  const hash = createHash('sha256');
  for await (const records of set.read(0, set.count)) hash.update(records);
  return hash.digest('hex');
}
