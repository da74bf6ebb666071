import type { Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import type { SyncError } from '../errors.ts';
import type { RequestLimiter } from '../http/limits.ts';
import type { FormFile } from '../http/multipart.ts';
import type { RequestLog } from '../http/requestLog.ts';
import type { Patience, RetryPolicy, Verdict } from '../http/retry.ts';
import type { IdentifierType } from '../identifiers/rules.ts';
import type { JobsConfig } from './settings.ts';

/*
 * The interface between planning and delivery and a platform. Its implementations know wire formats, words and limits.
 */

/** `replace` discards the other members of the audience. */
export type UploadAction = 'add' | 'replace';

/** The abilities and limits of a platform, under its configuration. */
export interface Capabilities {
  /** Whether an upload can replace all members. Without it, members are never removed. */
  canReplace: boolean;
  /** Maximum number of lines in one upload. */
  maxLines: number;
  /** Maximum size of the body of one upload. */
  maxBodyBytes: number;
  /** Maximum number of uploads in flight, over all audiences. */
  concurrentUploads: number;
  /** Maximum number of uploads of one audience that the platform has accepted and not finished. */
  unfinishedUploads: number;
  /** Length of the platform's list of an audience's uploads. The list holds the newest. */
  maxListedUploads: number;
}

/** The platform's words, for reports and messages. */
export interface Words {
  action: Readonly<Record<UploadAction, string>>;
  /** The type of an audience that holds these identifiers. */
  audienceType: Readonly<Record<IdentifierType, string>>;
}

export interface Audience {
  id: string;
  /** Empty if unknown. */
  name: string;
  /** The platform's word. Empty if unknown. */
  type: string;
  /** Undefined if it takes no uploads of ours. */
  holds: IdentifierType | undefined;
  /** `filling`: there are not (yet) enough members to advertise to. `unusable`: it takes no uploads any more. */
  state: 'filling' | 'ready' | 'unusable';
  /** The platform's word for its state. */
  status: string;
  /** The platform's text: a number, or words. */
  estimatedSize: string | null;
  createdMs: number | null;
}

/** The audiences of an account. Reading all of them may take many requests, so readers share. */
export interface AudienceList {
  /** Returns the list as it was last read, and reads it the first time. */
  recall(): Promise<readonly Audience[]>;
  /** Adds the audiences that were created since, which takes one request unless others were deleted. */
  refresh(): Promise<readonly Audience[]>;
  /** Reads all pages. */
  reread(): Promise<readonly Audience[]>;
}

/** An upload of any client, as the platform lists it. */
export interface RemoteUpload {
  id: string;
  /** Unique per run and batch if the upload is ours. After a lost answer, the upload is found by it. */
  label: string;
  /** `other`: any effect on the members is possible. */
  effect: UploadAction | 'other';
  state: 'unfinished' | 'finished' | 'failed';
  /** The platform's word for its effect. */
  type: string;
  /** The platform's word for its state. */
  status: string;
  /** The platform's reason of a failure. */
  failure: string | null;
  /** Lines that the platform processed correctly; not matches. */
  processed: number | null;
  createdMs: number | null;
}

/** An audience that exists, or one that the upload creates. */
export type UploadTarget = { audienceId: string } | { audienceName: string };

export interface Upload {
  action: UploadAction;
  target: UploadTarget;
  identifierType: IdentifierType;
  /** Its name is the label. */
  file: FormFile;
}

/** One upload attempt: the audience by the platform's answer, or the failure and its verdict. */
export type UploadAttempt = { calls: number } & (
  | { kind: 'accepted'; audience: Audience }
  | { kind: 'failed'; verdict: Verdict; ms: number; retryAfterMs: number; error: (attempts: number) => SyncError }
);

/** One account of a platform. */
export interface Destination {
  /** Its name in the configuration. */
  name: string;
  /** Platform and account, unique over all platforms. The journal records it. */
  accountId: string;
  capabilities: Capabilities;
  words: Words;
  audiences: AudienceList;
  /** Returns the listed uploads of an audience, at most `maxListedUploads`. */
  uploadsTo(audienceId: string): Promise<RemoteUpload[]>;
  /** The label of a batch. `stem` is unique. */
  labelOf(stem: string): string;
  /** Returns the maximum size of an upload's body without its file. An audience without an id may get one later. */
  maxOverheadBytes(upload: {
    identifierType: IdentifierType;
    audienceId: string | undefined;
    audienceName: string | undefined;
    label: string;
  }): number;
  /** Makes one attempt, once an upload slot is free. `attempt` is the number to log. Retrying is `deliverUpload`'s. */
  attemptUpload(upload: Upload, attempt: number): Promise<UploadAttempt>;
  /** Returns a budget of attempts and time for one upload. */
  uploadPatience(): Patience;
  /** Runs one creation of an audience at a time. */
  createAlone<T>(create: () => Promise<T>): Promise<T>;
  /** Returns warnings for the report that the requests of this account have given rise to. */
  warnings(): readonly { code: string; message: string }[];
}

/** Times that hold for every destination. */
export interface DestinationTimes {
  retry: RetryPolicy;
  jobs: JobsConfig;
}

/** The surroundings that the destinations of a command share. */
export interface DestinationSurroundings {
  clock: Clock;
  dispatcher: Dispatcher;
  log: RequestLog;
  /** Ends reads and waits, and lets no upload start. */
  signal: AbortSignal;
  /** Ends uploads that are in flight; `signal` by default. */
  uploadSignal?: AbortSignal;
  /** Creates the limiter of one account; `createRequestLimiter` by default. */
  createLimiter?: (requestsPerSecond: number) => RequestLimiter;
}
