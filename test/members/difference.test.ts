import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareSets } from '../../src/members/difference.ts';
import { ifaLayout, layoutOf } from '../../src/members/layout.ts';
import { openMemberSet, type SealedSet } from '../../src/members/memberSet.ts';
import { digestSet } from '../../src/members/setDigest.ts';
import { sortUnique } from '../../src/members/sortRecords.ts';
import { chunkOf, sourceOf, syncOf, useMembers } from '../setup/memberSetup.ts';

const setup = useMembers();
const { signal } = new AbortController();

/** A member by a small number; its forms behind the first by bits: bit 0 the second, bit 1 the third. */
type Phones = Map<number, number>;

function phoneRecord(member: number, forms: number): Buffer {
  const record = Buffer.alloc(96);
  // The first byte chooses the partition: members of one and of several are met.
  record.fill(member * 37 + 1, 0, 32);
  if (forms & 1) record.fill(member + 100, 32, 64);
  if (forms & 2) record.fill(member + 200, 64, 96);
  return record;
}

let files = 0;

/** A set as it lies on disk. */
async function setOf(records: readonly Buffer[], recordBytes: number): Promise<SealedSet> {
  const layout = recordBytes === 36 ? ifaLayout : layoutOf('phone', recordBytes);
  const unsorted = Buffer.from(new Uint8Array(Buffer.concat(records)).buffer);
  const sorted = Buffer.alloc(unsorted.length);
  const bytes = sortUnique(unsorted, layout, Buffer.from(sorted.buffer, sorted.byteOffset, sorted.length));
  const path = join(setup.makeFolder(), `set-${++files}`);
  await writeFile(path, sorted.subarray(0, bytes));
  const set = openMemberSet({ path, recordBytes, count: bytes / recordBytes });
  return { ...set, digest: await digestSet(set) };
}

async function recordsOf(set: SealedSet | undefined): Promise<string[]> {
  const text: string[] = [];
  if (set === undefined) return text;
  for await (const records of set.read(0, set.count))
    for (let at = 0; at < records.length; at += set.recordBytes)
      text.push(records.toString('hex', at, at + set.recordBytes));
  return text;
}

const phones = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 3 })), { maxLength: 30 })
  .map((entries) => new Map(entries));

function recordsOfPhones(members: Phones): Buffer[] {
  return [...members].map(([member, forms]) => phoneRecord(member, forms));
}

describe('two member sets side by side', () => {
  test('give what a comparison of maps gives, whatever their members and forms', async () => {
    await fc.assert(
      fc.asyncProperty(phones, phones, async (desired, snapshot) => {
        const difference = await compareSets(
          await setOf(recordsOfPhones(desired), 96),
          await setOf(recordsOfPhones(snapshot), 96),
          { identifierType: 'phone', directory: join(setup.makeFolder(), 'difference'), wantsUnion: true, signal },
        );
        const both = [...desired.keys()].filter((member) => snapshot.has(member));
        const gained = both.filter((member) => desired.get(member)! & ~snapshot.get(member)!);
        const added = [...desired.keys()].filter((member) => !snapshot.has(member));
        expect(difference).toMatchObject({
          added: added.length,
          removed: snapshot.size - both.length,
          unchanged: both.length,
          gained: gained.length,
          lost: both.filter((member) => snapshot.get(member)! & ~desired.get(member)!).length,
        });
        const toSend = [...added, ...gained].map((member) => phoneRecord(member, desired.get(member)!));
        expect(await recordsOf(difference.toSend)).toEqual(await recordsOf(await setOf(toSend, 96)));
        const union = new Map([...snapshot, ...desired]);
        for (const member of both) union.set(member, desired.get(member)! | snapshot.get(member)!);
        const wanted = await setOf(recordsOfPhones(union), 96);
        expect(await recordsOf(difference.union)).toEqual(await recordsOf(wanted));
        expect(difference.union?.digest).toBe(wanted.digest);
      }),
      { numRuns: 60 },
    );
  });

  test('of advertising IDs tell upper from lower case', async () => {
    const ifa = (digit: string) => Buffer.from(`${digit.repeat(8)}-0000-0000-0000-000000000000`);
    const difference = await compareSets(
      await setOf([ifa('a'), ifa('B'), ifa('C')], 36),
      await setOf([ifa('A'), ifa('B')], 36),
      { identifierType: 'ifa', directory: join(setup.makeFolder(), 'difference'), wantsUnion: false, signal },
    );
    expect(difference).toMatchObject({ added: 2, removed: 1, unchanged: 1, union: undefined });
    expect(readFileSync(difference.toSend.path, 'latin1')).toBe(`${ifa('a')}${ifa('C')}`);
  });

  test('are walked to the end when they are larger than what is read at a time', async () => {
    const count = 60_000;
    const people = (from: number) => Array.from({ length: count }, (_, index) => `person-${from + index}@example.com`);
    const sync = syncOf({ identifierType: 'email' });
    const desired = await setup.read(sync, sourceOf([chunkOf(...people(1_000))]));
    const snapshot = await setup.read(sync, sourceOf([chunkOf(...people(0))]));
    const difference = await compareSets(desired.read.members, snapshot.read.members, {
      identifierType: 'email',
      directory: join(setup.makeFolder(), 'difference'),
      wantsUnion: true,
      signal,
    });
    expect(difference).toMatchObject({ added: 1_000, removed: 1_000, unchanged: count - 1_000, gained: 0, lost: 0 });
    const all = await setup.read(sync, sourceOf([chunkOf(...people(0), ...people(1_000))]));
    expect(difference.union?.digest).toBe(all.read.members.digest);
    expect(difference.union?.count).toBe(count + 1_000);
  });

  test('stop when the run does', async () => {
    const set = await setOf([phoneRecord(1, 0)], 96);
    const stopped = AbortSignal.abort(new Error('stopped'));
    const options = { identifierType: 'phone', wantsUnion: false, signal: stopped } as const;
    const directory = join(setup.makeFolder(), 'difference');
    await expect(compareSets(set, set, { ...options, directory })).rejects.toThrow('stopped');
  });
});

describe('the digest of a set', () => {
  test('is what it was when it was sealed, and another after one bit has changed', async () => {
    const values = Array.from({ length: 3_000 }, (_, index) => `person-${index}@example.com`);
    const { read } = await setup.read(syncOf({ identifierType: 'email' }), sourceOf([chunkOf(...values)]));
    expect(await digestSet(read.members)).toBe(read.members.digest);
    const bytes = readFileSync(read.members.path);
    bytes[4_242]! ^= 1;
    await writeFile(read.members.path, bytes);
    expect(await digestSet(read.members)).not.toBe(read.members.digest);
  });
});
