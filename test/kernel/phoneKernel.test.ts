import { hash } from 'node:crypto';
import fc from 'fast-check';
import examples from 'libphonenumber-js/mobile/examples';
import { describe, expect, test } from 'vitest';
import { libphonenumber } from '../../src/identifiers/libphonenumber.ts';
import type { PhoneFormat } from '../../src/identifiers/phoneFormats.ts';
import { createPhoneKernel, type PhoneKernelRules } from '../../src/kernel/phoneKernel.ts';
import { createAgreement, decide, joinLines, runKernel, texts } from './agreement.ts';

const allForms: PhoneFormat[] = ['e164', 'e164-digits', 'national'];
const formSubsets: PhoneFormat[][] = [['e164'], ['e164-digits'], ['national'], ['national', 'e164'], allForms];

function createAgreements(defaultCountry: string | undefined, phoneFormats: PhoneFormat[]) {
  return [agreementOf({ defaultCountry, phoneFormats })];
}

function agreementOf(rules: PhoneKernelRules) {
  return createAgreement(createPhoneKernel(rules), { identifierType: 'phone', hashed: 'auto', ...rules });
}

/**
 * Every default country that has national forms, one that has none, and none; then reading countries other than the
 * default country, with calling codes of every length, and the unknown one.
 */
const agreements = [
  ...['JP', 'TH', 'TW', 'ID', 'US', undefined].map((defaultCountry) => ({ defaultCountry })),
  ...[
    { country: 'TH', defaultCountry: 'JP' },
    { country: 'JP', defaultCountry: 'TW' },
    { country: 'TW', defaultCountry: 'ID' },
    { country: 'US', defaultCountry: 'TW' },
    { country: 'JP', defaultCountry: 'US' },
    { country: 'ID', defaultCountry: undefined },
    { country: null, defaultCountry: 'JP' },
    { country: 'AQ', defaultCountry: 'JP' },
  ],
].map((rules) => agreementOf({ ...rules, phoneFormats: allForms }));

function expectAgreement(values: readonly Buffer[]) {
  for (const agreement of agreements) agreement.expectAgreement(values);
}

const starts = [
  ...['', '0', '00', '000', '+', '+0', '++', '81', '66', '886', '62', '+1', '+44', '+39', '+390', '+8', '+6', '+88'],
  ...['+81', '+66', '+886', '+62', '+810', '+660', '+8860', '+620', '0081', '0066', '00886', '+81 (0)', '+62(0)'],
  ...['010', '019', '016', '017', '008', '009', '001', '002', '0120', '0800', '090', '08', '09', '02', '+81-', ' '],
  ...['-', '-81', '-09', '- ', '.', '+.', '8190.', '+81.', '+8190.', '090.', '0.'],
  ...['(090)', '(03)', '(+81)', '(0', '0)', '0081 (0)', '00 81 ( 0 ) ', '+1 (', '+81 (90)', '+86 1', '+54 9', '+55 0'],
];
const ends = ['', '', '', '', '.', '.0', '.00', '.000000', '.5', '.50', '.05', '.0.', '.0 ', '0.0', '-', '-.0'];
const sign = fc.constantFrom(...' ()*+,-./#;x~_\t0０ー\u00a0'.split(''));
const digit = fc.constantFrom(...'0123456789'.split(''));

describe('the kernel and the reference together agree with the reference alone', () => {
  test('over any start with digits and signs', () => {
    const rest = fc.oneof(
      fc.stringMatching(/^\d{0,20}$/),
      fc.stringMatching(/^[\d -]{0,20}$/),
      fc.array(fc.oneof({ arbitrary: digit, weight: 6 }, sign), { maxLength: 24 }).map((parts) => parts.join('')),
    );
    const value = fc.tuple(fc.constantFrom(...starts), rest, fc.constantFrom(...ends)).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(value, { minLength: 20, maxLength: 40 }), (values) => expectAgreement(texts(values))),
      { numRuns: 100 },
    );
  });

  test('with every byte but LF at every place', () => {
    const values: Buffer[] = [];
    for (const phone of ['+81 90-1234.5678', '(090) 1234-5678', '0081901234567']) {
      for (let place = 0; place < phone.length; place++) {
        for (let byte = 0; byte < 256; byte++) {
          if (byte === 0x0a) continue;
          const value = Buffer.from(phone);
          value[place] = byte;
          values.push(value);
        }
      }
    }
    for (const agreement of createAgreements('JP', allForms)) agreement.expectAgreement(values);
  });

  test('with a dot and a zero or another digit behind it, in numbers of every start and length', () => {
    const digits = '9012345600000678901234';
    const lengths = Array.from({ length: digits.length }, (_, length) => digits.slice(0, length));
    const befores = ['', '+', '-', '0', '00', '+81', '81', '-81', '0081', '66', '886', '62', ' ', '+ '];
    const fractions = ['.', '.0', '.00', '.000', '.0000000', '.5', '.10', '.01', '..0', '.0.0', '-0', '.0-', '.(0)'];
    expectAgreement(
      texts(befores.flatMap((before) => lengths.flatMap((length) => fractions.map((end) => before + length + end)))),
    );
    for (let place = 0; place <= digits.length; place++)
      expectAgreement(texts(befores.map((before) => `${before}${digits.slice(0, place)}.${digits.slice(place)}`)));
  });

  test('with two signs at any two places', () => {
    const values: string[] = [];
    for (const phone of ['+819012345678', '09012345678', '00886912345678', '66812345678']) {
      for (const first of ' ()+-./,*') {
        for (const second of ' ()+-./,*') {
          for (let place = 0; place <= 5; place++)
            for (let between = 0; between <= 3; between++)
              values.push(
                phone.slice(0, place) +
                  first +
                  phone.slice(place, place + between) +
                  second +
                  phone.slice(place + between),
              );
        }
      }
    }
    for (const agreement of createAgreements('JP', ['e164'])) agreement.expectAgreement(texts(values));
  });

  test('with a zero in brackets in every way of writing, wherever it stands', () => {
    const zeros = '(0)|( 0)|(0 )|( 0 )|(  0  )|(0|0)|(00)|((0))|(0)(0)|()0|(0-)|(-0)'.split('|');
    const before = ['', '+81', '+81 ', '+ 81', '0081', '00 81', '00-81-', '+1', '+44', '+39', '+39 ', '0039', '+8'];
    const others = ['(+81)', '-+81', '010 81', '0'];
    const after = ['9012345678', '90-1234-5678', ' 90 1234 5678', '12345678'];
    expectAgreement(
      texts([...before, ...others].flatMap((start) => zeros.flatMap((zero) => after.map((end) => start + zero + end)))),
    );
  });

  test('with digits of every number, and texts of every length', () => {
    const digits = '9012345678901234567890123456789012345678901234567890123456789012345';
    const lengths = Array.from({ length: 67 }, (_, length) => digits.slice(0, length));
    const values = ['', '0', '00', '+', '+81', '+81 ', '0081', '+88', '+1', '+49', '+39 0', '+290 '];
    expectAgreement(texts(values.flatMap((start) => lengths.map((length) => start + length))));
    expectAgreement(texts(lengths.map((length) => `+81${' '.repeat(length.length)}9012345678`)));
    expectAgreement(
      texts(lengths.map((length) => `${' '.repeat(length.length)}09012345678${' '.repeat(length.length)}`)),
    );
  });

  test('with blanks around, and with nothing but blanks', () => {
    const blanks = [' ', '\t', '\v', '\f', '\r', '  \t', '\u001c', '\0', '\u00a0', '\u3000', ' '.repeat(70)];
    const phone = '090-1234-5678';
    expectAgreement(texts(blanks.flatMap((blank) => [blank, blank + phone, phone + blank, blank + phone + blank])));
  });

  test('with mobile numbers of every country, in every way of writing, at home and abroad', () => {
    const { getCountries, parsePhoneNumberWithError } = libphonenumber();
    const values: string[] = [];
    for (const country of getCountries()) {
      const phone = parsePhoneNumberWithError(examples[country], country);
      const written = [phone.number, phone.formatInternational(), phone.formatNational(), phone.nationalNumber];
      const [agreement] = createAgreements(country, ['e164', 'e164-digits']);
      agreement?.expectAgreement(texts(written));
      values.push(...written, phone.number.replace('+', '00'));
    }
    expectAgreement(texts(values));
  });

  test('with every set of forms, and one to nine numbers, so that lanes stay free at the end', () => {
    const numbers = ['090-1234-5678', '+886912345678', '0081 90 1234 5679', 'no', '(03) 1234-5678', '+1 415 555 2671'];
    for (const forms of formSubsets) {
      for (const agreement of createAgreements('JP', forms))
        for (let count = 1; count <= 9; count++)
          agreement.expectAgreement(texts(Array.from({ length: count }, (_, line) => numbers[line % 6] ?? '')));
    }
  });

  test('whether hashes are looked for or not, among them those of digits alone', () => {
    const digits = '8190123456'.repeat(7);
    const values = [31, 32, 33, 39, 40, 41, 63, 64, 65].map((length) => digits.slice(0, length));
    for (const hashed of ['auto', 'never'] as const) {
      const rules = { identifierType: 'phone', hashed, defaultCountry: 'JP', phoneFormats: allForms } as const;
      createAgreement(createPhoneKernel(rules), rules).expectAgreement(
        texts([...values, 'e3b0'.repeat(16), '+81901234567']),
      );
    }
  });

  test('over thousands of lines', () => {
    const values = Array.from({ length: 20_000 }, (_, line) => {
      const digits = String(line * 7919).padStart(8, '0');
      return ['090-', '+81 90 ', '+66', '(03)', '02', '', '0081 '][line % 7] + digits;
    });
    for (const agreement of createAgreements('JP', allForms)) agreement.expectAgreement(texts(values));
  });
});

const jp = createPhoneKernel({ defaultCountry: 'JP', phoneFormats: ['e164'] });

function hashOf(text: string): string {
  return hash('sha256', text, 'hex');
}

test.each([
  ['090-1234-5678', '+819012345678'],
  [' 09012345678\t', '+819012345678'],
  ['09012345678\r', '+819012345678'],
  ['9012345678', '+819012345678'],
  ['(090) 1234-5678', '+819012345678'],
  ['(03)1234-5678', '+81312345678'],
  ['090.1234.5678', '+819012345678'],
  ['+81 90 1234 5678', '+819012345678'],
  ['+81-3-1234-5678', '+81312345678'],
  ['(+81) 90-1234-5678', '+819012345678'],
  ['0081 90 1234 5678', '+819012345678'],
  ['0066812345678', '+66812345678'],
  ['+66 81 234 5678', '+66812345678'],
  ['+886-912-345-678', '+886912345678'],
  ['+1 (415) 555-2671', '+14155552671'],
  ['+44 7400 123456', '+447400123456'],
  ['+39 06 698 12345', '+390669812345'],
  ['9012345678.0', '+819012345678'],
  ['819012345678', '+819012345678'],
  ['81-3-1234-5678', '+81312345678'],
  ['819012345678.0', '+819012345678'],
  ['09012345678.00', '+819012345678'],
  ['+819012345678.0', '+819012345678'],
])('decides %s itself', (value, e164) => {
  expect(decide(jp, value)).toBe(hashOf(e164));
});

test.each([
  ['a prefix for calls abroad', '01012025550123'],
  ['a zero after the country code', '+8109012345678'],
  ['the same in brackets', '+81 (0)90-1234-5678'],
  ['a number that begins with the country code and is too short to', '81234567'],
  ['a length that its country does not have', '+66812345'],
  ['a number that libphonenumber changes', '+54 11 15 2345 6789'],
  ['letters', '090-1234-5678 ext'],
  ['an extension', '090-1234-5678#12'],
  ['a negative number', '-9012345678'],
  ['a fraction', '9012345678.5'],
  ['digits of another script', '０９０１２３４５６７８'],
  ['more than 32 characters', `+81${' '.repeat(25)}9012345678`],
])('leaves %s to the reference', (_, value) => {
  expect(decide(jp, value)).toBe('undecided');
});

test('a record has a slot for each form, zeros where the number has none', () => {
  const kernel = createPhoneKernel({ defaultCountry: 'JP', phoneFormats: ['national', 'e164-digits', 'e164'] });
  expect(decide(kernel, '090-1234-5678')).toBe(
    hashOf('+819012345678') + hashOf('819012345678') + hashOf('09012345678'),
  );
  expect(decide(kernel, '+886912345678')).toBe(hashOf('+886912345678') + hashOf('886912345678') + '0'.repeat(64));
});

test('a number of another country is undecided where only the national form is configured', () => {
  const kernel = createPhoneKernel({ defaultCountry: 'JP', phoneFormats: ['national'] });
  expect(decide(kernel, '+886912345678')).toBe('undecided');
  expect(decide(kernel, '+819012345678')).toBe(hashOf('09012345678'));
});

test('a number that is read in another country than defaultCountry has no national form', () => {
  const kernel = createPhoneKernel({ country: 'TH', defaultCountry: 'JP', phoneFormats: allForms });
  expect(decide(kernel, '081 234 5678')).toBe(hashOf('+66812345678') + hashOf('66812345678') + '0'.repeat(64));
  expect(decide(kernel, '+81 90 1234 5678')).toBe(
    hashOf('+819012345678') + hashOf('819012345678') + hashOf('09012345678'),
  );
  const three = createPhoneKernel({ country: 'JP', defaultCountry: 'TW', phoneFormats: ['national'] });
  expect(decide(three, '+886 912 345 678')).toBe(hashOf('0912345678'));
  expect(decide(three, '090-1234-5678')).toBe('undecided');
});

test('a number without "+" is undecided where the reading country is unknown', () => {
  const kernel = createPhoneKernel({ country: null, defaultCountry: 'JP', phoneFormats: ['e164'] });
  expect(decide(kernel, '09012345678')).toBe('undecided');
  expect(decide(kernel, '+819012345678')).toBe(hashOf('+819012345678'));
});

test('a number without "+" is undecided where there is no default country', () => {
  const kernel = createPhoneKernel({ phoneFormats: ['e164'] });
  expect(decide(kernel, '09012345678')).toBe('undecided');
  expect(decide(kernel, '+819012345678')).toBe(hashOf('+819012345678'));
});

test('no phone is shorter than it says, and the room for as short ones is enough', () => {
  const kernel = createPhoneKernel({ defaultCountry: 'DE', phoneFormats: allForms });
  expect(decide(kernel, '234567')).toBe('undecided');
  expect(decide(kernel, '2345678')).not.toBe('undecided');
  const lines = joinLines(texts(Array.from({ length: 20_000 }, () => '2345678')));
  expect(runKernel(kernel, lines).found.members).toBe(20_000);
});
