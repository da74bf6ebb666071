import { expect, test } from 'vitest';
import { sourceError } from '../../../src/sources/duckdb/errors.ts';
import { allTextOf } from '../sourceSetup.ts';

test.each<[string, string, string]>([
  ['IO Error: Could not write to file "x/marked": No space left on device', 'the file a.csv', 'state.disk_full'],
  [
    'IO Error: Cannot open file "/data/marked.parquet": Permission denied',
    'the file /data/marked-not.parquet',
    'source.unreadable',
  ],
  [
    'IO Error: Could not set lock on file "marked": Conflicting lock is held',
    'the database a.duckdb',
    'source.unreadable',
  ],
  ['IO Error: No files found that match the pattern "marked.parquet"', 'the query', 'source.not_found'],
  [
    'IO Error: Cannot open file "/parquet/marked.csv": Input/output error',
    'the file /parquet/a.csv',
    'source.unreadable',
  ],
  ["Invalid Input Error: No magic bytes found at end of file 'marked'", 'the query', 'source.malformed'],
  ["Invalid Error: don't know what type: marked", 'the file a.parquet', 'source.malformed'],
  ['Invalid Error: something about marked', 'the file a.csv', 'source.query_failed'],
  [
    'Binder Error: Referenced column "marked" not found\n\nLINE 1: FROM \'a.parquet\'',
    'the query',
    'source.query_failed',
  ],
  ["Conversion Error: Could not convert string 'marked' to INT32", 'the query', 'source.query_failed'],
  ['Out of Memory Error: failed to allocate marked', 'the query', 'source.query_failed'],
  [
    'Invalid Input Error: CSV Error on Line: 12\nOriginal Line: marked\nExpected Number of Columns: 2 Found: 3\nPossible fixes',
    'the file a.csv',
    'source.malformed',
  ],
  ['', 'the query', 'source.query_failed'],
])('%s', (text, where, code) => {
  const error = sourceError(new Error(text), where);
  expect(error.code).toBe(code);
  expect(error.cause).toBeUndefined();
  expect(allTextOf(error).replaceAll(where, '')).not.toContain('marked');
  expect(error.message).toContain(where);
  expect(error.hint).not.toBe('');
});

test('what is no error at all is still told as one', () => {
  expect(sourceError('marked', 'the query')).toMatchObject({
    code: 'source.query_failed',
    message: 'Cannot read the query.',
  });
});
