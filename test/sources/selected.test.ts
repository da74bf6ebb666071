import { expect, test } from 'vitest';
import {
  fromSelected,
  positionBehind,
  positionInSelected,
  type Selected,
  selectedRows,
} from '../../src/sources/selected.ts';

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
  expect(selectedRows({ query })).toMatchObject({ select, label: 'the query' });
});

test('a table, and a condition that may end in a comment, make a query, and are told of without the condition', () => {
  expect(selectedRows({ table: 'a.b', where: 'c = 1 -- all' })).toMatchObject({
    select: 'SELECT * FROM a.b WHERE (\nc = 1 -- all\n)',
    label: 'the table a.b',
  });
});

test.each<[string, Selected, string, string | undefined]>([
  ['the first line of a query', { query: 'SELECT x' }, 'x', 'line 1, column 8 of source.query'],
  ['a later line of a query', { query: 'SELECT 1,\n  x;' }, 'x', 'line 2, column 3 of source.query'],
  ['a line with letters of two units', { query: "SELECT '😀', x" }, 'x', 'line 1, column 13 of source.query'],
  ['the SQL behind a query', { query: 'SELECT (1' }, ') AS source_rows', 'the end of source.query'],
  ['a condition', { table: 't', where: 'a = 1\n  AND x' }, 'x', 'line 2, column 7 of source.where'],
  ['the SQL behind a condition', { table: 't', where: '(a' }, '\n)\n)', 'line 1, column 3 of source.where'],
  ['the name of a table', { table: 'x', where: 'a' }, 'x', undefined],
  ['the name of a table on two lines', { table: 'a.\nx', where: 'b' }, 'b', 'line 1, column 1 of source.where'],
])('A position in the statement that a server gets is told in the text of the user: %s.', (_, selected, at, place) => {
  const { select, placeOf } = selectedRows(selected);
  const statement = `SELECT * FROM ${fromSelected(select)} LIMIT 0`;
  expect(placeOf(positionInSelected(positionBehind(statement.slice(0, statement.indexOf(at)))))).toBe(place);
});

test('A position in the SQL before the text of the user has no place in it.', () => {
  expect(selectedRows({ query: 'SELECT 1' }).placeOf(positionInSelected({ line: 1, column: 9 }))).toBeUndefined();
});
