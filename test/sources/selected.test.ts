import { expect, test } from 'vitest';
import { selectedRows } from '../../src/sources/selected.ts';

test.each([
  ['SELECT 1', 'SELECT 1'],
  ['SELECT 1;\n', 'SELECT 1'],
  ['SELECT 1 ; ;  ', 'SELECT 1'],
  ['SELECT 1; -- all of them', 'SELECT 1'],
  ['SELECT 1; /* all\nof them */ -- yes\n', 'SELECT 1'],
  [`SELECT 1; -- it's the "last`, 'SELECT 1'],
  [`SELECT 'it''s' AS "a"; -- it's`, `SELECT 'it''s' AS "a"`],
  ["-- it's all\nSELECT 1;", "-- it's all\nSELECT 1"],
  ['SELECT 1 -- all; of them', 'SELECT 1 -- all; of them'],
  ["SELECT 'a; -- b'", "SELECT 'a; -- b'"],
  ["SELECT ';'", "SELECT ';'"],
  ['SELECT 1; SELECT 2', 'SELECT 1; SELECT 2'],
])('the end of a statement is taken from a query: %j', (query, select) => {
  expect(selectedRows({ query })).toEqual({ select, label: 'the query' });
});

test('a table, and a condition that may end in a comment, make a query, and are told of without the condition', () => {
  expect(selectedRows({ table: 'a.b', where: 'c = 1 -- all' })).toEqual({
    select: 'SELECT * FROM a.b WHERE (\nc = 1 -- all\n)',
    label: 'the table a.b',
  });
});
