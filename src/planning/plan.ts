import { createHash } from 'node:crypto';
import type { Mode, SyncConfig } from '../config/schema.ts';
import type { Audience, Destination } from '../destinations/destination.ts';
import { SyncError } from '../errors.ts';
import type { Difference } from '../members/difference.ts';
import type { PlannedBatch } from '../report/batches.ts';
import type { PlanAction } from '../report/report.ts';

/** The intent of a sync. */
export interface Plan {
  /** SHA-256 over sync, audience, action, snapshot and desired set: the same for the same intent in preview and sync. */
  id: string;
  action: PlanAction;
  batches: PlannedBatch[];
}

export interface PlanInput {
  runId: string;
  sync: SyncConfig;
  /** Undefined while it has yet to be created. */
  audience: Audience | undefined;
  action: PlanAction;
  /** Digests of the snapshot that the members were compared with, and of the desired set. */
  digests: { snapshot: string | null; members: string };
  /** The lines to send. */
  lines: { count: number; lineBytes: number };
  destination: Pick<Destination, 'capabilities' | 'labelOf' | 'maxOverheadBytes'>;
}

export interface Choice {
  action: PlanAction;
  /** The whole set, or the members that the audience lacks. */
  sends: 'whole' | 'difference';
}

/**
 * Chooses the action for the desired members. Without a snapshot to compare with, or when a refresh is due, the whole set
 * is sent. Destinations have no removal: if a member is gone, or a phone lacks a form, a Mirror replaces all members.
 * Throws `config.invalid` if the destination cannot.
 */
export function choosePlan(given: {
  mode: Mode;
  isNew: boolean;
  members: number;
  difference: Omit<Difference, 'toSend' | 'union'> | undefined;
  isRefreshDue: boolean;
  canReplace: boolean;
}): Choice {
  const { mode, isNew, members, difference, isRefreshDue, canReplace } = given;
  if (members === 0) return { action: 'nothing', sends: 'whole' };
  if (isNew) return { action: 'create', sends: 'whole' };
  const sendsWhole = difference === undefined || isRefreshDue;
  if (mode === 'mirror' && (sendsWhole || difference.removed + difference.lost > 0)) {
    if (!canReplace) throw cannotRemove();
    return { action: 'replace', sends: 'whole' };
  }
  if (sendsWhole) return { action: 'add', sends: 'whole' };
  return { action: difference.added + difference.gained > 0 ? 'add' : 'nothing', sends: 'difference' };
}

/**
 * Cuts the lines into batches. A Mirror replaces with its first batch and adds the others, since an upload has a maximum
 * of lines. In both modes a new audience is created by a batch that adds, since it has no members to replace.
 */
export function planUploads(input: PlanInput): Plan {
  const { sync, audience, action, digests } = input;
  const target = audience?.id ?? `${sync.audienceName}/${sync.identifierType}`;
  const subject = [sync.name, target, action, digests.snapshot, digests.members];
  const id = createHash('sha256').update(JSON.stringify(subject)).digest('hex');
  return { id, action, batches: action === 'nothing' ? [] : cutBatches(action, input) };
}

function cutBatches(action: PlanAction, input: PlanInput): PlannedBatch[] {
  const { runId, sync, lines, destination } = input;
  const perBatch = linesPerBatch(input);
  return Array.from({ length: Math.ceil(lines.count / perBatch) }, (_, index) => {
    const start = index * perBatch;
    const end = Math.min(start + perBatch, lines.count);
    return {
      index,
      action: action === 'replace' && index === 0 ? 'replace' : 'add',
      start,
      end,
      label: destination.labelOf(`${runId}-${sync.name}-${index}`),
      bytes: (end - start) * lines.lineBytes,
    };
  });
}

/** The maximum of lines in any batch of a plan. It depends only on the lines and the limits. */
function linesPerBatch({ runId, sync, audience, lines, destination }: PlanInput): number {
  const { maxLines, maxBodyBytes } = destination.capabilities;
  const overheadBytes = destination.maxOverheadBytes({
    identifierType: sync.identifierType,
    audienceId: audience?.id,
    audienceName: sync.audienceName,
    label: destination.labelOf(`${runId}-${sync.name}-${lines.count}`),
  });
  return Math.min(maxLines, Math.floor((maxBodyBytes - overheadBytes) / lines.lineBytes));
}

function cannotRemove(): SyncError {
  return new SyncError(
    'config.invalid',
    'This destination cannot remove members from an audience, so the audience cannot be mirrored.',
    'Set mode to add.',
  );
}
