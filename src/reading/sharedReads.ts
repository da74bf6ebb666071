import { type Config, type SyncConfig, sourceOf } from '../config/schema.ts';
import type { Read, ReadOutcome, ReadRequest } from './readTogether.ts';

/** Reads each source once for all its syncs. The read begins when every sync has requested it or has left. */
export interface SharedReads {
  read(request: ReadRequest): Promise<Read>;
  /** Removes a sync from its group. A later read of it is not shared. */
  leave(sync: SyncConfig): void;
}

type ReadAll = (requests: readonly ReadRequest[]) => Promise<ReadOutcome[]>;

interface Waiting extends ReadRequest {
  resolve(read: Read): void;
  reject(error: unknown): void;
}

interface Group {
  /** Names of the syncs that have neither requested a read nor left. */
  undecided: Set<string>;
  waiting: Waiting[];
}

export function createSharedReads(config: Config, readAll: ReadAll): SharedReads {
  const groups = new Map<string, Group>();
  const groupOf = (sync: SyncConfig) => {
    const key = JSON.stringify(sourceOf(config, sync));
    const group = groups.get(key) ?? { undecided: new Set(), waiting: [] };
    groups.set(key, group);
    return group;
  };
  for (const sync of config.syncs) groupOf(sync).undecided.add(sync.name);

  function readWhenComplete(group: Group): void {
    if (group.undecided.size > 0) return;
    const waiting = group.waiting.splice(0);
    for (const alike of groupByStart(waiting)) void readFor(alike, readAll);
  }

  return {
    read: (request) =>
      new Promise((resolve, reject) => {
        const group = groupOf(request.sync);
        const isExpected = group.undecided.delete(request.sync.name);
        const waiting = { ...request, resolve, reject };
        if (!isExpected) return void readFor([waiting], readAll);
        group.waiting.push(waiting);
        readWhenComplete(group);
      }),
    leave(sync) {
      const group = groupOf(sync);
      if (group.undecided.delete(sync.name)) readWhenComplete(group);
    },
  };
}

/** Groups the requests that start at the same place. */
function groupByStart(waiting: readonly Waiting[]): Waiting[][] {
  return [...Map.groupBy(waiting, ({ cursor }) => JSON.stringify(cursor)).values()];
}

async function readFor(waiting: readonly Waiting[], readAll: ReadAll): Promise<void> {
  try {
    const outcomes = await readAll(waiting);
    for (const { resolve, reject, sync } of waiting) {
      const outcome = outcomes.find(({ request }) => request.sync === sync);
      if (outcome !== undefined && 'read' in outcome) resolve(outcome.read);
      else reject(outcome?.error);
    }
  } catch (error) {
    for (const { reject } of waiting) reject(error);
  }
}
