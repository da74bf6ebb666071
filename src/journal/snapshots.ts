import type { KeptSet } from './keptSets.ts';

/** The cursor of a sync. Later runs read only greater values. */
export interface CursorRecord {
  /** Keyed digest of the source and the column. */
  origin: string;
  /** The greatest value of the column, as text. */
  value: string;
}

/** The member set that the audience held after the last success of a sync. */
export interface Snapshot {
  /** Key of the plan that succeeded. */
  planRow: number;
  /** Keyed digest of `membershipSettings`. */
  membership: string;
  audienceId: string;
  /** The newest listed upload of the plan. Null when none was listed. */
  uploadId: string | null;
  /** The uploads that were listed when the plan succeeded. Empty when an older version did not record them. */
  uploadsListed: readonly string[];
  /** When the plan succeeded. */
  takenMs: number;
  /** When the whole set was last sent. */
  fullMs: number;
  set: KeptSet;
  cursor: CursorRecord | null;
  /** False once a later plan has begun to send. */
  isCurrent: boolean;
}
