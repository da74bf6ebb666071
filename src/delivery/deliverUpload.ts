import type { Clock } from '../clock.ts';
import { resolveAudience } from '../destinations/audiences.ts';
import type { Audience, Destination, Upload, UploadAttempt, UploadTarget } from '../destinations/destination.ts';
import { uploadOf } from '../destinations/remoteUploads.ts';
import type { JobsConfig } from '../destinations/settings.ts';
import { SyncError } from '../errors.ts';
import type { Patience } from '../http/retry.ts';

/** One batch to bring to the destination. */
export interface UploadToDeliver extends Upload {
  /** Whether an earlier process sent it, and nothing has told since whether it arrived. */
  mayHaveArrived?: boolean;
  /** How many attempts there were before. */
  attempts?: number;
  /** Asked before a replacing upload is sent again: false once any later batch of its plan was sent (rule 5). */
  mayRepeatReplace?: () => boolean;
  /** Told after each attempt how many there were, also of an upload that fails in the end. */
  onAttempt?: (attempts: number) => void;
}

export interface DeliveredUpload {
  audienceId: string;
  /** By the destination's answer; undefined when the answer was lost and the upload found in the list. */
  audience: Audience | undefined;
  attempts: number;
  foundByLookup: boolean;
  /** Whether this upload made the audience; after a lost answer, whether it probably did. */
  created: boolean;
}

/** An upload that failed and may have arrived all the same; `code`, message and hint are those of the failure. */
export class UploadUnanswered extends SyncError {
  readonly mayHaveArrived = true;

  constructor(failure: SyncError, fileName: string) {
    super(
      failure.code,
      `${failure.message}; the upload ${fileName} may have arrived`,
      `${failure.hint} Running again converges.`,
    );
  }
}

/** LINE accepted an upload and answered with another audience than its target: which of them changed is not known. */
export class UploadMisrouted extends SyncError {
  constructor(action: string, { file, target }: Pick<Upload, 'file' | 'target'>, answered: Audience) {
    const wanted =
      'audienceId' in target
        ? `audience ${target.audienceId}`
        : `a new audience ${JSON.stringify(target.audienceName)}`;
    super(
      'line.bad_answer',
      `LINE accepted the ${action} ${file.name} for ${wanted} and answered with audience ${answered.id} (${JSON.stringify(answered.name)}, type ${answered.type}).`,
      `Nothing more was sent. Look at audience ${answered.id} in the Ad Manager: it may have taken the members. Run again: the whole set is then sent.`,
    );
  }
}

interface Delivery {
  destination: Destination;
  upload: UploadToDeliver;
  patience: Patience;
  settle: () => Promise<void>;
  target: UploadTarget;
  attempts: number;
  /** An attempt was left unanswered, and no look at LINE has shown it since. */
  isFateUnknown: boolean;
  created: boolean;
  /** The account's audiences by the last look for the name. */
  audiences: readonly Audience[];
}

/**
 * Brings one batch to the end of its HTTP life: accepted, found by its file name after a lost answer (rule 5), or an
 * error; `UploadUnanswered` when it may have arrived. Creating an audience is done one at a time, each after a fresh
 * look for the name.
 */
export async function deliverUpload(
  destination: Destination,
  upload: UploadToDeliver,
  options: { jobs: JobsConfig; clock: Clock; signal: AbortSignal },
): Promise<DeliveredUpload> {
  const { jobs, clock, signal } = options;
  const delivery: Delivery = {
    destination,
    upload,
    patience: destination.uploadPatience(),
    settle: () => clock.sleep(jobs.settleMs, signal),
    target: upload.target,
    attempts: upload.attempts ?? 0,
    isFateUnknown: upload.mayHaveArrived === true,
    created: false,
    audiences: [],
  };
  try {
    if ('audienceId' in upload.target) return await deliver(delivery);
    return await destination.createAlone(() => {
      signal.throwIfAborted();
      return deliver(delivery);
    });
  } catch (error) {
    if (error instanceof UploadMisrouted || !delivery.isFateUnknown) throw error;
    throw new UploadUnanswered(asSyncError(error, signal), upload.file.name);
  }
}

async function deliver(delivery: Delivery): Promise<DeliveredUpload> {
  const earlier = delivery.isFateUnknown ? await settleAndLookUp(delivery) : undefined;
  if (earlier !== undefined) return earlier;
  if (delivery.isFateUnknown && !mayRepeat(delivery)) throw notToBeRepeated(delivery);
  for (;;) {
    const existing = 'audienceName' in delivery.target ? await lookUp(delivery) : undefined;
    if (existing !== undefined) return existing;
    const attempt = await send(delivery);
    if (attempt.kind === 'accepted') return accept(delivery, attempt.audience);
    if (attempt.verdict === 'unanswered') {
      delivery.isFateUnknown = true;
      const arrived = await settleAndLookUp(delivery);
      if (arrived !== undefined) return arrived;
    }
    if (!mayRepeat(delivery) || !(await delivery.patience.mayRetry(attempt.verdict, attempt.ms, attempt.retryAfterMs)))
      throw attempt.error(delivery.attempts);
  }
}

async function settleAndLookUp(delivery: Delivery): Promise<DeliveredUpload | undefined> {
  await delivery.settle();
  return lookUp(delivery);
}

function mayRepeat({ upload }: Delivery): boolean {
  return upload.action === 'add' || (upload.mayRepeatReplace?.() ?? true);
}

/**
 * While the audience has no id, is it there by now? After a lost answer it is most likely ours, and this goes on as an
 * ADD to it. Is our file among its jobs? A file not seen proves nothing: the list holds 50 at most, and may lag.
 */
async function lookUp(delivery: Delivery): Promise<DeliveredUpload | undefined> {
  const { destination, upload, isFateUnknown } = delivery;
  if ('audienceName' in delivery.target) {
    const { audienceName } = delivery.target;
    delivery.audiences = await destination.audiences.refresh();
    const audience = resolveAudience(
      delivery.audiences,
      { audienceName, identifierType: upload.identifierType },
      destination.words,
    );
    if (audience === undefined) return undefined;
    if (!isFateUnknown) throw audienceAppeared(audience);
    delivery.target = { audienceId: audience.id };
    delivery.created = true;
  }
  if (!isFateUnknown) return undefined;
  const { audienceId } = delivery.target;
  if (uploadOf(await destination.uploadsTo(audienceId), upload.file.name) === undefined) return undefined;
  const { attempts, created } = delivery;
  return { audienceId, audience: undefined, attempts, foundByLookup: true, created };
}

async function send(delivery: Delivery): Promise<UploadAttempt> {
  const { destination, upload, target } = delivery;
  const { action, identifierType, file } = upload;
  const attempt = await destination.attemptUpload({ action, target, identifierType, file }, delivery.attempts + 1);
  delivery.attempts += attempt.calls;
  upload.onAttempt?.(delivery.attempts);
  return attempt;
}

function accept(delivery: Delivery, audience: Audience): DeliveredUpload {
  const { target, upload, destination } = delivery;
  if (!isTarget(audience, delivery))
    throw new UploadMisrouted(destination.words.action[upload.action], { ...upload, target }, audience);
  return {
    audienceId: audience.id,
    audience,
    attempts: delivery.attempts,
    foundByLookup: false,
    created: delivery.created || 'audienceName' in delivery.target,
  };
}

/** Whether an answer names the upload's target. Only the id must be there; a created audience has an id of its own. */
function isTarget({ id, name, type, holds }: Audience, { target, upload, audiences }: Delivery): boolean {
  if (type !== '' && holds !== upload.identifierType) return false;
  if ('audienceId' in target) return id === target.audienceId;
  return (name === '' || name === target.audienceName) && !audiences.some((audience) => audience.id === id);
}

/** The plan was made for an audience that did not exist: an ADD would leave a Mirror's other members in it. */
function audienceAppeared({ id, name }: Audience): SyncError {
  return new SyncError(
    'audience.appeared',
    `audience ${id} came to be named ${JSON.stringify(name)} after this sync had looked for it; nothing was sent`,
    'Run again: the audience is then found and used.',
  );
}

function notToBeRepeated({ upload, destination }: Delivery): SyncError {
  return new SyncError(
    'line.retries_exhausted',
    `whether the ${destination.words.action[upload.action]} ${upload.file.name} of an earlier run arrived is not known, and repeating it could undo what came after`,
    'Should it stay so, run with --restart: the whole set is then sent anew.',
  );
}

function asSyncError(error: unknown, signal: AbortSignal): SyncError {
  if (error instanceof SyncError) return error;
  return signal.aborted
    ? new SyncError('run.interrupted', 'the upload was interrupted', 'Run again.')
    : new SyncError('internal', 'the upload was stopped by a fault of ours', 'Please report this.');
}
