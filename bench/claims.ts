import { type Case, caseName, guardCases, isSameCase, programNames, programs } from './cases.ts';
import type { MeasuredCase } from './measure.ts';
import { findCase, kernelRatio, type Results, ratioTo } from './results.ts';
import { formatRatio } from './table.ts';

/*
 * Compares the ratios in docs/speed.md with a run of the guard's cases. Seconds are not compared, since they differ between
 * machines. Ratios differ less, so half of each is required.
 */

/** The share of a claimed ratio that a run must reach. */
const shareToKeep = 0.5;

/** The outcome for one claimed ratio, in one line. */
export interface Check {
  /** Undefined: the kernel. */
  of: Case | undefined;
  isKept: boolean;
  text: string;
}

/** Returns one check for every claimed ratio of the guard's cases, and one for the kernel. */
export function checkClaims(claimed: Results, measured: Pick<Results, 'cases' | 'kernel'>): Check[] {
  const ofCases = guardCases.flatMap((which) => {
    const claim = findCase(claimed.cases, which);
    return claim === undefined ? notClaimed(which) : checkCase(claim, findCase(measured.cases, which));
  });
  const ofKernel = checkRatio(
    undefined,
    'The kernel and createHash for each value',
    kernelRatio(claimed.kernel),
    kernelRatio(measured.kernel),
  );
  return [...ofCases, ofKernel];
}

function checkCase(claim: MeasuredCase, measured: MeasuredCase | undefined): Check[] {
  return programs.flatMap((program) => {
    const claimedRatio = program === 'ours' ? undefined : ratioTo(program, claim);
    if (claimedRatio === undefined) return [];
    const name = `${caseName(claim)}, ${programNames[program]}`;
    return checkRatio(claim, name, claimedRatio, measured && ratioTo(program, measured));
  });
}

function notClaimed(which: Case): Check {
  return {
    of: which,
    isKept: false,
    text: `${caseName(which)}: results.json lacks it; npm run bench measures it again`,
  };
}

function checkRatio(of: Case | undefined, name: string, claimed: number, measured: number | undefined): Check {
  const minRatio = claimed * shareToKeep;
  const isKept = measured !== undefined && measured >= minRatio;
  const found = measured === undefined ? 'not measured' : formatRatio(measured);
  const text = `${name}: ${found}; claimed ${formatRatio(claimed)}, at least ${formatRatio(minRatio)} is required`;
  return { of, isKept, text };
}

/** Returns the cases of the failed checks, each once. */
export function failedCases(checks: readonly Check[]): Case[] {
  return guardCases.filter((which) => checks.some(({ of, isKept }) => !isKept && of && isSameCase(of, which)));
}

/** "ok: …" or "FAILED: …" */
export function checkLine({ isKept, text }: Check): string {
  return `${isKept ? 'ok' : 'FAILED'}: ${text}`;
}
