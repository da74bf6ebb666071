import type { RemoteUpload } from '../destinations/destination.ts';
import { noteUpload } from '../report/batches.ts';
import { type Deliverable, type DeliveryOptions, progressOf } from './deliverable.ts';
import { createUploadFollower, type UploadFollower } from './followUploads.ts';
import { createUploadWatch, type UploadWatch } from './uploadWatch.ts';

/** The uploads of a plan's audience, as far as the destination has listed them. */
export interface AudienceUploads extends UploadFollower {
  watch: Pick<UploadWatch, 'othersUnfinished' | 'othersSince' | 'isReplacing'>;
}

/** Follows the uploads of a plan's audience. Every list is taken over into the plan, and recorded if it has news. */
export function createAudienceUploads(plan: Deliverable, options: DeliveryOptions): AudienceUploads {
  const { destination, toleratesAdds, jobs, record, clock, signal } = options;
  const { maxListedUploads } = destination.capabilities;
  const watch = createUploadWatch(plan, { toleratesAdds, maxListedUploads });
  let follower: UploadFollower | undefined;

  /** Records every poll, since the destination's list forgets old uploads. */
  async function onPoll(listed: readonly RemoteUpload[]): Promise<void> {
    const hasNews = watch.note(listed);
    const changed = plan.batches.filter((batch) => noteUpload(batch, listed));
    if (hasNews || changed.length > 0) await record.noteUploads(changed);
    options.onProgress(progressOf(plan));
  }

  return {
    watch,
    waitUntil(isReached) {
      follower ??= createUploadFollower(destination, plan.audienceId ?? '', { jobs, clock, signal, onPoll });
      return follower.waitUntil(isReached);
    },
  };
}
