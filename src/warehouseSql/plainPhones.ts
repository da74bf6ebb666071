import { type NumberingPlan, numberingPlans, regularPhone } from '../identifiers/phoneFast.ts';

/*
 * The numbers that `normalisePhoneFast` is sure of, as patterns. They are made of what that goes by, which has each
 * country's rules from libphonenumber.
 */

/** The whole number before its separators are dropped. */
export const regularPattern = portable(regularPhone);

/** At most so many characters are in one. */
export const longestPhone = 26;

export interface PlainNumbers {
  country: string;
  /** "81". */
  callingCode: string;
  /** The number without the leading zero or country code, not anchored. */
  subscriber: string;
  /** What a call to another country begins with, anchored there. */
  abroadPrefix: string;
}

/** Each country whose regular numbers are read without libphonenumber. */
export function plainNumbers(): PlainNumbers[] {
  return numberingPlans().map((plan) => ({
    country: plan.country,
    callingCode: plan.plusCode.slice(1),
    subscriber: subscriberPattern(plan),
    abroadPrefix: portable(plan.abroadPrefix),
  }));
}

/** Of dialled numbers with a country code, those of these countries. */
export function internationalPattern(countries: readonly PlainNumbers[]): string {
  return `^[+](${countries.map(({ callingCode, subscriber }) => callingCode + subscriber).join('|')})$`;
}

function subscriberPattern({ lengths }: NumberingPlan): string {
  const runs = runsOf([...lengths].sort((a, b) => a - b));
  return `[1-9](${runs.map(([first, last]) => `[0-9]{${first - 1},${last - 1}}`).join('|')})`;
}

/** Numbers in ascending order as runs without a gap, first and last of each. */
function runsOf(numbers: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === number - 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs;
}

/** The same pattern for every engine: groups that capture, and classes of one character instead of backslashes. */
function portable({ source }: RegExp): string {
  return source.replaceAll('(?:', '(').replace(/\\(.)/g, '[$1]');
}
