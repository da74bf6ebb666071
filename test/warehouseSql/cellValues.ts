import { hash } from 'node:crypto';
import fc from 'fast-check';
import { needsConnector } from '../../src/identifiers/warehouseCells.ts';

const hashOfNothing = hash('sha256', '', 'hex');

/** What makes a value another one: blanks, quotes, characters that fold or normalise to plain ones, and odd ones. */
const strays = [
  ...[
    ' ',
    '  ',
    '\t',
    '\n',
    '\r\n',
    '\v',
    '\f',
    '\r',
    '\0',
    '\x1c',
    '\x7f',
    "'",
    '"',
    '`',
    '\\',
    '\\n',
    '%',
    '_',
    '$',
    '^',
  ],
  ...[
    '@',
    '.',
    '..',
    '+',
    '-',
    '(0)',
    ',',
    '#',
    'é',
    'ß',
    'ſ',
    'K',
    'İ',
    'ı',
    'Σ',
    '＠',
    '．',
    'Ａ',
    '１',
    '＋',
    'ー',
    'ａ',
  ],
  ...['\u3000', '\u00a0', '\u0085', '\u2028', '\u200b', '\ufeff', '\u180e', '😀', 'e\u0301', '٣', ''],
];
const stray = fc.constantFrom(...strays);

/** Put in, put instead of a character, or put at an end. */
function withStray(values: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(values, stray, fc.nat(1), fc.constantFrom(0, 0.2, 0.5, 0.8, 1)).map(([value, put, cut, part]) => {
    const at = Math.floor(value.length * part);
    return value.slice(0, at) + put + value.slice(at + cut);
  });
}

const edge = fc.constantFrom('', ' ', '   ', '\t', '\n', '\r\n', '\u3000', '\u00a0', '\ufeff');

function withEdges(values: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(edge, values, edge).map((parts) => parts.join(''));
}

const label = fc.stringMatching(/^[A-Za-z0-9-]{1,8}$/);
const plainEmail = fc
  .tuple(fc.stringMatching(/^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,10}$/), fc.array(label, { minLength: 2, maxLength: 4 }))
  .map(([local, labels]) => `${local}@${labels.join('.')}`);
const usualEmail = fc.stringMatching(/^[A-Za-z0-9._+-]{1,10}@[A-Za-z0-9-]{1,8}\.(jp|COM|co\.th)$/);
/** Of printable characters, which may belong in neither part. */
const printableEmail = fc
  .tuple(fc.stringMatching(/^[!-?A-~]{1,4}$/), fc.stringMatching(/^[!-?A-~]{1,4}$/))
  .map(([local, domain]) => `${local}@${domain}.jp`);
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
  ['[', ''],
  ['', ']'],
  ['\\', ''],
  ['Taro<', '>'],
  ['', ',d@e.jp'],
];
const wrappedEmail = fc
  .tuple(usualEmail, fc.constantFrom(...wrappings))
  .map(([email, [before, after]]) => before + email + after);
const longEmail = fc
  .tuple(fc.integer({ min: 117, max: 122 }), fc.constantFrom('a', 'K', '.', 'é'))
  .map(([length, character]) => `${character.repeat(length - 7)}@b.c.de`);
const nearlyEmail = fc.constantFrom(
  ...[
    '@',
    '@b.jp',
    'a@',
    'a@b',
    'a@.jp',
    'a@b.',
    'a@b..jp',
    'a@@b.jp',
    'a@b@c.jp',
    'a b@c.jp',
    'a.b.jp',
    'a@b.jp\nc@d.jp',
  ],
);

const hex = fc
  .tuple(fc.stringMatching(/^[0-9A-Fa-f]{64}$/), fc.constantFrom(64, 64, 64, 64, 63, 40, 32, 16))
  .map(([digits, length]) => digits.slice(0, length));
const hashes = fc.oneof(
  { weight: 4, arbitrary: hex },
  fc.tuple(hex, hex).map((parts) => parts.join('').toLowerCase()),
  fc.tuple(hex, hex, hex).map((parts) => parts.join('').toLowerCase()),
  fc.stringMatching(/^[0-9a-f]{64}$/),
  fc.stringMatching(/^[0-9]{64}$/),
  fc.constantFrom(hashOfNothing, hashOfNothing.toUpperCase(), '0'.repeat(64), '0'.repeat(128), 'g'.repeat(64)),
  fc.constantFrom(`${hashOfNothing}${'0'.repeat(64)}`, 'f'.repeat(65), needsConnector, needsConnector.toUpperCase()),
);

const blanks = fc.oneof(
  fc.constant(''),
  fc.stringMatching(/^[ \t\n\v\f\r]{0,5}$/),
  fc.stringMatching(/^[ \u3000\u0085\u200b\n]{1,4}$/),
);

const separated = fc.stringMatching(/^[0-9]{1,5}( ?-?[0-9]{1,4}){1,4}$/);
const prefix = fc.constantFrom(
  ...[
    '',
    '0',
    '00',
    '+',
    '+0',
    '+81',
    '+66',
    '+886',
    '+62',
    '+1',
    '+44',
    '+810',
    '+81 (0)',
    '0081',
    '81',
    '+8',
    '+88',
    '++81',
  ],
  ...[
    '010',
    '019',
    '016',
    '090',
    '080',
    '03',
    '08',
    '09',
    '02',
    '0120',
    '+81-',
    '+81 90',
    '+66-8',
    '008',
    '009',
    '001',
    '+ 81',
  ],
);
const phone = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.stringMatching(/^(\+81 ?|\+66-?|\+886|\+62|0)[1-9][0-9]{1,2}[ -]?[0-9]{3}[ -]?[0-9]{3,5}$/),
  },
  fc.tuple(prefix, fc.stringMatching(/^[0-9]{5,12}$/)).map((parts) => parts.join('')),
  fc.tuple(prefix, separated).map((parts) => parts.join('')),
  fc.stringMatching(/^0[789]0-[0-9]{4}-[0-9]{4}$/),
  fc.stringMatching(/^[-+]?(81|66|0)?[1-9][0-9]{7,10}[.](0|00|5|0000)$/),
  fc.stringMatching(/^-(81|66|0)?[1-9][0-9]{7,10}$/),
  fc.stringMatching(/^(81|66|886|62)[0-9]{5,11}$/),
  fc.stringMatching(/^(81|66|886|62)[1-9][0-9 -]{4,26}$/),
  fc.stringMatching(/^(\+81|\+66|\+886|\+62|0)[1-9][0-9 -]{4,26}$/),
);

/** Any text but for half surrogate pairs, which UTF-8 cannot hold. */
const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 12 }));

function cells(plain: fc.Arbitrary<string>): fc.Arbitrary<string | null> {
  const likely = fc.oneof({ weight: 4, arbitrary: plain }, { weight: 2, arbitrary: hashes });
  return fc.oneof(
    { weight: 4, arbitrary: likely },
    { weight: 3, arbitrary: withStray(likely) },
    { weight: 2, arbitrary: withEdges(likely) },
    { weight: 1, arbitrary: blanks },
    { weight: 1, arbitrary: anyText },
    { weight: 1, arbitrary: fc.constant(null) },
  );
}

/** Cells of a column of emails, of which some are plain, some hashed, and most are odd in some way. */
export const emailCells = cells(
  fc.oneof(
    { weight: 3, arbitrary: plainEmail },
    { weight: 3, arbitrary: usualEmail },
    { weight: 1, arbitrary: wrappedEmail },
    { weight: 1, arbitrary: printableEmail },
    { weight: 1, arbitrary: longEmail },
    { weight: 1, arbitrary: nearlyEmail },
  ),
);

/** The same of phones, most of them of JP, TH, TW and ID. */
export const phoneCells = cells(phone);
