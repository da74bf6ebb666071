import { describe, expect, test } from 'vitest';
import { rejectReasons } from '../src/identifiers/rejects.ts';
import { readTexts, type SourceText, type TextKind } from './setup/sourceTexts.ts';
import { readSourceTree } from './setup/sourceTree.ts';

/*
 * Rules about the texts that users read: messages, hints, warnings, reject reasons, help and descriptions.
 */

/** Words and phrases that plain technical English avoids. */
const avoided =
  /\b(somebody|nobody|anybody|everybody|whoever|whom|who|whatever|mend|mended|anew|afresh|c[ao]mes? to|let in|gets? by|told|begun to|rid of|so many)\b|(?<=^|[.:;] )what\b|\bis there\b|\bShould (it|the|a)\b|’/i;

/** A capital, a quote, a part that is known only at run time, or a word of the configuration ("auto:", "source.path"). */
const begin = /^(\p{Lu}|["`]|\$\{\}|\p{Ll}+[.:])/u;

/** The verbs that hints begin with. */
const imperative =
  /^(Add|Allow|Change|Check|Choose|Convert|Correct|Delete|Fix|Free|Give|Install|Look|Lower|Make|Move|Name|Put|Raise|Remove|Rename|Replace|Report|Run|See|Select|Set|Try|Use|Wait|Write)\b/;

function problemsOf({ kind, text }: SourceText): string[] {
  const problems: string[] = [];
  const found = avoided.exec(text);
  if (found !== null) problems.push(`avoid "${found[0]}"`);
  if (kind === 'clause') return /[.;]$/.test(text) ? [...problems, 'a clause has no period'] : problems;
  if (!begin.test(text)) problems.push('no capital');
  if (!/(\.|\$\{\})$/.test(text)) problems.push('no period');
  if (kind === 'hint' && !imperative.test(text) && !text.startsWith('${}')) problems.push('no known verb');
  return problems;
}

function problemsIn(texts: readonly SourceText[]): string[] {
  return texts.flatMap((each) => problemsOf(each).map((problem) => `${problem}: ${each.text}`));
}

const tree = readSourceTree();
const places = [...new Set(tree.map(({ path }) => path.split('/')[0]!))];

test.each(places)('all texts in src/%s are plain sentences', (place) => {
  const files = tree.filter(({ path }) => path === place || path.startsWith(`${place}/`));
  const problems = files.flatMap(({ path, text }) =>
    problemsIn(readTexts(path, text)).map((problem) => `${path}: ${problem}`),
  );
  expect(problems).toEqual([]);
});

test.each(Object.entries(rejectReasons))('the reason of the reject code %s is a plain sentence', (_code, text) => {
  expect(problemsIn([{ kind: 'sentence', text }])).toEqual([]);
});

describe('a planted break is found', () => {
  const brokenSentence = ['no capital: it failed', 'no period: it failed'];

  test.each<[string, string, string[]]>([
    ['a message', "throw new SyncError('job.failed', 'it failed', 'Run again.');", brokenSentence],
    ['a message of a subclass', "new ConnectionUntrusted('job.failed', 'it failed', 'Run again.');", brokenSentence],
    ['a message of a code that is no literal', "new SyncError(code, 'it failed', 'Run again.');", brokenSentence],
    ['a message of a helper', "reason('job.failed', 'it failed', 'Run again.');", brokenSentence],
    ['a message in a constant', "const text = 'it failed'; new SyncError(code, text, hint);", brokenSentence],
    ['a message in a condition', "new SyncError(code, isOld ? 'It is old.' : 'it failed', hint);", brokenSentence],
    [
      'a message in a template',
      '`${name}`; new SyncError(code, `it ${what} failed`, hint);',
      ['no capital: it ${} failed', 'no period: it ${} failed'],
    ],
    ['a warning', "warnings.push({ code: 'few_members', message: 'it failed' });", brokenSentence],
    ['a description of a field', "z.string().meta({ title: 'Name', description: 'it failed' });", brokenSentence],
    ['a description of a command', "program.command('sync').description('it failed');", brokenSentence],
    ['a description of an option', "command.option('--full', 'it failed');", brokenSentence],
    ['a description of an option with choices', "new Option('--type <type>', 'it failed');", brokenSentence],
    [
      'a hint without a verb',
      "new SyncError(code, 'It failed.', 'Perhaps it helps to run again.');",
      ['no known verb: Perhaps it helps to run again.'],
    ],
    ['a hint in a constant', "const fileHint = 'Run again';", ['no period: Run again']],
    ['a hint after ??', "new SyncError(code, 'It failed.', other ?? 'Run again');", ['no period: Run again']],
    [
      'a clause with a period',
      "explanation('job.failed', 'it failed.', 'Run again.');",
      ['a clause has no period: it failed.'],
    ],
    [
      'a word of the dialect',
      "new SyncError(code, 'It came to nothing.', 'Run again.');",
      ['avoid "came to": It came to nothing.'],
    ],
    [
      'an inversion',
      "new SyncError(code, 'It failed.', 'Run again. Should it fail, wait.');",
      ['avoid "Should it": Run again. Should it fail, wait.'],
    ],
    [
      'a typographic apostrophe',
      "new SyncError(code, 'LINE’s answer failed.', 'Run again.');",
      ['avoid "’": LINE’s answer failed.'],
    ],
  ])('in %s', (_place, source, problems) => {
    expect(problemsIn(readTexts('broken.ts', source))).toEqual(problems);
  });

  test('but plain texts are none', () => {
    const source =
      "explanation('job.failed', 'the job failed', 'Run again.'); new SyncError(code, `A ${b} failed.`, hint);";
    expect(problemsIn(readTexts('plain.ts', source))).toEqual([]);
  });
});

test('the texts of all kinds are found', () => {
  const texts = tree.flatMap(({ path, text }) => readTexts(path, text));
  const countOf = (wanted: TextKind) => texts.filter(({ kind }) => kind === wanted).length;
  expect(countOf('sentence')).toBeGreaterThan(250);
  expect(countOf('hint')).toBeGreaterThan(100);
  expect(countOf('clause')).toBeGreaterThan(20);
});
