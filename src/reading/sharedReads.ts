import { type Config, type SyncConfig, sourceOf } from '../config/schema.ts';
import type { Read, ReadOutcome, ReadRequest } from './readTogether.ts';

/** Syncs of one source read it in one pass, which begins when each of them has asked for it or has bowed out. */
export interface SharedReads {
  read(request: ReadRequest): Promise<Read>;
  /** Nobody is to wait for this sync. Should it read all the same, it does so by itself. */
  leave(sync: SyncConfig): void;
}

type ReadAll = (requests: readonly ReadRequest[]) => Promise<ReadOutcome[]>;

interface Waiting extends ReadRequest {
  resolve(read: Read): void;
  reject(error: unknown): void;
}

interface Group {
  /** Those that have neither asked nor left. */
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

  function beginWhenAllAreThere(group: Group): void {
    if (group.undecided.size > 0) return;
    const waiting = group.waiting.splice(0);
    for (const alike of groupAlike(waiting)) void readFor(alike, readAll);
  }

  return {
    read: (request) =>
      new Promise((resolve, reject) => {
        const group = groupOf(request.sync);
        const isExpected = group.undecided.delete(request.sync.name);
        const waiting = { ...request, resolve, reject };
        if (!isExpected) return void readFor([waiting], readAll);
        group.waiting.push(waiting);
        beginWhenAllAreThere(group);
      }),
    leave(sync) {
      const group = groupOf(sync);
      if (group.undecided.delete(sync.name)) beginWhenAllAreThere(group);
    },
  };
}

/** Those that begin at the same place. */
function groupAlike(waiting: readonly Waiting[]): Waiting[][] {
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
