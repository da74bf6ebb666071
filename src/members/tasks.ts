import type { IdentifierKind } from '../identifiers/kinds.ts';
import type { IdentifyRules } from '../identifiers/rules.ts';
import type { Block } from './blocks.ts';
import type { IdentifiedChunk, IdentifyOptions, ReaderChunk } from './identifyChunk.ts';

/*
 * The messages between `workers.ts` and the threads, which run `worker.ts`.
 */

export interface IdentifyTask {
  /** Copied by `Workers` at once: the caller may reuse its memory. */
  chunk: ReaderChunk;
  rules: IdentifyRules;
  options: IdentifyOptions;
  /** The folder in which the worker appends the block to a file of its own. */
  directory: string;
}

/** An identified chunk whose records are on disk. */
export type IdentifiedBlock = Omit<IdentifiedChunk, 'records'> & { block: Block };

/** Members to take apart into their forms. */
export interface FormsTask {
  /** Copied by `Workers` at once: the caller may reuse their memory. */
  records: Uint8Array;
  kind: IdentifierKind;
  recordBytes: number;
  /** The folder in which the worker appends the block to a file of its own. */
  directory: string;
}

export interface SealTask {
  /** The folder of the blocks, for messages. */
  directory: string;
  kind: IdentifierKind;
  recordBytes: number;
  /** The same partitions of every block. */
  blocks: readonly Block[];
  /** Receives the sorted records. Large enough for all of them. */
  memory: SharedArrayBuffer;
}

/** The result of a task, or the code of a system error ("ENOSPC"): errors lose their codes between threads. */
export type Settled<T> = { value: T } | { code: string };
