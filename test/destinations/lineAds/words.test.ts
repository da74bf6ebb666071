import { expect, test } from 'vitest';
import type { RemoteUpload } from '../../../src/destinations/destination.ts';
import { audienceState, effectOf, heldBy, uploadState, words } from '../../../src/destinations/lineAds/words.ts';

test.each<[string, string | null, string]>([
  ['IN_PROGRESS', '12345', 'filling'],
  ['READY', '-', 'filling'],
  ['READY', '100 or fewer', 'filling'],
  ['READY', '101', 'ready'],
  ['READY', '12345', 'ready'],
  ['SOMETHING_NEW', null, 'ready'],
  ['EXPIRED', '12345', 'unusable'],
  ['FAILED', null, 'unusable'],
])('an audience that is %s with an estimated size of %s is %s', (status, estimatedSize, state) => {
  expect(audienceState(status, estimatedSize)).toBe(state);
});

test.each<[string, RemoteUpload['state']]>([
  ['QUEUED', 'unfinished'],
  ['WORKING', 'unfinished'],
  ['SOMETHING_NEW', 'unfinished'],
  ['', 'unfinished'],
  ['FINISHED', 'finished'],
  ['FAILED', 'failed'],
])('a job that is %j is %s', (status, state) => {
  expect(uploadState(status)).toBe(state);
});

test.each<[string, RemoteUpload['effect']]>([
  ['DIFF_ADD', 'add'],
  ['DIFF_AUTO_ADD', 'add'],
  ['DIFF_REPLACE', 'replace'],
  ['DIFF_REMOVE', 'other'],
  ['SOMETHING_NEW', 'other'],
  ['', 'other'],
])('a job of type %j has the effect %s on the members', (type, effect) => {
  expect(effectOf(type)).toBe(effect);
});

test.each([
  ['HASHED_EMAIL_UPLOAD', 'email'],
  ['HASHED_PHONE_NUMBER_UPLOAD', 'phone'],
  ['UPLOAD', 'ifa'],
  ['LOOKALIKE', undefined],
  ['', undefined],
] as const)('an audience of type %j holds %s', (type, identifierType) => {
  expect(heldBy(type)).toBe(identifierType);
  if (identifierType !== undefined) expect(words.audienceType[identifierType]).toBe(type);
});
