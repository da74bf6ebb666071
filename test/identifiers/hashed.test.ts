import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readHash } from '../../src/identifiers/hashed.ts';

const sha256 = hash('sha256', 'user@example.com', 'hex');
const base64 = hash('sha256', 'user@example.com', 'base64');
const sha1 = hash('sha1', 'user@example.com', 'hex');
const md5 = hash('md5', 'user@example.com', 'hex');
const ofNothing = 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855';

test('the vector of the doc comment', () => {
  expect(readHash(ofNothing, 'auto')).toEqual({ reject: 'hash.of_empty_string' });
});

describe('auto', () => {
  test('takes 64 hex characters, in lower case', () => {
    expect(readHash(sha256, 'auto')).toEqual({ text: sha256 });
    expect(readHash(sha256.toUpperCase(), 'auto')).toEqual({ text: sha256 });
    expect(readHash('0123456789'.repeat(6).padEnd(64, '0'), 'auto')).toEqual({
      text: '0123456789'.repeat(6).padEnd(64, '0'),
    });
  });

  test('refuses what has the length of an MD5 or SHA-1', () => {
    expect(readHash(md5, 'auto')).toEqual({ reject: 'hash.wrong_length' });
    expect(readHash(sha1.toUpperCase(), 'auto')).toEqual({ reject: 'hash.wrong_length' });
    expect(readHash('1'.repeat(32), 'auto')).toEqual({ reject: 'hash.wrong_length' });
  });

  test.each([
    ['an address', 'user@example.com'],
    ['a telephone number', '09012345678'],
    ['hex of another length', sha256.slice(1)],
    ['base64', base64],
    ['64 characters, one of them not hex', `${sha256.slice(1)}g`],
    ['a hash with 0x before it', `0x${sha256}`],
    ['a hash with a space inside', `${sha256.slice(0, 32)} ${sha256.slice(33)}`],
  ])('leaves %s to the identifier type', (_, value) => {
    expect(readHash(value, 'auto')).toBeUndefined();
  });
});

describe('always', () => {
  test.each([
    ['hash.of_empty_string', ofNothing],
    ['hash.of_empty_string', ofNothing.toLowerCase()],
    ['hash.wrong_length', md5],
    ['hash.wrong_length', sha1],
    ['hash.wrong_length', sha256.slice(1)],
    ['hash.wrong_length', `${sha256}0`],
    ['hash.wrong_length', '09012345678'],
    ['hash.not_hex', base64],
    ['hash.not_hex', 'user@example.com'],
    ['hash.not_hex', `${sha256.slice(1)}g`],
    ['hash.not_hex', '+819012345678'],
  ])('%s: %s', (reject, value) => {
    expect(readHash(value, 'always')).toEqual({ reject });
  });

  test('takes a hash in either case', () => {
    expect(readHash(sha256.toUpperCase(), 'always')).toEqual({ text: sha256 });
  });
});

test('never takes nothing as a hash', () => {
  for (const value of [sha256, ofNothing, md5, sha1, 'user@example.com'])
    expect(readHash(value, 'never')).toBeUndefined();
});
