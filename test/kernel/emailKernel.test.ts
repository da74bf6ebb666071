import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createIdentify } from '../../src/identifiers/identify.ts';
import { createEmailKernel, type EmailDigests } from '../../src/kernel/emailKernel.ts';

type Outcome = string;

const digestBytes = 32;
const kernel = createEmailKernel();

function identifyBy(hashed: 'auto' | 'never') {
  const { identify } = createIdentify({ identifierType: 'email', hashed, phoneFormats: ['e164'] });
  const record = Buffer.alloc(digestBytes);
  return (value: Buffer): Outcome => {
    const outcome = identify(value.toString('utf8'), record, 0);
    return outcome === 'member' ? record.toString('hex') : outcome;
  };
}

const references = { auto: identifyBy('auto'), never: identifyBy('never') };

function joinLines(values: readonly Buffer[]): Buffer {
  return Buffer.concat(values.flatMap((value) => [value, Buffer.from('\n')]));
}

function runKernel(lines: Uint8Array, lineCount: number): { found: EmailDigests; records: Buffer } {
  const records = Buffer.alloc(lineCount * digestBytes);
  return { found: kernel.digest(lines, records), records };
}

function digestAt(records: Buffer, index: number): Outcome {
  return records.toString('hex', index * digestBytes, (index + 1) * digestBytes);
}

/** Every line's outcome: the kernel's digests in order, and the reference wherever the kernel left it to decide. */
function kernelOutcomes(values: readonly Buffer[], reference: (value: Buffer) => Outcome): Outcome[] {
  const lines = joinLines(values);
  const { found, records } = runKernel(lines, values.length);
  const outcomes: Outcome[] = values.map((value) => (value.length === 0 ? 'empty' : ''));
  for (let at = 0; at < found.undecided.length; at += 3) {
    const [line = -1, start = -1, end = -1] = found.undecided.subarray(at, at + 3);
    outcomes[line] = reference(lines.subarray(start, end));
  }
  let digests = 0;
  const complete = outcomes.map((outcome) => (outcome === '' ? digestAt(records, digests++) : outcome));
  expect(digests).toBe(found.digests);
  expect(found.lines).toBe(values.length);
  expect(found.lines).toBe(found.empty + found.digests + found.undecided.length / 3);
  return complete;
}

function expectAgreement(values: readonly Buffer[]) {
  for (const reference of Object.values(references))
    expect(kernelOutcomes(values, reference)).toEqual(values.map(reference));
}

function texts(values: readonly string[]): Buffer[] {
  return values.map((value) => Buffer.from(value));
}

function emailOfBytes(length: number, seed = 0): string {
  const domain = '@Mail.Example.JP';
  const letters = 'abcXYZ.09+-_~!/{}|`[]^';
  const local = Array.from({ length: length - domain.length }, (_, at) => letters[(at * 7 + seed) % letters.length]);
  return local.join('') + domain;
}

const arbitraryLine = fc
  .uint8Array({ maxLength: 140 })
  .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0x0a ? 0x0d : byte))));
const emailLike = fc
  .array(
    fc.constantFrom('a', 'Z', '@', '.', '..', ' ', '+1', 'é', '＠', '\u3000', '\t', '\r', 'x'.repeat(25), '\u007f'),
    {
      maxLength: 12,
    },
  )
  .map((parts) => Buffer.from(parts.join('')));
const plainEmail = fc
  .tuple(fc.integer({ min: 17, max: 125 }), fc.nat(50))
  .map(([length, seed]) => Buffer.from(emailOfBytes(length, seed)));
const mutatedEmail = fc.tuple(plainEmail, fc.nat(200), fc.nat(255)).map(([email, place, byte]) => {
  const mutated = Buffer.from(email);
  mutated[place % mutated.length] = byte === 0x0a ? 0x20 : byte;
  return mutated;
});
const anyLine = fc.oneof(plainEmail, mutatedEmail, emailLike, arbitraryLine, fc.constant(Buffer.alloc(0)));

describe('the kernel and the reference together agree with the reference alone', () => {
  test('over arbitrary lines, plain emails and emails with one byte changed', () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 40 }), (values) => expectAgreement(values)),
      { numRuns: 400 },
    );
  });

  test('with each part of an address empty, doubled or dotted, short and long', () => {
    const parts = ['', 'a', 'b.c', '.', '..', 'd..e', '.f', 'g.', '@', 'x'.repeat(60), `${'y'.repeat(60)}.Zz`];
    const values = parts.flatMap((local) => parts.flatMap((domain) => [`${local}@${domain}`, `${local}${domain}`]));
    expectAgreement(texts(values.filter((value) => value.length > 0)));
  });

  test('with every byte but LF at every place of a short email', () => {
    const email = Buffer.from('Ab.c@d-e.Jp');
    const values: Buffer[] = [];
    for (let place = 0; place < email.length; place++) {
      for (let byte = 0; byte < 256; byte++) {
        if (byte === 0x0a) continue;
        const value = Buffer.from(email);
        value[place] = byte;
        values.push(value);
      }
    }
    expectAgreement(values);
  });

  test('with each of "@", ".", space, DEL and a high byte at every place of emails around 64 bytes', () => {
    const values: Buffer[] = [];
    for (const length of [54, 55, 56, 63, 64, 65]) {
      for (let place = 0; place < length; place++) {
        for (const byte of [0x40, 0x2e, 0x20, 0x7f, 0x80]) {
          const value = Buffer.from(emailOfBytes(length));
          value[place] = byte;
          values.push(value);
        }
      }
    }
    expectAgreement(values);
  });

  test('at every length from 5 to 260 bytes, alone and among lines of other lengths', () => {
    const values = texts(['a@b.c']);
    for (let length = 17; length <= 260; length++) values.push(Buffer.from(emailOfBytes(length, length)));
    for (const value of values) expectAgreement([value]);
    expectAgreement(values);
  });

  test('with one to nine values of one and of two blocks, so that lanes stay free at the end', () => {
    for (let short = 0; short <= 9; short++) {
      for (let long = 0; long <= 9; long++) {
        const values = [
          ...Array.from({ length: short }, (_, seed) => emailOfBytes(20 + seed, seed)),
          ...Array.from({ length: long }, (_, seed) => emailOfBytes(100 + seed, seed)),
        ];
        expectAgreement(texts(values));
        expectAgreement(texts(values.reverse()));
      }
    }
  });

  test('with ASCII blanks around the value, and with nothing but blanks', () => {
    const email = emailOfBytes(40);
    const blanks = [' ', '\t', '\v', '\f', '\r', '  \t', '\u001c', '\0', '\u00a0'];
    const around = blanks.flatMap((blank) => [blank, blank + email, email + blank, blank + email + blank]);
    expectAgreement(texts([...around, ' '.repeat(70), ` ${emailOfBytes(119)} `, ` ${emailOfBytes(120)} `]));
  });

  test('with values that came hashed, and with the hash of nothing', () => {
    const hash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    expectAgreement(
      texts([hash, hash.replace('e', 'F'), hash.slice(0, 32), hash.slice(0, 40), `${hash.slice(9)}@b.jp`]),
    );
  });

  test('over several MiB of mixed lines, cut into slices anywhere', () => {
    const values: Buffer[] = [];
    for (let line = 0; line < 60_000; line++) {
      const length = 17 + ((line * 31) % 110);
      values.push(Buffer.from(line % 13 === 0 ? ' ?'.repeat(line % 5) : emailOfBytes(length, line)));
    }
    expect(joinLines(values).length).toBeGreaterThan(3 << 20);
    expect(kernelOutcomes(values, references.auto)).toEqual(values.map(references.auto));
  });

  test('with lines as long as a slice, longer, and much longer', () => {
    const slice = 1 << 16;
    const long = [slice - 2, slice - 1, slice, slice + 1, 3 * slice].map((length) => 'x'.repeat(length));
    expectAgreement(texts(long.flatMap((value) => [emailOfBytes(30), value, '', emailOfBytes(60)])));
    expectAgreement(texts([' '.repeat(slice - 41) + emailOfBytes(40), emailOfBytes(40)]));
  });

  test('with as many digests, and as many undecided lines, as a slice can hold', () => {
    expectAgreement(texts(Array.from({ length: 12_000 }, () => 'a@b.c')));
    expectAgreement(texts(Array.from({ length: 40_000 }, () => '?')));
    expectAgreement(texts(Array.from({ length: 70_000 }, () => '')));
  });
});

test('no bytes are no lines', () => {
  expect(runKernel(new Uint8Array(), 0).found).toEqual({
    lines: 0,
    empty: 0,
    digests: 0,
    undecided: new Uint32Array(),
  });
});

test('lines without a plain email are all left to the reference, with their places', () => {
  expect(runKernel(Buffer.from('a\n\nb@c\n'), 3).found).toEqual({
    lines: 3,
    empty: 1,
    digests: 0,
    undecided: Uint32Array.of(0, 0, 1, 2, 3, 6),
  });
});

test('a last line without LF is not lost but left to the reference', () => {
  const { found } = runKernel(Buffer.from('a@b.jp\nc@d.jp'), 2);
  expect(found).toEqual({ lines: 2, empty: 0, digests: 1, undecided: Uint32Array.of(1, 7, 13) });
});

test('what an earlier call left in memory changes nothing', () => {
  const values = texts([emailOfBytes(33), 'a@b', emailOfBytes(70)]);
  const before = kernelOutcomes(values, references.auto);
  expectAgreement(texts(Array.from({ length: 5_000 }, (_, seed) => emailOfBytes(17 + (seed % 103), seed))));
  expect(kernelOutcomes(values, references.auto)).toEqual(before);
});

test('records beyond those of the digests are not touched, and too few of them are a RangeError', () => {
  const records = Buffer.alloc(3 * digestBytes, 0xaa);
  kernel.digest(Buffer.from('a@b.jp\nno\nc@d.jp\n'), records);
  expect(records.subarray(2 * digestBytes)).toEqual(Buffer.alloc(digestBytes, 0xaa));
  expect(() => kernel.digest(Buffer.from('a@b.jp\nc@d.jp\n'), Buffer.alloc(digestBytes))).toThrow(RangeError);
});

test('JaneSaoirse+Work@example.com gives the digest of its lower case', () => {
  const { found, records } = runKernel(Buffer.from('JaneSaoirse+Work@example.com\n'), 1);
  expect(found.digests).toBe(1);
  expect(records.toString('hex')).toBe('28aaee4815230cd3b4ebd88c515226550666e91ac019929e3adac3f66c288180');
});

test('all lines of ordinary emails up to 119 bytes are decided, also with spaces around', () => {
  const values: string[] = [];
  for (let line = 0; line < 10_000; line++) {
    const email = emailOfBytes(17 + (line % 103), line);
    values.push(line % 10 === 0 ? ` ${email} ` : email);
  }
  expect(runKernel(joinLines(texts(values)), values.length).found).toMatchObject({
    lines: 10_000,
    digests: 10_000,
    undecided: new Uint32Array(),
  });
});
