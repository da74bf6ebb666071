import { describe, expect, test } from 'vitest';
import type { ParseText } from '../../src/config/configText.ts';
import { parseJsonText } from '../../src/config/jsonText.ts';
import { loadConfig } from '../../src/config/load.ts';
import { parseYamlText } from '../../src/config/yamlText.ts';
import { SyncError } from '../../src/errors.ts';

/*
 * Configurations in JSON with comments, and in YAML; and their syntax errors, none of which quotes the text.
 */

const surroundings = { env: { ACCESS: 'access' }, readSecret: () => 'secret' };

function load(text: string, parseText: ParseText) {
  return loadConfig(text, surroundings, parseText).config;
}

function errorOf(text: string, parseText: ParseText): SyncError {
  try {
    load(text, parseText);
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    expect(error.code).toBe('config.invalid');
    expect([error.message, error.hint, error.stack, String(error.cause)].join()).not.toMatch(/marked/i);
    return error;
  }
  throw new Error('the configuration was accepted');
}

function problemOf(text: string, parseText: ParseText): string {
  return errorOf(text, parseText).message.replace('The configuration has a problem:\n', '');
}

const yaml = `# The first sync.
$schema: ./connector.json
connection: &account
  adAccountId: A12345678901
  accessKey: \${ACCESS}
  secretKey: "\${file:/run/secret}"
source: { type: files, path: "data/*.parquet" }
syncs:
  - name: buyers
    audienceName: Buyers, 90 days
    identifierType: email
    mode: mirror
    columns: &columns [email]
  - name: members
    audienceId: "5343822743474"
    identifierType: email
    mode: add
    columns: *columns
guards:
  maxShrink: 0.25
`;

const jsonc = `{
  // The first sync.
  "$schema": "./connector.json",
  "connection": { "adAccountId": "A12345678901", "accessKey": "\${ACCESS}", "secretKey": "\${file:/run/secret}" },
  "source": { "type": "files", "path": "data/*.parquet" }, /* all of them */
  "syncs": [
    { "name": "buyers", "audienceName": "Buyers, 90 days", "identifierType": "email", "mode": "mirror", "columns": ["email"] },
    { "name": "members", "audienceId": "5343822743474", "identifierType": "email", "mode": "add", "columns": ["email",], },
  ],
  "guards": { "maxShrink": 0.25 },
}`;

test('JSON with comments and trailing commas means the same as YAML', () => {
  expect(load(jsonc, parseJsonText)).toEqual(load(yaml, parseYamlText));
  expect(load(yaml, parseYamlText).syncs.map(({ columns }) => columns)).toEqual([['email'], ['email']]);
});

test('strict JSON is YAML, too', () => {
  const json = JSON.stringify(load(jsonc, parseJsonText));
  expect(load(json, parseYamlText)).toEqual(load(json, parseJsonText));
});

test.each(['__proto__', 'constructor'])('the key %s is an unknown key like any other', (key) => {
  for (const parseText of [parseJsonText, parseYamlText])
    expect(errorOf(`{"${key}": {"connection": 1}}`, parseText).message).toContain(`${key}: is not a known key`);
});

describe('both syntaxes', () => {
  test.each<[string, string, string, string]>([
    [
      'nothing',
      '',
      'The configuration is empty.',
      'Give a configuration; docs/config.md holds examples to start from.',
    ],
    [
      'blank lines',
      ' \r\n\n',
      'The configuration is empty.',
      'Give a configuration; docs/config.md holds examples to start from.',
    ],
    [
      'UTF-16, as PowerShell writes it',
      Buffer.from('\ufeff{"secretKey": "MARKED"}', 'utf16le').toString('utf8'),
      "The configuration is not UTF-8 text but looks like UTF-16, which older versions of PowerShell write with '>'.",
      'Save the file as UTF-8.',
    ],
    [
      'another encoding',
      Buffer.from('7b2261223a220a82a0227d', 'hex').toString('utf8'),
      'line 2, column 1: is not UTF-8 text.',
      'Save the file as UTF-8.',
    ],
  ])('name %s', (_, text, problem, hint) => {
    for (const parseText of [parseJsonText, parseYamlText]) {
      expect(problemOf(text, parseText)).toBe(problem);
      expect(errorOf(text, parseText).hint).toBe(hint);
    }
  });

  test('refuse more levels than a configuration has, without exhausting the stack', () => {
    const tooDeep = 'The configuration is nested more than 100 levels deep.';
    expect(problemOf('['.repeat(102) + ']'.repeat(102), parseJsonText)).toBe(tooDeep);
    expect(problemOf('['.repeat(500_000) + ']'.repeat(500_000), parseJsonText)).toBe(tooDeep);
    expect(problemOf('['.repeat(102) + ']'.repeat(102), parseYamlText)).toBe(tooDeep);
    expect(problemOf('['.repeat(50_000), parseYamlText)).toMatch(/^line 1, column \d+: is not valid YAML: the nesting/);
    expect(problemOf('['.repeat(90) + ']'.repeat(90), parseJsonText)).toMatch(/^The configuration must be an object/);
  });
});

describe('JSON', () => {
  test.each<[string, string, string]>([
    [
      'a missing comma',
      '{"a": "MARKED"\n "b": 1}',
      'line 2, column 2: * a comma or the closing bracket is expected here.',
    ],
    ['a missing colon', '{"a" "MARKED"}', 'line 1, column 6: * a colon is expected here, between key and value.'],
    ['a missing value', '{"a": }', 'line 1, column 7: * a value is expected here.'],
    ['two commas', '{"a": 1,,}', 'line 1, column 9: * a key in double quotes is expected here.'],
    [
      'a missing quote',
      '{\r\n  "secretKey": "MARKED,\r\n  "b": "x"\r\n}',
      'line 2, column 16: * the text that begins here needs its closing double quote on the same line.',
    ],
    ['a key without quotes', '{secretKey: "MARKED"}', 'line 1, column 2: * a key in double quotes is expected here.'],
    ['single quotes', "{'secretKey': 'MARKED'}", 'line 1, column 2: * a key in double quotes is expected here.'],
    [
      'a text without quotes',
      '{"secretKey": MARKED}',
      'line 1, column 15: * a value is expected here, and text must be in double quotes.',
    ],
    [
      'a path of Windows',
      '{"path": "C:\\MARKED"}',
      'line 1, column 10: * the text that begins here holds a backslash that starts no escape; a backslash itself is written as \\\\.',
    ],
    ['a missing brace', '{"secretKey": "MARKED"', 'line 1, column 23: * the closing } is missing.'],
    ['a missing bracket', '["MARKED"', 'line 1, column 10: * the closing ] is missing.'],
    ['text behind the end', '{} MARKED', 'line 1, column 4: * a comma, a closing bracket or the end is expected here.'],
    [
      'a comment without an end',
      '{"a": 1 /* MARKED }',
      'line 1, column 9: * the comment that begins here needs its closing */.',
    ],
    ['a comment alone', '// MARKED', 'line 1, column 10: * a value is expected here.'],
  ])('with %s is refused at its place', (_, text, problem) => {
    expect(problemOf(text, parseJsonText)).toBe(problem.replace('*', 'is not valid JSON:'));
    expect(errorOf(text, parseJsonText).hint).toBe('Correct the text at that place.');
  });

  test('with repeated keys is refused at each place', () => {
    expect(errorOf('{"a": "MARKED",\n "b": {"c": 1, "c": 2},\n "a": "MARKED"}', parseJsonText).message).toBe(
      'The configuration has 2 problems:\nline 2, column 16: repeats a key of the same object; keep one of the two.\nline 3, column 2: repeats a key of the same object; keep one of the two.',
    );
  });

  test.each(['secretKey: MARKED', '---\na: 1', '# MARKED\n\nconnection:\n  accessKey: MARKED', '- a'])(
    'that looks like YAML is named as such: %j',
    (text) => {
      expect(problemOf(text, parseJsonText)).toBe(
        'The configuration is not valid JSON but looks like YAML, which is read only from a file that ends in .yaml or .yml.',
      );
      expect(errorOf(text, parseJsonText).hint).toMatch(/^Rename the file so that it ends in \.yaml/);
    },
  );
});

describe('YAML', () => {
  test.each<[string, string, string]>([
    ['a tab', 'a:\n\t- MARKED', 'line 2, column 1: * spaces are expected here, since a tab cannot indent.'],
    [
      'a shifted line',
      'a:\n  b: 1\n c: MARKED',
      'line 3, column 1: * the indentation differs from that of the lines before.',
    ],
    ['a colon in a text', 'a: MARKED: b', 'line 1, column 4: * text that holds a colon and a space must be in quotes.'],
    ['an at sign', 'a: @MARKED', 'line 1, column 4: * text that begins with this character must be in quotes.'],
    [
      'an asterisk',
      'a: *MARKED',
      'line 1, column 4: * text that begins with * must be in quotes, unless it is the alias of an anchor.',
    ],
    [
      'a reference within braces',
      'a: { b: ${MARKED} }',
      'line 1, column 10: * a new line or a closing bracket is expected here; text that holds brackets must be in quotes.',
    ],
    [
      'a missing quote',
      'a: "MARKED',
      'line 1, column 11: * a colon, a closing quote or a closing bracket is missing here.',
    ],
    [
      'a tag',
      'a: !MARKED 1',
      'line 1, column 4: * tags such as !name are not read; plain text, numbers, true, false and null are.',
    ],
    [
      'binary data',
      'a: !!binary MARKED',
      'line 1, column 4: * tags such as !name are not read; plain text, numbers, true, false and null are.',
    ],
    ['a list as key', '? [MARKED]\n: 1', 'line 1, column 3: * a key must be text.'],
    [
      'two documents',
      'a: 1\n---\nb: MARKED',
      'line 2, column 1: * the end is expected here, since a configuration is a single document.',
    ],
  ])('with %s is refused at its place', (_, text, problem) => {
    expect(problemOf(text, parseYamlText)).toBe(problem.replace('*', 'is not valid YAML:'));
  });

  test('with a repeated key is refused at its place', () => {
    expect(problemOf('a: 1\nb:\n  c: MARKED\n  c: MARKED', parseYamlText)).toBe(
      'line 4, column 3: repeats a key of the same object; keep one of the two.',
    );
  });

  test('with infinity is refused, since JSON has none', () => {
    expect(problemOf('a: .inf', parseYamlText)).toBe('line 1, column 4: is not a number that JSON has.');
  });

  test('with comments alone is empty', () => {
    expect(problemOf('# MARKED\n', parseYamlText)).toBe('The configuration is empty.');
  });

  test('with anchors that multiply is refused', () => {
    const lists = [
      'a: &a [1]',
      ...[...'bcdefgh'].map((name, index) => `${name}: &${name} [${`*${'abcdefgh'[index]}, `.repeat(9)}]`),
    ];
    expect(problemOf(lists.join('\n'), parseYamlText)).toMatch(
      /^line \d, column \d+: is one of more than 100 aliases\.$/,
    );
    expect(problemOf('&a [*a]', parseYamlText)).toBe('The configuration is nested more than 100 levels deep.');
  });

  test('keeps texts that YAML 1.1 reads as dates and truth values', () => {
    const { syncs } = load(
      yaml.replace('Buyers, 90 days', '2026-01-31').replace('name: buyers', 'name: no'),
      parseYamlText,
    );
    expect(syncs[0]).toMatchObject({ name: 'no', audienceName: '2026-01-31' });
  });

  test.each<[string, string, string, string]>([
    [
      'an ID',
      '"5343822743474"',
      '5343822743474',
      'syncs[1].audienceId: must be text, found 5343822743474 (put it in quotes).',
    ],
    ['a name', 'name: buyers', 'name: 90', 'syncs[0].name: must be text, found 90 (put it in quotes).'],
    ['a truth value', 'name: buyers', 'name: true', 'syncs[0].name: must be text, found true (put it in quotes).'],
    ['no value', 'name: buyers', 'name:', 'syncs[0].name: must be text, found null.'],
    [
      'a truth value of YAML 1.1',
      'guards:\n  maxShrink: 0.25',
      'jobs:\n  wait: no',
      'jobs.wait: must be true or false, found "no".',
    ],
  ])('that gives %s another type is refused', (_, written, changed, problem) => {
    expect(problemOf(yaml.replace(written, changed), parseYamlText)).toBe(problem);
  });

  test('with a merge key is refused, since a merge would hide which keys hold', () => {
    expect(errorOf(yaml.replace('guards:', 'guards:\n  <<: *columns'), parseYamlText).message).toContain(
      'guards.<<: is a merge key of YAML, which is not read; write out the keys that it stands for. Known keys here: maxShrink,',
    );
  });
});
