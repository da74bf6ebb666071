import { describe, expect, test } from 'vitest';
import type { IdentifyRules } from '../../src/identifiers/rules.ts';
import { createEmailKernel } from '../../src/kernel/emailKernel.ts';
import { createIfaKernel } from '../../src/kernel/ifaKernel.ts';
import { instantiate, type Kernel } from '../../src/kernel/kernel.ts';
import { createPhoneKernel } from '../../src/kernel/phoneKernel.ts';
import { createAgreement, joinLines, runKernel, texts } from './agreement.ts';

const phoneRules: IdentifyRules = {
  identifierType: 'phone',
  hashed: 'auto',
  defaultCountry: 'JP',
  phoneFormats: ['e164', 'national'],
};

/** Each with values that it decides. */
const kernels: [string, Kernel, IdentifyRules, string[]][] = [
  [
    'email',
    createEmailKernel(),
    { identifierType: 'email', hashed: 'auto', phoneFormats: ['e164'] },
    ['a@b.c', 'Jane@Example.com', ` ${'x'.repeat(60)}@example.co.jp`],
  ],
  ['phone', createPhoneKernel(phoneRules), phoneRules, ['090-1234-5678', '+81 90 1234 5678', '+886912345678']],
  [
    'IFA',
    createIfaKernel(),
    { identifierType: 'ifa', hashed: 'never', phoneFormats: ['e164'] },
    ['6D92078A-8246-4BA4-AE5B-76104861E7DC', ' 00000000-0000-0000-0000-000000000001\t'],
  ],
];

const sliceBytes = instantiate().textBytes.value;

function linesOf(values: readonly string[], count: number): Buffer[] {
  return texts(Array.from({ length: count }, (_, line) => values[line % values.length] ?? ''));
}

function onSharedMemory(bytes: Uint8Array, offset: number): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length + offset), offset);
  shared.set(bytes);
  return shared;
}

describe.each(kernels)('the %s kernel', (_, kernel, rules, values) => {
  const { expectAgreement, outcomes } = createAgreement(kernel, rules);

  test('makes nothing of no bytes', () => {
    expect(runKernel(kernel, new Uint8Array()).found).toEqual({
      lines: 0,
      empty: 0,
      members: 0,
      undecided: new Uint32Array(),
    });
  });

  test('leaves what it is not sure of to the reference, with its places', () => {
    expect(runKernel(kernel, Buffer.from('a\n\nb@c\n')).found).toEqual({
      lines: 3,
      empty: 1,
      members: 0,
      undecided: Uint32Array.of(0, 0, 1, 2, 3, 6),
    });
  });

  test('leaves a last line without LF to the reference', () => {
    const [value = ''] = values;
    const { found } = runKernel(kernel, Buffer.from(`${value}\n${value}`));
    expect(found).toEqual({
      lines: 2,
      empty: 0,
      members: 1,
      undecided: Uint32Array.of(1, value.length + 1, 2 * value.length + 1),
    });
  });

  test('decides the same wherever a slice ends', () => {
    for (let before = 0; before < 140; before++)
      expectAgreement([Buffer.from('?'.repeat(sliceBytes - before)), ...linesOf([...values, '', 'no'], 9)]);
  });

  test('decides the same wherever a chunk ends', () => {
    const lines = linesOf([...values, '', 'no'], 30);
    const whole = outcomes(lines);
    for (let cut = 0; cut <= lines.length; cut++)
      expect([...outcomes(lines.slice(0, cut)), ...outcomes(lines.slice(cut))]).toEqual(whole);
  });

  test('knows lines as long as a slice, longer, and much longer', () => {
    const long = [-2, -1, 0, 1, 2 * sliceBytes].map((more) => '?'.repeat(sliceBytes + more));
    expectAgreement(texts(long.flatMap((value) => [...values, value, ''])));
    expectAgreement(texts([' '.repeat(sliceBytes - 50) + values[0], ...values]));
  });

  test('has room for a slice of nothing but undecided or empty lines', () => {
    const lines = sliceBytes;
    const undecided = Uint32Array.from(
      { length: 3 * lines },
      (_, at) => [0, 0, 1][at % 3]! + Math.floor(at / 3) * [1, 2, 2][at % 3]!,
    );
    expect(runKernel(kernel, Buffer.from('?\n'.repeat(lines))).found).toEqual({
      lines,
      empty: 0,
      members: 0,
      undecided,
    });
    expect(runKernel(kernel, Buffer.from('\n'.repeat(lines))).found).toMatchObject({ lines, empty: lines, members: 0 });
  });

  test('reads and writes shared memory, however it lies on words', () => {
    const lines = linesOf([...values, 'no'], 3_000);
    const bytes = joinLines(lines);
    const { found, records } = runKernel(kernel, bytes);
    for (let offset = 0; offset < 9; offset++) {
      const sharedRecords = onSharedMemory(Buffer.alloc(records.length, 0xaa), 8 - offset);
      expect(kernel.identify(onSharedMemory(bytes, offset), sharedRecords)).toEqual(found);
      expect(Buffer.compare(sharedRecords, records)).toBe(0);
    }
  });

  test('forgets what an earlier call left in memory', () => {
    const few = linesOf(values, 2);
    expectAgreement(few);
    expectAgreement(linesOf([...values, 'no'].reverse(), 5_000));
    expectAgreement(few);
  });

  test('throws a RangeError when there are too few records', () => {
    const lines = joinLines(linesOf(values, 2));
    expect(() => kernel.identify(lines, Buffer.alloc(2 * kernel.recordBytes - 1))).toThrow(RangeError);
  });
});
