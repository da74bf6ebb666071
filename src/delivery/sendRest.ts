import { type DeliveredBatch, isEnded } from '../report/batches.ts';
import type { AudienceUploads } from './audienceUploads.ts';
import type { Deliverable, DeliveryOptions } from './deliverable.ts';
import { sendBatch } from './sendBatch.ts';

/** Sends batches side by side. No batch starts after one has failed, and all that have started are awaited. */
export async function sendRest(
  waiting: readonly DeliveredBatch[],
  plan: Deliverable,
  uploads: AudienceUploads,
  options: DeliveryOptions,
): Promise<void> {
  const hasRoom = () => hasRoomFor(plan, uploads, options);
  const queue = waiting.values();
  let failure: { error: unknown } | undefined;
  const work = async () => {
    for (const batch of queue) {
      try {
        // Nothing is awaited between the look for room and `sendBatch`, which takes it: another worker would take it too.
        while (failure === undefined && !hasRoom()) await uploads.waitUntil(() => failure !== undefined || hasRoom());
        if (failure !== undefined) return;
        await sendBatch(batch, plan, options);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  const { concurrentUploads } = options.destination.capabilities;
  await Promise.all(Array.from({ length: concurrentUploads }, work));
  if (failure !== undefined) throw failure.error;
}

/** Unfinished uploads of others count as well. An upload that adds while another replaces may be lost. */
function hasRoomFor({ batches }: Deliverable, { watch }: AudienceUploads, { destination }: DeliveryOptions): boolean {
  const { unfinishedUploads, maxListedUploads } = destination.capabilities;
  const open = batches.filter((batch) => batch.fate === 'sending' || (batch.fate === 'accepted' && !isEnded(batch)));
  const [oldest] = open;
  const since = oldest === undefined ? 0 : sentAfter(oldest, batches) + watch.othersSince();
  return (
    !watch.isReplacing() &&
    open.length + watch.othersUnfinished() < unfinishedUploads &&
    since < maxListedUploads - Math.floor(listReserve * maxListedUploads)
  );
}

function sentAfter(oldest: DeliveredBatch, batches: readonly DeliveredBatch[]): number {
  return batches.slice(oldest.planned.index + 1).filter(({ fate }) => fate !== 'unsent').length;
}

/** Share of the destination's list that is kept for uploads in flight, and for those of others since the last poll. */
const listReserve = 0.4;
