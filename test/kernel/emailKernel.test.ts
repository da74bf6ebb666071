import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEmailKernel } from '../../src/kernel/emailKernel.ts';
import { createAgreement, decide, joinLines, runKernel, texts } from './agreement.ts';

const digestBytes = 32;
const kernel = createEmailKernel();
const agreements = (['auto', 'never'] as const).map((hashed) =>
  createAgreement(kernel, { identifierType: 'email', hashed, phoneFormats: ['e164'] }),
);

function expectAgreement(values: readonly Buffer[]) {
  for (const agreement of agreements) agreement.expectAgreement(values);
}

function emailOfBytes(length: number, seed = 0): string {
  const domain = '@Mail.Example.JP';
  const letters = "abcXYZ.09+-_~!/{}|`#$%&'*=?^";
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
const wrappings: [string, string][] = [
  ['<', '>'],
  ['mailto:', ''],
  ['', ';'],
  ['', ','],
  ["'", "'"],
  ['="', '"'],
  ['"', '"'],
  ['(', ')'],
  ['[', ']'],
  ['Taro<', '>'],
  ['Taro <', '>'],
  ['', ',d@e.jp'],
  ['\\', ''],
];
const wrappedEmail = fc
  .tuple(plainEmail, fc.constantFrom(...wrappings))
  .map(([email, [before, after]]) => Buffer.from(before + email.toString() + after));
const anyLine = fc.oneof(
  plainEmail,
  mutatedEmail,
  wrappedEmail,
  emailLike,
  arbitraryLine,
  fc.constant(Buffer.alloc(0)),
);

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

  test('with every byte of ASCII at the start, in the middle and at the end of local parts and domains', () => {
    const values: Buffer[] = [];
    for (let byte = 0x20; byte < 0x7f; byte++) {
      const put = String.fromCharCode(byte);
      for (const length of [5, 40, 60, 100]) {
        const local = 'x'.repeat(length);
        values.push(
          ...texts([`${put}${local}@b.jp`, `${local}${put}@b.jp`, `${local}@${put}b.jp`]),
          ...texts([`${local}@b${put}.jp`, `${local}@b.${put}jp`, `${local}@b.jp${put}`, `a@${local}${put}.jp`]),
        );
      }
    }
    expectAgreement(values);
  });

  test('with addresses in every wrapping, short and long', () => {
    const emails = [5, 12, 30, 38, 39, 40, 45, 80].map((length) => `${'x'.repeat(length)}@docomo.ne.jp`);
    expectAgreement(texts(emails.flatMap((email) => wrappings.map(([before, after]) => before + email + after))));
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

  test('over a MiB of mixed lines', () => {
    const values: Buffer[] = [];
    for (let line = 0; line < 20_000; line++) {
      const length = 17 + ((line * 31) % 110);
      values.push(Buffer.from(line % 13 === 0 ? ' ?'.repeat(line % 5) : emailOfBytes(length, line)));
    }
    expect(joinLines(values).length).toBeGreaterThan(1 << 20);
    agreements[0]?.expectAgreement(values);
  });

  test('with as many members as a slice can hold', () => {
    expectAgreement(texts(Array.from({ length: 12_000 }, () => 'a@b.c')));
  });
});

test('JaneSaoirse+Work@example.com gives the digest of its lower case', () => {
  const { found, records } = runKernel(kernel, Buffer.from('JaneSaoirse+Work@example.com\n'));
  expect(found.members).toBe(1);
  expect(records.toString('hex', 0, digestBytes)).toBe(
    '28aaee4815230cd3b4ebd88c515226550666e91ac019929e3adac3f66c288180',
  );
});

test.each(['<a@b.jp>', 'mailto:a@b.jp', 'a@b.jp;', "'a@b.jp'", '="a@b.jp"', 'a@b_c.jp', `<${emailOfBytes(80)}>`])(
  'leaves %s to the reference',
  (value) => {
    expect(decide(kernel, value)).toBe('undecided');
  },
);

test.each(['a..b@docomo.ne.jp', '.a.@docomo.ne.jp', "o'brien!#$%&*/=?^`{|}~@x-y.jp", 'a@xn--r8jz45g.jp'])(
  'decides %s itself',
  (value) => {
    expect(decide(kernel, value)).not.toBe('undecided');
  },
);

test('all lines of ordinary emails up to 119 bytes are decided, also with spaces around', () => {
  const values: string[] = [];
  for (let line = 0; line < 10_000; line++) {
    const email = emailOfBytes(17 + (line % 103), line);
    values.push(line % 10 === 0 ? ` ${email} ` : email);
  }
  expect(runKernel(kernel, joinLines(texts(values))).found).toMatchObject({
    lines: 10_000,
    members: 10_000,
    undecided: new Uint32Array(),
  });
});
