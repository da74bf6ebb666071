import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kinds } from '../../src/identifiers/kinds.ts';
import { layoutOf } from '../../src/members/layout.ts';
import type { MemberSet } from '../../src/members/memberSet.ts';
import { type MergeJoin, mergeJoin } from '../../src/members/mergeJoin.ts';
import type { RecordPlace } from '../../src/members/sortedSets.ts';

const kind = { ...kinds.email, keyBytes: 16 };
const { signal } = new AbortController();

function keyOf(member: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32BE(member);
  return key;
}

function memberOf({ records, at }: RecordPlace): number {
  return records.readUInt32BE(at);
}

/** A set in memory, which is read in parts of a few members. It counts the parts that were read. */
function setOf(members: readonly number[], partLength: number): MemberSet & { partsRead: number } {
  const set = {
    path: '',
    recordBytes: 16,
    count: members.length,
    partsRead: 0,
    async *read(start: number, end: number) {
      for (let from = start; from < end; from += partLength) {
        set.partsRead++;
        yield Buffer.concat(members.slice(from, from + partLength).map(keyOf));
      }
    },
  };
  return set;
}

const members = fc.array(fc.nat(60), { maxLength: 40 });
const partLength = fc.integer({ min: 1, max: 9 });

function ascending(some: readonly number[]): number[] {
  return some.toSorted((a, b) => a - b);
}

function createJoin(matches: MergeJoin['rightMatches']) {
  const found = { onlyLeft: [] as number[], onlyRight: [] as number[], inBoth: [] as number[] };
  const join: MergeJoin = {
    compare: layoutOf(kind).compare,
    rightMatches: matches,
    signal,
    onlyLeft: (left) => found.onlyLeft.push(memberOf(left)),
    onlyRight: (right) => found.onlyRight.push(memberOf(right)),
    inBoth(left, right) {
      expect(memberOf(left)).toBe(memberOf(right));
      found.inBoth.push(memberOf(left));
    },
    afterPart: async () => {},
  };
  return { found, join };
}

describe('a merge join', () => {
  test('divides two sets into the records of one and of both, wherever their parts end', async () => {
    await fc.assert(
      fc.asyncProperty(members, members, partLength, partLength, async (a, b, partOfA, partOfB) => {
        const [left, right] = [new Set(ascending(a)), new Set(ascending(b))];
        const { found, join } = createJoin('one');
        await mergeJoin(setOf([...left], partOfA), setOf([...right], partOfB), join);
        expect(found).toEqual({
          onlyLeft: [...left].filter((member) => !right.has(member)),
          onlyRight: [...right].filter((member) => !left.has(member)),
          inBoth: [...left].filter((member) => right.has(member)),
        });
      }),
    );
  });

  test('finds every left record that matches a right one, when a right record may match several', async () => {
    await fc.assert(
      fc.asyncProperty(members, members, partLength, partLength, async (a, b, partOfA, partOfB) => {
        const [left, right] = [ascending(a), new Set(ascending(b))];
        const { found, join } = createJoin('several');
        const { onlyRight, ...others } = join;
        await mergeJoin(setOf(left, partOfA), setOf([...right], partOfB), others);
        expect(found).toEqual({
          onlyLeft: left.filter((member) => !right.has(member)),
          onlyRight: [],
          inBoth: left.filter((member) => right.has(member)),
        });
      }),
    );
  });

  test('reads the right set to its end only if its own records are wanted', async () => {
    const { join } = createJoin('one');
    const left = setOf([1], 1);
    const right = setOf([1, 2, 3, 4, 5], 1);
    await mergeJoin(left, right, join);
    expect(right.partsRead).toBe(5);
    right.partsRead = 0;
    const { onlyRight, ...others } = join;
    await mergeJoin(left, right, others);
    expect(right.partsRead).toBe(1);
  });
});
