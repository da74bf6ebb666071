import type { IdentifierType } from '../../identifiers/rules.ts';
import type { Audience, RemoteUpload, Words } from '../destination.ts';

/*
 * LINE's words for audiences and uploads, and ours.
 */

/** LINE's names of the identifier types: of an audience that holds them, and of an upload's `idType`. */
export const lineTypeOf = {
  email: { functionType: 'HASHED_EMAIL_UPLOAD', idType: 'HASHED_EMAIL' },
  phone: { functionType: 'HASHED_PHONE_NUMBER_UPLOAD', idType: 'HASHED_PHONE_NUMBER' },
  ifa: { functionType: 'UPLOAD', idType: 'IFA' },
} as const satisfies Record<IdentifierType, { functionType: string; idType: string }>;

export const words: Words = {
  action: { add: 'ADD', replace: 'REPLACE' },
  audienceType: {
    email: lineTypeOf.email.functionType,
    phone: lineTypeOf.phone.functionType,
    ifa: lineTypeOf.ifa.functionType,
  },
};

const identifierTypeOf = new Map(
  Object.entries(words.audienceType).map(([identifierType, type]) => [type, identifierType as IdentifierType]),
);

export function heldBy(functionType: string): IdentifierType | undefined {
  return identifierTypeOf.get(functionType);
}

/** EXPIRED and FAILED audiences take no uploads. "-" and "100 or fewer" are too few to advertise to. */
export function audienceState(status: string, estimatedSize: string | null): Audience['state'] {
  if (status === 'EXPIRED' || status === 'FAILED') return 'unusable';
  const isFilling = status === 'IN_PROGRESS' || estimatedSize === '-' || estimatedSize === '100 or fewer';
  return isFilling ? 'filling' : 'ready';
}

const effectByType: ReadonlyMap<string, RemoteUpload['effect']> = new Map([
  ['DIFF_ADD', 'add'],
  ['DIFF_AUTO_ADD', 'add'],
  ['DIFF_REPLACE', 'replace'],
]);

export function effectOf(jobType: string): RemoteUpload['effect'] {
  return effectByType.get(jobType) ?? 'other';
}

/** Unknown states count as unfinished. */
export function uploadState(jobStatus: string): RemoteUpload['state'] {
  if (jobStatus === 'FINISHED') return 'finished';
  return jobStatus === 'FAILED' ? 'failed' : 'unfinished';
}
