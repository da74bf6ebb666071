import type { Block } from './blocks.ts';
import { mapInOrder } from './mapInOrder.ts';
import {
  createMemberSet,
  type MemberContext,
  type MemberSet,
  type MemberSetOptions,
  type SealedSet,
} from './memberSet.ts';
import type { FormsTask } from './tasks.ts';

export interface DeriveOptions extends MemberSetOptions {
  /** Makes records of the new set from some of the members. */
  derive(task: FormsTask): Promise<Block>;
}

/** Makes a set of records that are each derived from one member of another set. */
export async function deriveSet(
  members: MemberSet,
  { derive, ...options }: DeriveOptions,
  context: MemberContext,
): Promise<SealedSet> {
  const { kind, workers, signal } = context;
  const derived = await createMemberSet(options, context);
  const work = (records: Buffer) =>
    derive({ records, kind, recordBytes: members.recordBytes, directory: options.directory });
  for await (const block of mapInOrder(members.read(0, members.count), workers.parallelism, work)) {
    signal.throwIfAborted();
    derived.add(block);
  }
  return derived.seal();
}
