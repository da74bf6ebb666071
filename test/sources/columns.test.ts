import { expect, test } from 'vitest';
import { findColumns, isIdentifierLike } from '../../src/sources/columns.ts';

const all = (...names: string[]) => ({ names, required: 'all' as const });
const any = (...names: string[]) => ({ names, required: 'any' as const });

test.each([
  ['by name', ['id', 'email'], all('email'), [1]],
  ['in the wanted order', ['a', 'b', 'c'], all('c', 'a'), [2, 0]],
  ['in another case', ['ID', 'EMail'], all('email'), [1]],
  ['exactly before in another case', ['EMAIL', 'email', 'Email'], all('email'), [1]],
  ['once, though wanted twice', ['email'], all('email', 'EMAIL'), [0]],
  ['those that are there', ['gaid', 'x', 'IDFA'], any('ifa', 'idfa', 'gaid'), [2, 0]],
] as const)('columns are found %s', (_, available, wanted, positions) => {
  expect(findColumns(available, wanted, 'here')).toEqual(positions);
});

test.each([
  ['one that is missing', ['a'], all('a', 'b', 'c'), 'Found no column b, c in here; it has: a.'],
  ['all of several', ['x'], any('ifa', 'idfa'), 'Found no column ifa or idfa in here; it has: x.'],
  ['any among no columns', [], any('ifa'), 'it has: no columns.'],
  ['two of a name', ['a', 'a'], all('a'), 'Found 2 columns named a in here'],
  ['two in other cases', ['A', 'a '.trim().toUpperCase()], all('a'), 'Found 2 columns named a in here'],
  ['two of an optional name', ['ifa', 'IFA', 'ifa'], any('ifa', 'idfa'), 'Found 3 columns named ifa'],
] as const)('%s is an error', (_, available, wanted, message) => {
  expect(() => findColumns(available, wanted, 'here')).toThrow(message);
});

test.each([
  'email',
  'E-Mail',
  'phone number',
  '電話番号',
  'idfa',
  '2024',
  '20240102',
  'c1',
  'sha256',
  '',
  ' ',
  'a@',
  'abcdef0123456789',
])('%j may be the name of a column', (name) => {
  expect(isIdentifierLike(name)).toBe(false);
});

test.each([
  'a@b.c',
  ' A@B.C ',
  '+81 90 1234 5678',
  '(090)1234-5678',
  '0901234567',
  'ab'.repeat(32),
  '00000000-0000-4000-8000-000000000001',
])('%j is an identifier, no name', (name) => {
  expect(isIdentifierLike(name)).toBe(true);
});
