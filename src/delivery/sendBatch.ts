import type { UploadTarget } from '../destinations/destination.ts';
import type { DeliveredBatch } from '../report/batches.ts';
import { type Deliverable, type DeliveryOptions, progressOf } from './deliverable.ts';
import { deliverUpload, UploadMisrouted, type UploadToDeliver, UploadUnanswered } from './deliverUpload.ts';

/** Sends one batch. It is recorded before it is sent, and with its fate afterwards. Throws if it was not accepted. */
export async function sendBatch(batch: DeliveredBatch, plan: Deliverable, options: DeliveryOptions): Promise<void> {
  const { destination, record, signal } = options;
  signal.throwIfAborted();
  const mayHaveArrived = batch.fate === 'unknown';
  batch.fate = 'sending';
  await record.noteIntent(batch);
  try {
    const upload = { ...uploadOf(batch, plan, options), mayHaveArrived };
    const delivered = await deliverUpload(destination, upload, options);
    batch.fate = 'accepted';
    plan.audienceId = delivered.audienceId;
    plan.audienceCreated ||= delivered.created;
  } catch (error) {
    batch.fate = error instanceof UploadUnanswered || error instanceof UploadMisrouted ? 'unknown' : 'refused';
    throw error;
  } finally {
    await record.noteAnswer(batch);
  }
  options.onProgress(progressOf(plan));
}

function uploadOf(
  batch: DeliveredBatch,
  { audienceId, batches }: Deliverable,
  { audienceName, identifierType, readLines }: DeliveryOptions,
): UploadToDeliver {
  const { action, label, bytes, start, end } = batch.planned;
  const target: UploadTarget = audienceId === null ? { audienceName } : { audienceId };
  return {
    action,
    target,
    identifierType,
    file: { name: label, bytes, open: () => readLines(start, end) },
    mayRepeatReplace: () => batches.slice(1).every(({ fate }) => fate === 'unsent'),
    attempts: batch.attempts,
    onAttempt: (attempts) => {
      batch.attempts = attempts;
    },
  };
}
