import { createHash } from 'node:crypto';
import type { Config, SyncConfig } from './config.ts';
import type { Audience } from './lineAds/schemas.ts';
import { uploadOverheadBytes } from './lineAds/upload.ts';

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
  /** SHA-256 over sync, audience, action and desired set: the same for the same intent in preview and sync. */
  id: string;
  action: PlanAction;
  batches: PlannedBatch[];
}

export interface PlanInput {
  runId: string;
  sync: SyncConfig;
  /** Undefined when it has to be created. */
  audience: Audience | undefined;
  membersDigest: string;
  lines: { count: number; lineBytes: number };
  batch: Config['batch'];
}

/**
 * Mirror replaces by its first batch and adds the rest, for a file holds only so many lines. A new audience is created
 * by ADD in both modes: there is nothing to replace, and LINE documents no REPLACE that creates.
 */
export function planUploads(input: PlanInput): Plan {
  const { sync, audience, membersDigest, lines } = input;
  const action = actionOf(sync, audience, lines.count);
  const subject = [sync.name, audience?.id ?? `${sync.audienceName}/${sync.identifierType}`, action, membersDigest];
  const id = createHash('sha256').update(JSON.stringify(subject)).digest('hex');
  return { id, action, batches: action === 'nothing' ? [] : cutBatches(action, input) };
}

function actionOf(sync: SyncConfig, audience: Audience | undefined, lines: number): PlanAction {
  if (lines === 0) return 'nothing';
  if (audience === undefined) return 'create';
  return sync.mode === 'mirror' ? 'replace' : 'add';
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
