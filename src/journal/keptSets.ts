import type { MemberSet, SealedSet } from '../members/memberSet.ts';

/** A member set that outlives its run, as the journal records it. */
export interface KeptSet {
  /** Its name in the store, unique per run and sync. */
  file: string;
  recordBytes: number;
  count: number;
  /** Keyed, so that the digest of a few members does not identify them. */
  keyedDigest: string;
}

/** The member sets that snapshots and unfinished plans need. The journal removes sets that nothing needs any more. */
export interface KeptSets {
  /** Takes over the file of a sealed set. */
  keep(set: SealedSet, file: string): Promise<KeptSet>;
  open(kept: KeptSet): Promise<MemberSet>;
  /** Tells whether the set is there with the length that was written. */
  isThere(kept: KeptSet): Promise<boolean>;
  /** Tells whether the set also has the content that was written. */
  isIntact(kept: KeptSet): Promise<boolean>;
}
