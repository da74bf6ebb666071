import type { Audience, Capabilities, RemoteUpload, Words } from '../../src/destinations/destination.ts';

/*
 * Invented platforms for tests, with different abilities, limits, words and ids.
 */

/** A platform with abilities, limits, words and ids of its own. */
export interface Platform {
  title: string;
  capabilities: Capabilities;
  words: Words;
  /** The platform's words for the effect of an upload. */
  effects: Readonly<Record<RemoteUpload['effect'], string>>;
  /** The platform's words for the state of an upload. */
  states: Readonly<Record<RemoteUpload['state'], string>>;
  /** Ids of audiences and uploads; `number` counts from 1. */
  audienceId(number: number): string;
  uploadId(number: number): string;
  labelOf(stem: string): string;
}

export const withReplace: Platform = {
  title: 'a platform that can replace',
  capabilities: {
    canReplace: true,
    maxLines: 2,
    maxBodyBytes: 1_000_000,
    concurrentUploads: 4,
    unfinishedUploads: 8,
    maxListedUploads: 50,
  },
  words: {
    action: { add: 'PUT_IN', replace: 'SWAP' },
    audienceType: { email: 'EMAILS', phone: 'PHONES', ifa: 'DEVICES' },
  },
  effects: { add: 'PUTTING', replace: 'SWAPPING', other: 'TAKING' },
  states: { unfinished: 'BUSY', finished: 'DONE', failed: 'BROKEN' },
  audienceId: (number) => `${7000 + number}`,
  uploadId: (number) => `${number}`,
  labelOf: (stem) => `${stem}.lines`,
};

export const withoutReplace: Platform = {
  title: 'a platform that only adds',
  capabilities: {
    canReplace: false,
    maxLines: 2,
    maxBodyBytes: 20_000,
    concurrentUploads: 3,
    unfinishedUploads: 6,
    maxListedUploads: 12,
  },
  words: {
    action: { add: 'append', replace: '' },
    audienceType: { email: 'mail', phone: 'tel', ifa: 'device' },
  },
  effects: { add: 'appending', replace: '', other: 'expiring' },
  states: { unfinished: 'in progress', finished: 'complete', failed: 'rejected' },
  audienceId: (number) => `aud-${'c'.repeat(number)}`,
  uploadId: (number) => `upl/${number.toString(36).padStart(6, '0')}`,
  labelOf: (stem) => stem,
};

export const platforms: readonly Platform[] = [withReplace, withoutReplace];

export function audienceOn(platform: Platform, fields: Partial<Audience> = {}): Audience {
  return {
    id: platform.audienceId(1),
    name: 'Buyers',
    type: platform.words.audienceType.email,
    holds: 'email',
    state: 'ready',
    status: 'usable',
    estimatedSize: '12345',
    createdMs: null,
    ...fields,
  };
}

/** A listed upload. Its words follow from effect and state. */
export function uploadOn(platform: Platform, fields: Partial<RemoteUpload> & Pick<RemoteUpload, 'id'>): RemoteUpload {
  const { effect = 'add', state = 'finished' } = fields;
  return {
    label: 'by-hand',
    effect,
    state,
    type: platform.effects[effect],
    status: platform.states[state],
    failure: null,
    processed: 2,
    createdMs: null,
    ...fields,
  };
}
