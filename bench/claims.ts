import { type Case, caseName, guardCases, isSameCase, programNames, programs } from './cases.ts';
import type { MeasuredCase } from './measure.ts';
import { findCase, kernelRatio, type Results, ratioTo } from './results.ts';
import { formatRatio } from './table.ts';

/*
 * What the README says of speed, held against a run of the guard's cases. Only ratios within one run are compared, as
 * seconds are another machine's; and only half of each is asked for, as ratios differ between machines too.
 */

/** Of a claimed ratio so much must be left. */
const shareToKeep = 0.5;

/** The outcome for one claimed ratio, in one line. */
export interface Check {
  /** Undefined: the kernel. */
  of: Case | undefined;
  isKept: boolean;
  text: string;
}

/** One check for every ratio that is claimed for the guard's cases, and one for the kernel. */
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
    text: `${caseName(which)}: results.json lacks it; npm run bench measures it anew`,
  };
}

function checkRatio(of: Case | undefined, name: string, claimed: number, measured: number | undefined): Check {
  const least = claimed * shareToKeep;
  const isKept = measured !== undefined && measured >= least;
  const found = measured === undefined ? 'not measured' : formatRatio(measured);
  const text = `${name}: ${found}; claimed ${formatRatio(claimed)}, at least ${formatRatio(least)} must be left`;
  return { of, isKept, text };
}

/** The cases of the checks that failed, each once. */
export function failedCases(checks: readonly Check[]): Case[] {
  return guardCases.filter((which) => checks.some(({ of, isKept }) => !isKept && of && isSameCase(of, which)));
}

/** "ok: …" or "FAILED: …" */
export function checkLine({ isKept, text }: Check): string {
  return `${isKept ? 'ok' : 'FAILED'}: ${text}`;
}
