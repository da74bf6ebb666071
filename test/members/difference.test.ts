import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kinds } from '../../src/identifiers/kinds.ts';
import { compareSets } from '../../src/members/difference.ts';
import { digestSet } from '../../src/members/setDigest.ts';
import { chunkOf, recordsOf, sourceOf, syncOf, useMembers } from '../setup/memberSetup.ts';

const setup = useMembers();
const { signal } = new AbortController();

/** A member by a small number; its forms behind the first by bits: bit 0 the second, bit 1 the third. */
type Phones = Map<number, number>;

function phoneRecord(member: number, forms: number, keyBytes: number): Buffer {
  const record = Buffer.alloc(3 * keyBytes);
  // The first byte decides the partition. Some partitions hold one member, some several.
  record.fill(member * 37 + 1, 0, keyBytes);
  if (forms & 1) record.fill(member + 100, keyBytes, 2 * keyBytes);
  if (forms & 2) record.fill(member + 200, 2 * keyBytes, 3 * keyBytes);
  return record;
}

const phones = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 3 })), { maxLength: 30 })
  .map((entries) => new Map(entries));

function newFolder(): string {
  return join(setup.makeFolder(), 'difference');
}

describe('the difference of two member sets', () => {
  test.each([32, 16])(
    'equals a comparison of maps for any members and forms, with keys of %i bytes',
    async (keyBytes) => {
      const kind = { ...kinds.phone, keyBytes };
      const setOf = (members: Phones) => {
        const records = Array.from(members, ([member, forms]) => phoneRecord(member, forms, keyBytes));
        return setup.setOf(records, kind, 3 * keyBytes);
      };
      await fc.assert(
        fc.asyncProperty(phones, phones, async (desired, snapshot) => {
          const difference = await compareSets(await setOf(desired), await setOf(snapshot), {
            ...{ kind, signal },
            directory: newFolder(),
            wantsUnion: true,
          });
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
          const toSend = new Map([...added, ...gained].map((member) => [member, desired.get(member)!]));
          expect(await recordsOf(difference.toSend)).toEqual(await recordsOf(await setOf(toSend)));
          const union = new Map([...snapshot, ...desired]);
          for (const member of both) union.set(member, desired.get(member)! | snapshot.get(member)!);
          const wanted = await setOf(union);
          expect(await recordsOf(difference.union!)).toEqual(await recordsOf(wanted));
          expect(difference.union?.digest).toBe(wanted.digest);
        }),
        { numRuns: 60 },
      );
    },
  );

  test('tells upper from lower case in advertising IDs', async () => {
    const ifa = (digit: string) => Buffer.from(`${digit.repeat(8)}-0000-0000-0000-000000000000`);
    const difference = await compareSets(
      await setup.setOf([ifa('a'), ifa('B'), ifa('C')], kinds.ifa),
      await setup.setOf([ifa('A'), ifa('B')], kinds.ifa),
      { kind: kinds.ifa, directory: newFolder(), wantsUnion: false, signal },
    );
    expect(difference).toMatchObject({ added: 2, removed: 1, unchanged: 1, union: undefined });
    expect(readFileSync(difference.toSend.path, 'latin1')).toBe(`${ifa('a')}${ifa('C')}`);
  });

  test('covers sets to their ends when they are larger than the part in memory', async () => {
    const count = 60_000;
    const people = Array.from({ length: count + 1_000 }, (_, index) => `person-${index}@example.com`);
    const sync = syncOf({ identifierType: 'email' });
    const [desired, snapshot, all] = await Promise.all(
      [people.slice(1_000), people.slice(0, count), people].map(
        async (some) => (await setup.read(sync, sourceOf([chunkOf(...some)]))).read.members,
      ),
    );
    const difference = await compareSets(desired!, snapshot!, {
      kind: kinds.email,
      directory: newFolder(),
      wantsUnion: true,
      signal,
    });
    expect(difference).toMatchObject({ added: 1_000, removed: 1_000, unchanged: count - 1_000, gained: 0, lost: 0 });
    expect(difference.union?.digest).toBe(all!.digest);
    expect(difference.union?.count).toBe(count + 1_000);
  });

  test('is not computed further once the run has stopped', async () => {
    const set = await setup.setOf([phoneRecord(1, 0, 32)], kinds.phone, 96);
    const stopped = AbortSignal.abort(new Error('stopped'));
    const options = { kind: kinds.phone, wantsUnion: false, signal: stopped, directory: newFolder() };
    await expect(compareSets(set, set, options)).rejects.toThrow('stopped');
  });
});

test('the digest of a set is that of its sealing, and another one after a bit of the file has changed', async () => {
  const values = Array.from({ length: 3_000 }, (_, index) => `person-${index}@example.com`);
  const { read } = await setup.read(syncOf({ identifierType: 'email' }), sourceOf([chunkOf(...values)]));
  expect(await digestSet(read.members)).toBe(read.members.digest);
  const bytes = readFileSync(read.members.path);
  bytes[4_242]! ^= 1;
  await writeFile(read.members.path, bytes);
  expect(await digestSet(read.members)).not.toBe(read.members.digest);
});
