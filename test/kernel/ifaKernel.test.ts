import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createIfaKernel } from '../../src/kernel/ifaKernel.ts';
import { createAgreement, decide, texts } from './agreement.ts';

const kernel = createIfaKernel();
const { expectAgreement } = createAgreement(kernel, {
  identifierType: 'ifa',
  hashed: 'never',
  phoneFormats: ['e164'],
});

const idfa = '6D92078A-8246-4BA4-AE5B-76104861E7DC';
const aaid = 'cdda802e-fb9c-47ad-9866-0794d394c912';
const allZero = '00000000-0000-0000-0000-000000000000';

describe('the kernel and the reference together agree with the reference alone', () => {
  test('over UUIDs in either case with one byte changed, put in or left out', () => {
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('0aAfFgG-/:@`')));
    const changed = fc
      .tuple(fc.uuid(), fc.boolean(), fc.nat(36), fc.nat(2), fc.array(byte, { maxLength: 2 }))
      .map(([uuid, isUpper, place, cut, put]) => {
        const value = Buffer.from(isUpper ? uuid.toUpperCase() : uuid);
        const bytes = put.map((byte) => (byte === 0x0a ? 0x20 : byte));
        return Buffer.concat([value.subarray(0, place), Buffer.from(bytes), value.subarray(place + cut)]);
      });
    fc.assert(fc.property(fc.array(changed, { maxLength: 20 }), expectAgreement), { numRuns: 500 });
  });

  test('with every byte but LF at every place', () => {
    for (const uuid of [idfa, allZero]) {
      const values: Buffer[] = [];
      for (let place = 0; place < uuid.length; place++) {
        for (let byte = 0; byte < 256; byte++) {
          if (byte === 0x0a) continue;
          const value = Buffer.from(uuid);
          value[place] = byte;
          values.push(value);
        }
      }
      expectAgreement(values);
    }
  });

  test('at every length', () => {
    expectAgreement(texts(Array.from({ length: 80 }, (_, length) => idfa.repeat(3).slice(0, length))));
  });

  test('with blanks around, inside and alone', () => {
    const blanks = [' ', '\t', '\v', '\f', '\r', '  \t', '\u001c', '\0', '\u00a0', '\u3000', ' '.repeat(70)];
    expectAgreement(
      texts(blanks.flatMap((blank) => [blank, blank + idfa, aaid + blank, blank + idfa + blank, idfa + blank + aaid])),
    );
  });
});

test('keeps a UUID as it came, and is not sure of zeros, braces or a UUID without hyphens', () => {
  expect(decide(kernel, idfa)).toBe(Buffer.from(idfa).toString('hex'));
  expect(decide(kernel, ` ${aaid}\t`)).toBe(Buffer.from(aaid).toString('hex'));
  for (const value of [allZero, `{${idfa}}`, idfa.replaceAll('-', '')]) expect(decide(kernel, value)).toBe('undecided');
});
