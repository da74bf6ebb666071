import { expect } from 'vitest';
import { createIdentify } from '../../src/identifiers/identify.ts';
import type { IdentifyRules } from '../../src/identifiers/rules.ts';
import type { Identified, Kernel } from '../../src/kernel/kernel.ts';

/** A member's record in hex, "empty" or a reject code. */
export type Outcome = string;

export function joinLines(values: readonly Buffer[]): Buffer {
  return Buffer.concat(values.flatMap((value) => [value, Buffer.from('\n')]));
}

export function texts(values: readonly string[]): Buffer[] {
  return values.map((value) => Buffer.from(value));
}

/** Runs the kernel over memory that holds no zeros, so that what it does not write shows. */
export function runKernel(kernel: Kernel, lines: Uint8Array): { found: Identified; records: Buffer } {
  const records = Buffer.alloc(Math.floor(lines.length / kernel.minLineBytes) * kernel.recordBytes, 0xaa);
  return { found: kernel.identify(lines, records), records };
}

/** What the kernel makes of one value: "undecided", or the record in hex. */
export function decide(kernel: Kernel, value: string): Outcome {
  const { found, records } = runKernel(kernel, Buffer.from(`${value}\n`));
  return found.members === 1 ? records.toString('hex', 0, kernel.recordBytes) : 'undecided';
}

export interface Agreement {
  /** Returns the outcome of every line: the kernel's record, or that of the reference for a line that it left. */
  outcomes(values: readonly Buffer[]): Outcome[];
  expectAgreement(values: readonly Buffer[]): void;
}

/** Expects of a kernel, together with the reference, the outcomes of the reference alone. */
export function createAgreement(kernel: Kernel, rules: IdentifyRules): Agreement {
  const { identify, recordBytes } = createIdentify(rules);
  const record = Buffer.alloc(recordBytes);
  const reference = (value: Buffer) => {
    const outcome = identify(value.toString('utf8'), record, 0);
    return outcome === 'member' ? record.toString('hex') : outcome;
  };
  const complete = (values: readonly Buffer[], byReference: (line: number) => Outcome) => {
    const lines = joinLines(values);
    const { found, records } = runKernel(kernel, lines);
    const all: Outcome[] = values.map((value) => (value.length === 0 ? 'empty' : ''));
    for (let at = 0; at < found.undecided.length; at += 3) {
      const [line = -1, start = -1, end = -1] = found.undecided.subarray(at, at + 3);
      if (values[line]?.equals(lines.subarray(start, end)) !== true)
        throw new Error(`Line ${line} does not lie from byte ${start} to ${end}.`);
      all[line] = byReference(line);
    }
    let members = 0;
    const outcomes = all.map((outcome) => {
      if (outcome !== '') return outcome;
      members++;
      return records.toString('hex', (members - 1) * recordBytes, members * recordBytes);
    });
    expect(kernel.recordBytes).toBe(recordBytes);
    expect(found).toMatchObject({ lines: values.length, members });
    expect(found.lines).toBe(found.empty + found.members + found.undecided.length / 3);
    const untouched = records.subarray(members * recordBytes);
    expect(untouched.equals(Buffer.alloc(untouched.length, 0xaa))).toBe(true);
    return outcomes;
  };
  return {
    outcomes: (values) => complete(values, (line) => reference(values[line]!)),
    expectAgreement(values) {
      // The reference takes most of the time, so each value is read by it once.
      const wanted = values.map(reference);
      expect(complete(values, (line) => wanted[line]!)).toEqual(wanted);
    },
  };
}
