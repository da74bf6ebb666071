import type { Clock } from '../../src/clock.ts';
import type {
  Audience,
  Capabilities,
  Destination,
  RemoteUpload,
  Upload,
  UploadAttempt,
} from '../../src/destinations/destination.ts';
import { SyncError } from '../../src/errors.ts';
import type { Verdict } from '../../src/http/retry.ts';
import { audienceOn, type Platform, uploadOn } from './platforms.ts';

/*
 * Destinations over plain data, for tests of everything above them. No wire format is in them.
 */

/** The fate of one upload attempt. */
export type Fate =
  | 'accept'
  /** Accepted, but processing it fails. */
  | 'fail upload'
  /** Refused for good. */
  | 'refuse'
  /** Not applied, and worth a retry. */
  | 'refuse for now'
  /** It arrives, but the answer is lost. */
  | 'lose answer'
  /** It does not arrive, and there is no answer either. */
  | 'lose upload'
  /** It arrives, and the answer has these fields of an audience. */
  | { answer: Partial<Audience> };

/** An upload by another client, right after the destination has accepted a number of ours. */
export interface UploadByOthers {
  after: number;
  effect: RemoteUpload['effect'];
  /** Time until it is finished; `processingMs` by default. */
  ms?: number | undefined;
}

export interface FakeOptions {
  capabilities?: Partial<Capabilities>;
  /** Decides by label and number of the attempt, which counts from 1. */
  fateOf?: (label: string, attempt: number) => Fate;
  /** Retries that the patience of one upload allows. */
  retries?: number;
  /** Time until an upload is finished; 5,000 by default. */
  processingMs?: number;
  processingMsOf?: (label: string) => number | undefined;
  /** Time until an accepted upload is listed. */
  listedAfterMs?: (label: string) => number | undefined;
  others?: readonly UploadByOthers[];
}

/** One upload attempt as it arrived. */
export interface SentUpload {
  label: string;
  action: Upload['action'];
  target: Upload['target'];
  lines: string[];
  /** Number that was given for the log. */
  attempt: number;
  /** Uploads in flight when this one began, itself included. */
  inFlight: number;
  /** Labels of the audience's unfinished uploads when it began. */
  unfinished: string[];
}

interface HeldUpload {
  id: string;
  audienceId: string;
  label: string;
  effect: RemoteUpload['effect'];
  end: 'finished' | 'failed';
  endMs: number;
  listedFromMs: number;
}

export interface FakeDestination extends Destination {
  sent: readonly SentUpload[];
  /** Requests in their order: `audiences`, `uploads` (a list of uploads) and `upload`. */
  requests: readonly string[];
  /** Creates an audience of another client, or of an earlier run. */
  addAudience(fields?: Partial<Audience>): Audience;
  /** Adds an upload that the destination has accepted already. */
  addUpload(label: string, fields?: Partial<Omit<HeldUpload, 'id' | 'label'>> & { ms?: number | undefined }): void;
}

export function createFakeDestination(platform: Platform, clock: Clock, options: FakeOptions = {}): FakeDestination {
  const { processingMs = 5000, retries = 0, others = [], fateOf = () => 'accept' } = options;
  const capabilities = { ...platform.capabilities, ...options.capabilities };
  const audiences: Audience[] = [];
  const held: HeldUpload[] = [];
  const sent: SentUpload[] = [];
  const requests: string[] = [];
  let accepted = 0;
  let inFlight = 0;
  let creating: Promise<unknown> = Promise.resolve();

  const addUpload: FakeDestination['addUpload'] = (label, { ms = processingMs, ...fields } = {}) => {
    held.push({
      id: platform.uploadId(held.length + 1),
      audienceId: platform.audienceId(1),
      label,
      effect: 'add',
      end: 'finished',
      endMs: clock.now() + ms,
      listedFromMs: 0,
      ...fields,
    });
  };

  function addAudience(fields: Partial<Audience> = {}): Audience {
    const audience = audienceOn(platform, { id: platform.audienceId(audiences.length + 1), ...fields });
    audiences.unshift(audience);
    return audience;
  }

  function list(audienceId: string): RemoteUpload[] {
    return held
      .filter((upload) => upload.audienceId === audienceId)
      .slice(-capabilities.maxListedUploads)
      .filter(({ listedFromMs }) => listedFromMs <= clock.now())
      .map(({ id, label, effect, endMs, end }) =>
        uploadOn(platform, { id, label, effect, state: clock.now() < endMs ? 'unfinished' : end }),
      );
  }

  function listAudiences(): Promise<readonly Audience[]> {
    requests.push('audiences');
    return Promise.resolve([...audiences]);
  }

  /** Accepts an upload, and those of others that follow it at once. Returns its audience. */
  function accept({ action, target, file }: Upload, end: HeldUpload['end'] = 'finished'): Audience {
    const audience =
      'audienceName' in target
        ? addAudience({ name: target.audienceName })
        : (audiences.find(({ id }) => id === target.audienceId) ?? addAudience({ id: target.audienceId }));
    addUpload(file.name, {
      audienceId: audience.id,
      effect: action,
      end,
      ms: options.processingMsOf?.(file.name),
      listedFromMs: clock.now() + (options.listedAfterMs?.(file.name) ?? 0),
    });
    accepted += 1;
    for (const { after, ...upload } of others)
      if (after === accepted) addUpload('by-hand', { ...upload, audienceId: audience.id });
    return audience;
  }

  function answer(fate: Fate, upload: Upload): UploadAttempt {
    switch (fate) {
      case 'accept':
        return { kind: 'accepted', calls: 1, audience: accept(upload) };
      case 'fail upload':
        return { kind: 'accepted', calls: 1, audience: accept(upload, 'failed') };
      case 'refuse':
        return failedAttempt('terminal');
      case 'refuse for now':
        return failedAttempt('transient');
      case 'lose answer':
        accept(upload);
        return failedAttempt('unanswered');
      case 'lose upload':
        return failedAttempt('unanswered');
      default:
        return { kind: 'accepted', calls: 1, audience: { ...accept(upload), ...fate.answer } };
    }
  }

  return {
    name: 'fake',
    accountId: `fake:${platform.title}`,
    capabilities,
    words: platform.words,
    labelOf: platform.labelOf,
    maxOverheadBytes: () => 100,
    warnings: () => [],
    sent,
    requests,
    addAudience,
    addUpload,
    audiences: { recall: listAudiences, refresh: listAudiences, reread: listAudiences },
    async uploadsTo(audienceId) {
      requests.push('uploads');
      await turnOfLoop();
      return list(audienceId);
    },
    async attemptUpload(upload, attempt) {
      requests.push('upload');
      const { action, target, file } = upload;
      const { name: label } = file;
      inFlight += 1;
      const audienceId = 'audienceId' in target ? target.audienceId : '';
      const unfinished = list(audienceId).flatMap((other) => (other.state === 'unfinished' ? [other.label] : []));
      const own = { label, action, target, lines: [] as string[], attempt, inFlight, unfinished };
      const number = sent.push(own);
      own.lines = await readLines(file);
      for (let turn = 0; turn < 3 + ((number * 2) % 5); turn += 1) await turnOfLoop();
      inFlight -= 1;
      return answer(fateOf(label, sent.filter((other) => other.label === label).length), upload);
    },
    uploadPatience() {
      let left = retries;
      return {
        async mayRetry(verdict) {
          left -= 1;
          return verdict !== 'terminal' && left >= 0;
        },
      };
    },
    createAlone(create) {
      const created = creating.then(create);
      creating = created.catch(() => {});
      return created;
    },
  };
}

function failedAttempt(verdict: Verdict): UploadAttempt {
  const error = () => new SyncError(verdict === 'terminal' ? 'upload.refused' : 'line.unreachable', 'no', 'again');
  return { kind: 'failed', calls: 1, verdict, ms: 1, retryAfterMs: 0, error };
}

function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Reads a file, which must have its announced number of bytes. */
async function readLines(file: Upload['file']): Promise<string[]> {
  const parts = [];
  for await (const part of file.open()) parts.push(part);
  const content = Buffer.concat(parts);
  if (content.length !== file.bytes) throw new Error(`the file has ${content.length} bytes, not ${file.bytes}`);
  return content.toString().trim().split('\n');
}
