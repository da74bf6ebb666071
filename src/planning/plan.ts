import { createHash } from 'node:crypto';
import type { Config, Mode, SyncConfig } from '../config/schema.ts';
import { uploadOverheadBytes } from '../delivery/deliverUpload.ts';
import type { Audience } from '../destinations/lineAds/schemas.ts';
import type { Difference } from '../members/difference.ts';

export type PlanAction = 'nothing' | 'create' | 'add' | 'replace';

/** What one upload carries: lines `start` up to but not including `end` of the plan's lines. */
export interface PlannedBatch {
  index: number;
  action: 'ADD' | 'REPLACE';
  start: number;
  end: number;
  fileName: string;
  fileBytes: number;
}

/** What a sync is about to do. */
export interface Plan {
  /** SHA-256 over sync, audience, action, snapshot and desired set: the same for the same intent in preview and sync. */
  id: string;
  action: PlanAction;
  batches: PlannedBatch[];
}

export interface PlanInput {
  runId: string;
  sync: SyncConfig;
  /** Undefined when it has to be created. */
  audience: Audience | undefined;
  action: PlanAction;
  /** Of the snapshot that the members were compared with, and of the desired set. */
  digests: { snapshot: string | null; members: string };
  /** What is sent. */
  lines: { count: number; lineBytes: number };
  batch: Config['batch'];
}

export interface Choice {
  action: PlanAction;
  /** Whether everybody is sent, or those alone that LINE does not have. */
  sends: 'whole' | 'difference';
}

/**
 * What to do about the desired members. Without a snapshot to compare with, or when a refresh is due, the whole set is
 * sent. LINE has no REMOVE: as soon as somebody has left, or a phone a form, a Mirror replaces.
 */
export function choosePlan(given: {
  mode: Mode;
  isNew: boolean;
  members: number;
  difference: Omit<Difference, 'toSend' | 'union'> | undefined;
  isRefreshDue: boolean;
}): Choice {
  const { mode, isNew, members, difference, isRefreshDue } = given;
  if (members === 0) return { action: 'nothing', sends: 'whole' };
  if (isNew) return { action: 'create', sends: 'whole' };
  const replaceOrAdd = mode === 'mirror' ? 'replace' : 'add';
  if (difference === undefined || isRefreshDue) return { action: replaceOrAdd, sends: 'whole' };
  if (mode === 'mirror' && difference.removed + difference.lost > 0) return { action: 'replace', sends: 'whole' };
  return { action: difference.added + difference.gained > 0 ? 'add' : 'nothing', sends: 'difference' };
}

/**
 * Mirror replaces by its first batch and adds the rest, for a file holds only so many lines. A new audience is created
 * by ADD in both modes: there is nothing to replace, and LINE documents no REPLACE that creates.
 */
export function planUploads(input: PlanInput): Plan {
  const { sync, audience, action, digests } = input;
  const target = audience?.id ?? `${sync.audienceName}/${sync.identifierType}`;
  const subject = [sync.name, target, action, digests.snapshot, digests.members];
  const id = createHash('sha256').update(JSON.stringify(subject)).digest('hex');
  return { id, action, batches: action === 'nothing' ? [] : cutBatches(action, input) };
}

function cutBatches(action: PlanAction, input: PlanInput): PlannedBatch[] {
  const { runId, sync, lines } = input;
  const perBatch = linesPerBatch(input);
  return Array.from({ length: Math.ceil(lines.count / perBatch) }, (_, index) => {
    const start = index * perBatch;
    const end = Math.min(start + perBatch, lines.count);
    return {
      index,
      action: action === 'replace' && index === 0 ? 'REPLACE' : 'ADD',
      start,
      end,
      fileName: fileNameOf(runId, sync.name, index),
      fileBytes: (end - start) * lines.lineBytes,
    };
  });
}

/** The same for all batches, so that where they are cut depends on nothing but the lines and the limits. */
function linesPerBatch({ runId, sync, audience, lines, batch }: PlanInput): number {
  const longestName = fileNameOf(runId, sync.name, lines.count);
  const targets = [{ audienceId: audience?.id ?? '9'.repeat(20) }, { audienceName: sync.audienceName ?? '' }];
  const overheads = targets.map((target) =>
    uploadOverheadBytes({ action: 'REPLACE', target, identifierType: sync.identifierType }, longestName),
  );
  return Math.min(batch.maxRecords, Math.floor((batch.maxBytes - Math.max(...overheads)) / lines.lineBytes));
}

function fileNameOf(runId: string, syncName: string, index: number): string {
  return `${runId}-${syncName}-${index}.txt`;
}
