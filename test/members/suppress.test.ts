import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type IdentifierKind, kinds } from '../../src/identifiers/kinds.ts';
import { countSuppressed, withoutSuppressed } from '../../src/members/suppress.ts';
import { recordsOf, useMembers } from '../setup/memberSetup.ts';

const setup = useMembers();
const { signal } = new AbortController();

function contextOf(kind: IdentifierKind) {
  return { kind, workers: setup.workers, signal };
}

function newFolder(): string {
  return join(setup.makeFolder(), 'suppressed');
}

describe.each([32, 16])('suppression of members with keys of %i bytes', (keyBytes) => {
  const kind = { ...kinds.phone, keyBytes };
  const recordBytes = 2 * keyBytes;
  const key = (fill: number) => Buffer.alloc(keyBytes, fill);
  const memberOf = (first: number, second: number) => Buffer.concat([key(first), key(second)]);
  const membersOf = () =>
    setup.setOf([memberOf(1, 11), memberOf(2, 12), memberOf(3, 0), memberOf(4, 14)], kind, recordBytes);

  test('drops a member that a list names by any of its forms, and no other one', async () => {
    const lists = [await setup.setOf([key(1), key(9)], kind), await setup.setOf([key(0), key(14)], kind)];
    const kept = await withoutSuppressed(await membersOf(), lists, newFolder(), contextOf(kind));
    expect(await recordsOf(kept)).toEqual([memberOf(2, 12), memberOf(3, 0)].map((member) => member.toString('hex')));
  });

  test('counts the members that lists name', async () => {
    const lists = [await setup.setOf([key(12)], kind), await setup.setOf([], kind)];
    expect(await countSuppressed(await membersOf(), lists, newFolder(), contextOf(kind))).toBe(1);
  });
});

test('suppression drops an advertising ID in any case, and twins of it in other cases', async () => {
  const ifa = (digit: string) => Buffer.from(`${digit.repeat(8)}-0000-0000-0000-000000000000`);
  const members = await setup.setOf([ifa('a'), ifa('A'), ifa('b'), ifa('C')], kinds.ifa);
  const list = await setup.setOf([ifa('A'), ifa('c')], kinds.ifa);
  const kept = await withoutSuppressed(members, [list], newFolder(), contextOf(kinds.ifa));
  expect(await recordsOf(kept)).toEqual([ifa('b').toString('hex')]);
});
