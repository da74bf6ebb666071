import type { Clock } from '../clock.ts';
import { resolveAudience } from '../destinations/audiences.ts';
import type { Audience, Destination, Upload, UploadAttempt, UploadTarget } from '../destinations/destination.ts';
import { uploadOf } from '../destinations/remoteUploads.ts';
import type { JobsConfig } from '../destinations/settings.ts';
import { SyncError } from '../errors.ts';
import type { Patience } from '../http/retry.ts';

export interface UploadToDeliver extends Upload {
  /** Whether an earlier process sent it and its arrival is still unknown. */
  mayHaveArrived?: boolean;
  /** Attempts of earlier processes. */
  attempts?: number;
  /** Called before a replacing upload is sent again. False once a later batch of its plan was sent. */
  mayRepeatReplace?: () => boolean;
  /** Called after each attempt with the number of attempts, also if the upload fails in the end. */
  onAttempt?: (attempts: number) => void;
}

export interface DeliveredUpload {
  audienceId: string;
  /** The audience of the destination's answer; undefined if the answer was lost and the upload was found in the list. */
  audience: Audience | undefined;
  attempts: number;
  foundByLookup: boolean;
  /** True if this upload created the audience. After a lost answer: if it probably did. */
  created: boolean;
}

/** An upload that failed and may have arrived nevertheless. Code, message and hint are those of the failure. */
export class UploadUnanswered extends SyncError {
  readonly mayHaveArrived = true;

  constructor(failure: SyncError, fileName: string) {
    super(
      failure.code,
      `${failure.message} The upload ${fileName} may have arrived.`,
      `${failure.hint} Running again is safe.`,
    );
  }
}

/** An accepted upload whose answer names another audience than its target. Either of the two may have changed. */
export class UploadMisrouted extends SyncError {
  constructor(action: string, { file, target }: Pick<Upload, 'file' | 'target'>, answered: Audience) {
    const wanted =
      'audienceId' in target
        ? `audience ${target.audienceId}`
        : `a new audience ${JSON.stringify(target.audienceName)}`;
    super(
      'line.bad_answer',
      `LINE accepted the ${action} ${file.name} for ${wanted} and answered with audience ${answered.id} (${JSON.stringify(answered.name)}, type ${answered.type}). Nothing more was sent.`,
      `Check audience ${answered.id} in the Ad Manager: it may have received the members. Run again: the next run sends the whole set.`,
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
  /** Whether an attempt was left unanswered, and no list has shown it since. */
  isFateUnknown: boolean;
  created: boolean;
  /** The account's audiences when the name was last looked up. */
  audiences: readonly Audience[];
}

/**
 * Sends one upload until it is accepted, or is found by its label after a lost answer, or fails (docs/guarantees.md). Throws
 * `UploadUnanswered` if it may have arrived. Audiences are created one at a time, each after its name was looked up.
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
 * Looks up the audience, while it has no id, and the upload. After a lost answer an audience of that name is most likely
 * ours, and the upload continues as one that adds to it. A missing label proves nothing: the list is short, and may lag.
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

/** Tells whether an answer names the upload's target. Only the id is required. A created audience has a new id. */
function isTarget({ id, name, type, holds }: Audience, { target, upload, audiences }: Delivery): boolean {
  if (type !== '' && holds !== upload.identifierType) return false;
  if ('audienceId' in target) return id === target.audienceId;
  return (name === '' || name === target.audienceName) && !audiences.some((audience) => audience.id === id);
}

/** The plan was made for an audience that did not exist. Adding to it would leave other members in a Mirror's audience. */
function audienceAppeared({ id, name }: Audience): SyncError {
  return new SyncError(
    'audience.appeared',
    `Audience ${id} named ${JSON.stringify(name)} appeared after this sync looked up the name. Nothing was sent.`,
    'Run again: the next run finds the audience and uses it.',
  );
}

function notToBeRepeated({ upload, destination }: Delivery): SyncError {
  return new SyncError(
    'line.retries_exhausted',
    `It is unknown whether the ${destination.words.action[upload.action]} ${upload.file.name} of an earlier run arrived, and a repetition could discard later uploads.`,
    'Run again later. If the upload stays unknown, run with --restart to send the whole set.',
  );
}

function asSyncError(error: unknown, signal: AbortSignal): SyncError {
  if (error instanceof SyncError) return error;
  return signal.aborted
    ? new SyncError('run.interrupted', 'The upload was interrupted.', 'Run again.')
    : new SyncError('internal', 'An internal error stopped the upload.', 'Report this error.');
}
