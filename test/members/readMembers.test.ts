import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SyncError } from '../../src/errors.ts';
import { createIdentify } from '../../src/identifiers/identify.ts';
import type { Chunk } from '../../src/sources/source.ts';
import { chunkOf, linesOf, readAlone, sourceFrom, sourceOf, syncOf, textOf, useMembers } from '../setup/memberSetup.ts';

const setup = useMembers();

const email = syncOf({ identifierType: 'email' });
const phone = syncOf({ identifierType: 'phone', defaultCountry: 'JP' });
const onePhoneForm = syncOf({ identifierType: 'phone', defaultCountry: 'JP', phoneFormats: ['e164'] });
const ifa = syncOf({ identifierType: 'ifa' });

function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

/** The values in chunks of the given sizes. */
function* cut(values: readonly string[], sizes: readonly number[]): Generator<Chunk> {
  for (let at = 0, index = 0; at < values.length; index++) {
    const size = sizes[index % sizes.length]!;
    yield chunkOf(...values.slice(at, at + size));
    at += size;
  }
}

function allLines(text: string): string[] {
  return text === '' ? [] : text.slice(0, -1).split('\n');
}

const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 });

function some(values: readonly string[]): fc.Arbitrary<string[]> {
  return fc.array(fc.constantFrom(...values), { maxLength: 80 });
}

const people = Array.from({ length: 40 }, (_, index) => `user${index}@example.com`);
const emailValues = [
  ...people,
  ...people.map((text) => ` ${text.toUpperCase()}`),
  ...people.slice(0, 9).map(sha256),
  '',
  ' ',
  'x',
  'a@@b',
];

const numbers = Array.from({ length: 12 }, (_, index) => `9012345${600 + index}`);
const phoneValues = [
  ...numbers.map((digits) => `0${digits}`),
  ...numbers.map((digits) => `+81 ${digits}`),
  ...numbers.map((digits) => sha256(`+81${digits}`)),
  ...numbers.slice(0, 6).map((digits) => sha256(`81${digits}`)),
  ...numbers.slice(0, 6).map((digits) => sha256(`0${digits}`)),
  '+66812345678',
  '+886912345678',
  '',
  'x',
];

const ids = Array.from(
  { length: 12 },
  (_, index) => `${sha256(`${index}`).slice(0, 8)}-8246-4ba4-ae5b-76104861e7d${index.toString(16)}`,
);
const ifaValues = [
  ...ids,
  ...ids.map((id) => id.toUpperCase()),
  ...ids.map((id) => id.replace('ba4-ae', 'BA4-aE')),
  '',
  'x',
];

/** What LINE is to hold, by the plain rules: every form of every phone, each line once, in order. */
function wantedLines(values: readonly string[], identifierType: 'email' | 'phone' | 'ifa'): string[] {
  const { identify, recordBytes } = createIdentify({ email, phone, ifa }[identifierType]);
  const lines = new Set<string>();
  for (const value of values) {
    const record = Buffer.alloc(recordBytes);
    if (identify(value, record, 0) !== 'member') continue;
    if (identifierType === 'ifa') lines.add(record.toString('latin1'));
    else for (const digest of record.toString('hex').match(/.{64}/g)!) if (!/^0+$/.test(digest)) lines.add(digest);
  }
  const byText = (a: string, b: string) => (a < b ? -1 : Number(a > b));
  return [...lines].sort((a, b) => byText(a.toLowerCase(), b.toLowerCase()) || byText(a, b));
}

describe.each([
  ['email', email, emailValues],
  ['phone', phone, phoneValues],
  ['ifa', ifa, ifaValues],
] as const)('members of type %s', (identifierType, sync, values) => {
  test('members are the unique ones of the source in any order and chunks; lines are unique and in order', async () => {
    await fc.assert(
      fc.asyncProperty(some(values), sizes, sizes, async (drawn, firstSizes, secondSizes) => {
        const one = await setup.read(sync, sourceOf(cut(drawn, firstSizes)));
        const two = await setup.read(sync, sourceOf(cut(drawn.toReversed(), secondSizes)));
        const lines = allLines(await textOf(one.lines.read(0, one.lines.count)));
        expect(lines).toEqual(wantedLines(drawn, identifierType));
        expect(lines.length).toBe(one.lines.count);
        expect(two.read.members.digest).toBe(one.read.members.digest);
        expect(two.read.counts).toEqual(one.read.counts);
        expect(await textOf(two.lines.read(0, two.lines.count))).toBe(await textOf(one.lines.read(0, one.lines.count)));
        const { counts } = one.read;
        expect(counts.rows).toBe(drawn.length);
        expect(counts.values + counts.empty).toBe(drawn.length);
        expect(counts.rejected + counts.duplicates + counts.members).toBe(counts.values);
        expect(counts.duplicates).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 25 },
    );
  });

  test('members and lines can be read from any place to any other', async () => {
    const { read, lines } = await setup.read(sync, sourceOf([chunkOf(...values)]));
    const { members } = read;
    const text = await textOf(lines.read(0, lines.count));
    const records = await textOf(members.read(0, members.count));
    await fc.assert(
      fc.asyncProperty(fc.nat(lines.count), fc.nat(lines.count), fc.nat(members.count), async (a, b, c) => {
        const [start, end] = a < b ? [a, b] : [b, a];
        expect(await textOf(lines.read(start, end))).toBe(text.slice(start * lines.lineBytes, end * lines.lineBytes));
        expect(await textOf(members.read(c, members.count))).toBe(records.slice(c * members.recordBytes));
      }),
      { numRuns: 25 },
    );
    expect(text.length).toBe(lines.count * lines.lineBytes);
  });

  test('other members have another digest', async () => {
    const digestOf = async (...drawn: string[]) =>
      (await setup.read(sync, sourceOf([chunkOf(...drawn)]))).read.members.digest;
    const digests = await Promise.all([
      digestOf(),
      digestOf(values[0]!),
      digestOf(values[1]!),
      digestOf(values[0]!, values[1]!),
      digestOf(...values),
    ]);
    expect(new Set(digests).size).toBe(5);
  });
});

describe('members of phones', () => {
  const number = '090-1234-5678';
  const forms = ['+819012345678', '819012345678', '09012345678'].map(sha256);

  test('a number and the hash of its first form are one member, with all that either knows', async () => {
    for (const drawn of [
      [number, forms[0]!],
      [forms[0]!, number],
    ]) {
      const { read, lines } = await setup.read(phone, sourceOf([chunkOf(drawn[0]!), chunkOf(drawn[1]!)]));
      expect(read.counts).toMatchObject({ values: 2, duplicates: 1, members: 1 });
      expect(allLines(await textOf(lines.read(0, 3)))).toEqual(forms.toSorted());
    }
  });

  test('a number and the hash of another of its forms are two members, and no line is sent twice', async () => {
    const { read, lines } = await setup.read(phone, sourceOf([chunkOf(number, forms[1]!, forms[2]!)]));
    expect(read.counts).toMatchObject({ values: 3, duplicates: 0, members: 3 });
    expect(allLines(await textOf(lines.read(0, lines.count)))).toEqual(forms.toSorted());
  });

  test('only configured forms are sent', async () => {
    const { lines } = await setup.read(onePhoneForm, sourceOf([chunkOf(number, '+66812345678')]));
    expect(allLines(await textOf(lines.read(0, 2)))).toEqual([forms[0]!, sha256('+66812345678')].sort());
  });

  test('a form that a number does not have gives no line', async () => {
    const { lines } = await setup.read(phone, sourceOf([chunkOf('+66812345678')]));
    expect(allLines(await textOf(lines.read(0, lines.count)))).toEqual(
      ['+66812345678', '66812345678'].map(sha256).sort(),
    );
  });
});

describe('members of advertising IDs', () => {
  test('an advertising ID in two cases is two members, next to each other', async () => {
    const upper = ids[0]!.toUpperCase();
    const { lines } = await setup.read(ifa, sourceOf([chunkOf(...ids, upper)]));
    const sorted = allLines(await textOf(lines.read(0, lines.count)));
    expect(sorted.length).toBe(13);
    expect(sorted.indexOf(ids[0]!)).toBe(sorted.indexOf(upper) + 1);
  });
});

describe('the account', () => {
  test('the account names row and column of rejects over all chunks, five of each code', async () => {
    const chunks = [0, 1, 2].map((part) => ({
      columns: [{ lines: linesOf(['a@b.c', `x${part}`, '']) }, { lines: linesOf(['', 'y z', 'd@e.f']) }],
    }));
    const { read } = await setup.read(email, sourceOf(chunks, ['Email', 'mail2']));
    expect(read.rejects).toEqual({ 'email.no_at': 3, 'email.inner_space': 3 });
    expect(read.rejectExamples).toEqual([
      { code: 'email.no_at', row: 2, column: 'Email', shape: 'a0' },
      { code: 'email.inner_space', row: 2, column: 'mail2', shape: 'a a' },
      { code: 'email.no_at', row: 5, column: 'Email', shape: 'a0' },
      { code: 'email.inner_space', row: 5, column: 'mail2', shape: 'a a' },
      { code: 'email.no_at', row: 8, column: 'Email', shape: 'a0' },
      { code: 'email.inner_space', row: 8, column: 'mail2', shape: 'a a' },
    ]);
    expect(read.counts).toEqual({ rows: 9, values: 12, empty: 6, rejected: 6, duplicates: 4, members: 2 });
  });

  test('the account has at most five examples of a code over many chunks', async () => {
    const { read } = await setup.read(
      email,
      sourceOf(
        cut(
          Array.from({ length: 30 }, () => 'x'),
          [2],
        ),
      ),
    );
    expect(read.rejectExamples.map(({ row }) => row)).toEqual([1, 2, 3, 4, 5]);
    expect(read.rejects).toEqual({ 'email.no_at': 30 });
  });

  test('a source without rows has no members and no lines', async () => {
    const { read, lines } = await setup.read(phone, sourceOf([]));
    expect(read.counts).toEqual({ rows: 0, values: 0, empty: 0, rejected: 0, duplicates: 0, members: 0 });
    expect(lines.count).toBe(0);
    expect(await textOf(lines.read(0, 0))).toBe('');
  });
});

test('phones have the country of their row, also in chunks that go to other threads', async () => {
  const codes = ['JP', 'TH', '', 'twn', 'XX', 'ID'];
  const rows = Array.from({ length: 60_000 }, (_, row) => [codes[row % 6]!, `0${81_000_000 + row}`] as const);
  const chunks = Array.from({ length: 4 }, (_, part) => {
    const some = rows.slice(part * 15_000, (part + 1) * 15_000);
    return {
      columns: [{ lines: linesOf(some.map(([code]) => code)) }, { lines: linesOf(some.map(([, value]) => value)) }],
    };
  });
  const source = { ...sourceOf(chunks, ['country', 'phone']), choices: [{ identifiers: [1], country: 0 }] };
  const { read, lines } = await setup.read(onePhoneForm, source);
  const callingCodes = ['81', '66', '81', '886', undefined, '62'];
  const wanted = rows.flatMap(([, value], row) => {
    const code = callingCodes[row % 6];
    return code === undefined ? [] : [sha256(`+${code}${value.slice(1)}`)];
  });
  expect(read.counts).toMatchObject({ rows: 60_000, values: 60_000, rejected: 10_000, members: 50_000 });
  expect(read.rejects).toEqual({ 'phone.unknown_country': 10_000 });
  expect(read.rejectExamples[0]).toMatchObject({ row: 5, column: 'phone' });
  expect(await textOf(lines.read(0, lines.count))).toBe(
    wanted
      .sort()
      .map((line) => `${line}\n`)
      .join(''),
  );
});

describe('working files', () => {
  function modesIn(folder: string): string[] {
    return readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
      const mode = (statSync(join(entry.parentPath, entry.name)).mode & 0o777).toString(8);
      return `${entry.isDirectory() ? 'folder' : 'file'} ${mode}`;
    });
  }

  test('working files are for this user only, while they are written and afterwards', async () => {
    const during: string[] = [];
    const directory = setup.makeFolder();
    const source = sourceFrom(
      async function* () {
        for (let index = 0; index < 20; index++) yield chunkOf(...phoneValues);
        during.push(...modesIn(directory));
      },
      ['phone'],
    );
    const { workers } = setup;
    const { signal } = new AbortController();
    await readAlone(source, phone, { directory, workers, signal });
    expect([...new Set(during)].sort()).toEqual(['file 600', 'folder 700']);
    expect([...new Set(modesIn(directory))].sort()).toEqual(['file 600', 'folder 700']);
  });

  test('working files of unsorted records are gone once the set is sealed', async () => {
    const { read, directory } = await setup.read(email, sourceOf(cut(people, [3])));
    expect(readdirSync(directory, { recursive: true }).filter((name) => String(name).includes('unsorted'))).toEqual([]);
    expect(read.members.count).toBe(40);
  });
});

describe('what the system refuses', () => {
  function readInto(directory: string): Promise<unknown> {
    const { workers } = setup;
    const { signal } = new AbortController();
    const source = sourceOf(
      cut(
        Array.from({ length: 20_000 }, (_, index) => `user${index}@example.com`),
        [5000],
      ),
    );
    return readAlone(source, email, { directory, workers, signal });
  }

  async function codeOf(work: Promise<unknown>): Promise<string> {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return error instanceof SyncError ? error.code : `no SyncError: ${String(error)}`;
  }

  test('a missing parent folder is reported as not writable', async () => {
    expect(await codeOf(readInto(join(setup.makeFolder(), 'missing')))).toBe('state.not_writable');
  });

  test('a file in place of the folder is reported as not writable', async () => {
    const folder = setup.makeFolder();
    writeFileSync(join(folder, 'members'), '');
    expect(await codeOf(readInto(folder))).toBe('state.not_writable');
  });

  // In CI a small disk must be had: what cannot be tried there fails.
  test.runIf(process.env.CI !== undefined || mayMount()).each([
    ['full while records are written', 'size=256k', 'state.disk_full'],
    ['full while they are sorted', 'size=1000k', 'state.disk_full'],
    ['read-only', 'ro', 'state.not_writable'],
  ])('a full or read-only disk (%s) is reported', async (_, options, code) => {
    const folder = setup.makeFolder();
    mountTmpfs(folder, options);
    onTestFinished(() => void execFileSync('umount', ['-l', folder]));
    expect(await codeOf(readInto(folder))).toBe(code);
  });
});

function mountTmpfs(folder: string, options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' });
}

/** Only root may, and not in every container. */
function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'mount-'));
  try {
    mountTmpfs(folder, 'size=64k');
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}

test('a source that fails in the middle fails the reading with its own error', async () => {
  const failure = new SyncError('source.malformed', 'bad', 'mend');
  const source = sourceFrom(
    async function* () {
      yield chunkOf('a@b.c');
      throw failure;
    },
    ['email'],
  );
  await expect(setup.read(email, source)).rejects.toBe(failure);
});

test('a signal stops the reading with its reason', async () => {
  const controller = new AbortController();
  const reason = new Error('stopped by the test');
  const source = sourceFrom(
    async function* () {
      for (let index = 0; ; index++) {
        if (index === 10) controller.abort(reason);
        yield chunkOf('a@b.c');
      }
    },
    ['email'],
  );
  const { workers } = setup;
  const { signal } = controller;
  const options = { directory: setup.makeFolder(), workers, signal };
  await expect(readAlone(source, email, options)).rejects.toBe(reason);
});

test('600,000 members, more than fit in memory buffers, come out sorted, each once, and can be read side by side', async () => {
  const count = 600_000 + 2000;
  const wanted = new Int32Array(8);
  // Parts overlap by 2,000 members.
  function* chunks() {
    for (let part = 0; part < 30; part++) {
      const values = Array.from({ length: 22_000 }, (_, index) => `user${part * 20_000 + index}@example.com`);
      const unique = part < 29 ? values.slice(0, 20_000) : values;
      xorInto(wanted, Buffer.from(unique.map(sha256).join(''), 'hex'));
      yield chunkOf(...values);
    }
  }
  const { read, lines } = await setup.read(email, sourceOf(chunks()));
  expect(read.counts).toMatchObject({ values: 660_000, members: count, duplicates: 660_000 - count });
  const found = new Int32Array(8);
  let previous: Buffer = Buffer.alloc(32);
  const ordered = async () => {
    for await (const part of lines.read(0, count)) {
      const digests = Buffer.from(Buffer.from(part).toString('latin1').replaceAll('\n', ''), 'hex');
      for (let at = 0; at < digests.length; at += 32) {
        const digest = digests.subarray(at, at + 32);
        if (previous.compare(digest) >= 0) throw new Error('lines out of order');
        previous = digest;
      }
      xorInto(found, digests);
    }
  };
  const half = async () => (await textOf(lines.read(0, count / 2))).length;
  const [, halfBytes] = await Promise.all([ordered(), half()]);
  expect(found).toEqual(wanted);
  expect(halfBytes).toBe((count / 2) * 65);
});

/** Adds digests to a sum that does not depend on their order. */
function xorInto(words: Int32Array, digests: Buffer): void {
  for (let at = 0; at < digests.length; at += 4) words[(at >>> 2) % 8]! ^= digests.readInt32LE(at);
}
