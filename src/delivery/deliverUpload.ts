import type { Clock } from '../clock.ts';
import type { Config } from '../config/schema.ts';
import { lineTypeOf, resolveAudience } from '../destinations/audiences.ts';
import type { LineAdsClient, UploadAttempt } from '../destinations/lineAds/client.ts';
import type { Audience } from '../destinations/lineAds/schemas.ts';
import { SyncError } from '../errors.ts';
import { createUploadForm, type FormFields, type FormFile, formOverheadBytes } from '../http/multipart.ts';
import type { Patience } from '../http/retry.ts';
import type { IdentifierType } from '../identifiers/rules.ts';
import { jobsOfFile } from './followUploads.ts';

/** An audience that exists, or one that this upload creates. */
export type UploadTarget = { audienceId: string } | { audienceName: string };

export interface Upload {
  action: 'ADD' | 'REPLACE';
  target: UploadTarget;
  identifierType: IdentifierType;
  /** Its name is unique per run and batch: a lost upload is found again by it. */
  file: FormFile;
  /** Whether an earlier process sent it, and nothing has told since what became of that. */
  mayHaveArrived?: boolean;
  /** How many attempts there were before. */
  attempts?: number;
  /** Asked before a REPLACE is sent again: false once any ADD of its plan was sent (rule 5). */
  mayRepeatReplace?: () => boolean;
  /** Told after each attempt how many there were, also of an upload that fails in the end. */
  onAttempt?: (attempts: number) => void;
}

export interface DeliveredUpload {
  audienceId: string;
  /** LINE's answer; undefined when the answer was lost and the upload found among the jobs. */
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
  constructor({ action, file, target }: Pick<Upload, 'action' | 'file' | 'target'>, answered: Audience) {
    const wanted =
      'audienceId' in target
        ? `audience ${target.audienceId}`
        : `a new audience ${JSON.stringify(target.audienceName)}`;
    super(
      'line.bad_answer',
      `LINE accepted the ${action} ${file.name} for ${wanted} and answered with audience ${answered.id} (${JSON.stringify(answered.name)}, type ${answered.functionType}).`,
      `Nothing more was sent. Look at audience ${answered.id} in the Ad Manager: it may have taken the members. Run again: the whole set is then sent.`,
    );
  }
}

/** What the body of this upload has beside its file's bytes. */
export function uploadOverheadBytes(
  upload: Pick<Upload, 'action' | 'target' | 'identifierType'>,
  fileName: string,
): number {
  return formOverheadBytes(uploadFields(upload), fileName);
}

interface Delivery {
  client: LineAdsClient;
  upload: Upload;
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
  client: LineAdsClient,
  upload: Upload,
  options: { jobs: Config['jobs']; clock: Clock; signal: AbortSignal },
): Promise<DeliveredUpload> {
  const { jobs, clock, signal } = options;
  const delivery: Delivery = {
    client,
    upload,
    patience: client.uploadPatience(),
    settle: () => clock.sleep(jobs.settleMs, signal),
    target: upload.target,
    attempts: upload.attempts ?? 0,
    isFateUnknown: upload.mayHaveArrived === true,
    created: false,
    audiences: [],
  };
  try {
    if ('audienceId' in upload.target) return await deliver(delivery);
    return await client.createAlone(() => {
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
  if (delivery.isFateUnknown && !mayRepeat(delivery)) throw notToBeRepeated(delivery.upload.file.name);
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
  return upload.action === 'ADD' || (upload.mayRepeatReplace?.() ?? true);
}

/**
 * While the audience has no id, is it there by now? After a lost answer it is most likely ours, and this goes on as an
 * ADD to it. Is our file among its jobs? A file not seen proves nothing: the list holds 50 at most, and may lag.
 */
async function lookUp(delivery: Delivery): Promise<DeliveredUpload | undefined> {
  const { client, upload, isFateUnknown } = delivery;
  if ('audienceName' in delivery.target) {
    const { audienceName } = delivery.target;
    delivery.audiences = await client.audiences.refresh();
    const audience = resolveAudience(delivery.audiences, { audienceName, identifierType: upload.identifierType });
    if (audience === undefined) return undefined;
    if (!isFateUnknown) throw audienceAppeared(audience);
    delivery.target = { audienceId: audience.id };
    delivery.created = true;
  }
  if (!isFateUnknown) return undefined;
  const { audienceId } = delivery.target;
  if (jobsOfFile(await client.uploadJobs(audienceId), upload.file.name).outcome === 'unseen') return undefined;
  const { attempts, created } = delivery;
  return { audienceId, audience: undefined, attempts, foundByLookup: true, created };
}

async function send(delivery: Delivery): Promise<UploadAttempt> {
  const { client, upload, target } = delivery;
  const attempt = await client.attemptUpload({
    purpose: upload.action === 'ADD' ? 'add' : 'replace',
    audience: 'audienceId' in target ? target.audienceId : JSON.stringify(target.audienceName),
    form: createUploadForm(uploadFields({ ...upload, target }), upload.file),
    attempt: delivery.attempts + 1,
  });
  delivery.attempts += attempt.calls;
  upload.onAttempt?.(delivery.attempts);
  return attempt;
}

function accept(delivery: Delivery, audience: Audience): DeliveredUpload {
  const { target, upload } = delivery;
  if (!isTarget(audience, delivery)) throw new UploadMisrouted({ ...upload, target }, audience);
  return {
    audienceId: audience.id,
    audience,
    attempts: delivery.attempts,
    foundByLookup: false,
    created: delivery.created || 'audienceName' in delivery.target,
  };
}

/** Whether an answer names the upload's target. Only the id must be there; a created audience has an id of its own. */
function isTarget({ id, name, functionType }: Audience, { target, upload, audiences }: Delivery): boolean {
  if (functionType !== '' && functionType !== lineTypeOf[upload.identifierType].functionType) return false;
  if ('audienceId' in target) return id === target.audienceId;
  return (name === '' || name === target.audienceName) && !audiences.some((audience) => audience.id === id);
}

function uploadFields({
  action,
  target,
  identifierType,
}: Pick<Upload, 'action' | 'target' | 'identifierType'>): FormFields {
  const audience = 'audienceId' in target ? { id: target.audienceId } : { name: target.audienceName };
  return { action, ...audience, idType: lineTypeOf[identifierType].idType };
}

/** The plan was made for an audience that did not exist: an ADD would leave a Mirror's other members in it. */
function audienceAppeared({ id, name }: Audience): SyncError {
  return new SyncError(
    'audience.appeared',
    `audience ${id} came to be named ${JSON.stringify(name)} after this sync had looked for it; nothing was sent`,
    'Run again: the audience is then found and used.',
  );
}

function notToBeRepeated(fileName: string): SyncError {
  return new SyncError(
    'line.retries_exhausted',
    `whether the REPLACE ${fileName} of an earlier run arrived is not known, and repeating it could undo what came after`,
    'Should it stay so, run with --restart: the whole set is then sent anew.',
  );
}

function asSyncError(error: unknown, signal: AbortSignal): SyncError {
  if (error instanceof SyncError) return error;
  return signal.aborted
    ? new SyncError('run.interrupted', 'the upload was interrupted', 'Run again.')
    : new SyncError('internal', 'the upload was stopped by a fault of ours', 'Please report this.');
}
