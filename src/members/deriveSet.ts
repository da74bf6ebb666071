import type { Block } from './blocks.ts';
import { mapInOrder } from './mapInOrder.ts';
import { createMemberSet, type MemberSet, type MemberSetOptions, type SealedSet } from './memberSet.ts';
import type { CollectDigests } from './workers.ts';

interface DeriveOptions extends MemberSetOptions {
  /** The work of a thread that makes records of the new set of some of the members'. */
  derive(task: CollectDigests): Promise<Block>;
}

/** A set of what is made of each member of another. */
export async function deriveSet(members: MemberSet, { derive, ...options }: DeriveOptions): Promise<SealedSet> {
  const { directory, workers, signal } = options;
  const derived = await createMemberSet(options);
  const work = (records: Buffer) => derive({ records, recordBytes: members.recordBytes, directory });
  for await (const block of mapInOrder(members.read(0, members.count), workers.parallelism, work)) {
    signal.throwIfAborted();
    derived.add(block);
  }
  return derived.seal();
}
