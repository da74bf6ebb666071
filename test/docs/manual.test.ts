import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseJsonText } from '../../src/config/jsonText.ts';
import { loadConfig } from '../../src/config/load.ts';
import { parseYamlText } from '../../src/config/yamlText.ts';
import { exitCodeByError } from '../../src/errors.ts';
import { rejectCodes } from '../../src/identifiers/rejects.ts';
import { loadFaults } from '../../src/simulators/lineAds/faults.ts';
import { generatedDocuments, renderDocument } from '../../tools/docs.ts';
import {
  codeBlocks,
  codeSpans,
  documents,
  english,
  headings,
  manual,
  readDocument,
  root,
  section,
  withoutBlocks,
} from './documents.ts';

test.each(generatedDocuments)('the generated parts of %s match the code (npm run docs renders them)', (path) => {
  expect(readDocument(path)).toBe(renderDocument(path, readDocument(path)));
});

test('the README has fewer than 200 lines', () => {
  expect(readDocument('README.md').split('\n').length).toBeLessThanOrEqual(200);
});

describe('links', () => {
  /** GitHub's anchors of the headings of a document. */
  function anchorsOf(document: string): Set<string> {
    const anchors = new Set<string>();
    for (const { title } of headings(document)) {
      const base = title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
        .replaceAll(' ', '-');
      let anchor = base;
      for (let count = 1; anchors.has(anchor); count += 1) anchor = `${base}-${count}`;
      anchors.add(anchor);
    }
    return anchors;
  }

  test.each([...documents.keys()])('of %s lead to files and headings that exist', (path) => {
    const targets = [...withoutBlocks(documents.get(path)!).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
    const broken = targets.filter((target) => {
      if (/^https?:/.test(target)) return false;
      const [file = '', anchor] = target.split('#');
      const linked = file === '' ? path : relative(root, resolve(root, dirname(path), file));
      if (!existsSync(join(root, linked))) return true;
      return anchor !== undefined && !anchorsOf(readDocument(linked)).has(decodeURIComponent(anchor));
    });
    expect(broken).toEqual([]);
  });

  test('of docs/README.md lead to every page of the manual', () => {
    const index = documents.get('docs/README.md')!;
    const pages = manual.map((path) => relative('docs', path)).filter((name) => name !== 'README.md');
    expect(pages.filter((name) => !index.includes(`](${name})`))).toEqual([]);
  });
});

describe('JSON and YAML in the documents', () => {
  const blocks = [...documents].flatMap(([path, text]) =>
    ['json', 'jsonc'].flatMap((language) => codeBlocks(text, language).map((block) => ({ path, block }))),
  );
  const read = (block: string, parseText = parseJsonText) => {
    const parsed = parseText(block);
    return 'value' in parsed ? JSON.parse(JSON.stringify(parsed.value)) : undefined;
  };
  const isConfig = ({ block }: { block: string }) => Object.hasOwn(read(block), 'connection');
  const surroundings = {
    env: {
      LINE_ADS_BASE_URL: 'http://127.0.0.1:8080',
      LINE_ADS_AD_ACCOUNT_ID: 'A12345678901',
      LINE_ADS_ACCESS_KEY: 'LINEADSAMPLE',
      LINE_ADS_SECRET_KEY: 'LINEADSECRETKEYSAMPLE',
      PGPASSWORD: 'sample',
    },
    readSecret: () => 'LINEADSECRETKEYSAMPLE',
  };
  const configs = blocks.filter(isConfig);
  const others = blocks.filter((block) => !isConfig(block)).map(({ block }) => read(block));

  test.each(configs)('that is a configuration loads without a warning: $path', ({ block }) => {
    expect(loadConfig(block, surroundings).warnings).toEqual([]);
  });

  test('that is a configuration in YAML loads without a warning', () => {
    const written = [...documents.values()]
      .flatMap((text) => codeBlocks(text, 'yaml'))
      .filter((block) => read(block, parseYamlText)?.connection !== undefined);
    expect(written.length).toBeGreaterThan(0);
    for (const block of written) expect(loadConfig(block, surroundings, parseYamlText).warnings).toEqual([]);
  });

  test('includes a configuration in the README, in docs/ and in each translation', () => {
    const paths = configs.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['README.md', 'docs/config.md', 'docs/ja/README.md']));
    expect(paths).toEqual(expect.arrayContaining(['zh-TW', 'th', 'id'].map((name) => `docs/${name}/first-sync.md`)));
  });

  test('that is a single sync is accepted inside a configuration', () => {
    const syncs = others.filter((value) => Object.hasOwn(value, 'identifierType'));
    expect(syncs.length).toBeGreaterThan(0);
    const { connection, source } = read(configs[0]!.block);
    expect(loadConfig(JSON.stringify({ connection, source, syncs }), surroundings).warnings).toEqual([]);
  });

  test('that is a list of faults loads', () => {
    expect(loadFaults(JSON.stringify(others.find(Array.isArray))).length).toBeGreaterThan(1);
  });

  test('that is a report has counts that add up', () => {
    const report = others.find((value) => 'runId' in value);
    const { values, rejected, duplicates, suppressed, members } = report.syncs[0].counts;
    expect(rejected + duplicates + suppressed + members).toBe(values);
  });
});

function sourceTexts(): string[] {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.ts')).map((file) => readFileSync(join(root, 'src', file), 'utf8'));
}

describe('codes', () => {
  /** A code is described where it begins a row of a table. */
  const missingFrom = (path: string, codes: readonly string[]) => {
    const rows = new Set([...documents.get(path)!.matchAll(/^\| `([^`]+)` \|/gm)].map(([, code]) => code!));
    return codes.filter((code) => !rows.has(code));
  };
  const exitCodes = ['0', ...new Set(Object.values(exitCodeByError).map(String))];

  test('every reject code has a row in docs/identifiers.md, every error code in docs/errors.md', () => {
    expect(missingFrom('docs/identifiers.md', rejectCodes)).toEqual([]);
    expect(missingFrom('docs/errors.md', Object.keys(exitCodeByError))).toEqual([]);
  });

  test.each(['README.md', 'docs/errors.md', 'docs/ja/README.md'])('every exit code has a row in %s', (path) => {
    expect(missingFrom(path, exitCodes)).toEqual([]);
  });

  test('every warning code has a row in docs/report.md', () => {
    const codes = sourceTexts().flatMap((text) => [...text.matchAll(/\bcode: '([a-z]+(?:_[a-z]+)+)'/g)]);
    expect(codes.length).toBeGreaterThan(4);
    expect(
      missingFrom(
        'docs/report.md',
        codes.map(([, code]) => code!),
      ),
    ).toEqual([]);
  });

  test('the Kubernetes example fails a Job for good on every exit code that a retry does not help, and on no other', () => {
    const [, values] = /podFailurePolicy:[\s\S]*?operator: In\s+values: \[([\d, ]+)\]/.exec(
      readDocument('docs/operating.md'),
    )!;
    const permanent = exitCodes.map(Number).filter((code) => ![0, 69, 75].includes(code));
    expect(values!.split(', ').map(Number)).toEqual(permanent.sort((a, b) => a - b));
  });
});

test('every file and npm script that a document names exists', () => {
  const spans = english.flatMap(([, text]) => codeSpans(text));
  const paths = spans.filter((span) => /^(src|test|tools|examples|bench|docs|\.ci)\/[\w./-]*$/.test(span));
  expect(paths.length).toBeGreaterThan(20);
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  const { scripts } = JSON.parse(readDocument('package.json'));
  const named = [
    ...english
      .map(([, text]) => text)
      .join('\n')
      .matchAll(/npm run ([a-z]+)/g),
  ].map(([, name]) => name!);
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});

test('every row of "What happens when…" names a test that exists', () => {
  const rows = section(documents.get('docs/guarantees.md')!, 'What happens when…')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (when|---)/.test(line));
  expect(rows.length).toBeGreaterThan(40);
  for (const row of rows) {
    const shownBy = row.slice(row.lastIndexOf(' | ', row.length - 3));
    const named = [...shownBy.matchAll(/`(test\/[^`]+)`: (.*?)(?=; `| \|$)/g)];
    expect(named.length, row).toBeGreaterThan(0);
    for (const [, file, titles] of named)
      for (const title of titles!.split('; ')) expect(readDocument(file!), row).toContain(title);
  }
});
