import type { RemoteUpload, UploadAction } from '../destinations/destination.ts';
import { uploadOf } from '../destinations/remoteUploads.ts';

/** The content of one upload: lines `start` up to but not including `end` of the plan's lines. */
export interface PlannedBatch {
  index: number;
  action: UploadAction;
  start: number;
  end: number;
  /** Unique per run and batch: the upload is found by it. */
  label: string;
  /** Size of the lines, without the form around them. */
  bytes: number;
}

/** The part of a plan that the destination holds. */
export type Remote = 'complete' | 'untouched' | 'partial' | 'unknown';

/** `unknown`: sent, but neither an answer nor a list of uploads has shown whether it arrived. */
export const fates = ['unsent', 'sending', 'accepted', 'unknown', 'refused'] as const;
export type Fate = (typeof fates)[number];

/** A batch and the state of its delivery. */
export interface DeliveredBatch {
  planned: PlannedBatch;
  fate: Fate;
  attempts: number;
  /** The entry of the destination's latest list. Null before the first list that shows it. */
  upload: Pick<RemoteUpload, 'id' | 'state' | 'status' | 'processed'> | null;
}

export function startBatch(planned: PlannedBatch): DeliveredBatch {
  return { planned, fate: 'unsent', attempts: 0, upload: null };
}

export function isEnded({ upload }: DeliveredBatch): boolean {
  return upload !== null && upload.state !== 'unfinished';
}

export function hasFailed({ upload }: DeliveredBatch): boolean {
  return upload?.state === 'failed';
}

/** Takes over the listed upload of a batch, and returns whether that is new. A listed upload has arrived. */
export function noteUpload(batch: DeliveredBatch, listed: readonly RemoteUpload[]): boolean {
  const found = uploadOf(listed, batch.planned.label);
  if (found === undefined) return false;
  const before = JSON.stringify(batch);
  const { id, state, status, processed } = found;
  batch.upload = { id, state, status, processed };
  if (batch.fate === 'unknown') batch.fate = 'accepted';
  return JSON.stringify(batch) !== before;
}

/** The part of a plan that the destination holds, as far as is known. */
export function remoteOf(batches: readonly DeliveredBatch[]): { remote: Remote; done: number; total: number } {
  const done = batches.filter(({ upload }) => upload?.state === 'finished').length;
  const total = batches.length;
  return { remote: describeRemote(batches, done), done, total };
}

function describeRemote(batches: readonly DeliveredBatch[], done: number): Remote {
  if (done === batches.length) return batches.length === 0 ? 'untouched' : 'complete';
  const isOpen = (batch: DeliveredBatch) =>
    batch.fate === 'unknown' || batch.fate === 'sending' || (batch.fate === 'accepted' && !isEnded(batch));
  if (batches.some(isOpen)) return 'unknown';
  if (batches.every(({ fate }) => fate !== 'accepted')) return 'untouched';
  // A failed upload may have left something behind.
  return done > 0 ? 'partial' : 'unknown';
}
