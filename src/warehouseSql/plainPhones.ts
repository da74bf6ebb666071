import { startDigits } from '../identifiers/ownCode.ts';
import { type NumberingPlan, numberingPlans, regularPhone } from '../identifiers/phoneFast.ts';

/*
 * The numbers that `normalisePhoneFast` decides, as patterns. They are made from the same numbering plans, which come
 * from libphonenumber.
 */

/** The whole number before its separators are dropped. */
export const regularPattern = portable(regularPhone);

/** The most characters of a regular number. */
export const maxPhoneLength = 26;

export interface PlainNumbers {
  country: string;
  /** "81". */
  callingCode: string;
  /** The number without the leading zero or country code, not anchored. */
  subscriber: string;
  /** The prefix of calls to other countries, anchored at its start. */
  abroadPrefix: string;
  /** The number with its calling code but without "+", anchored. */
  withoutPlus: string;
}

/** Returns the patterns of each country whose regular numbers are read without libphonenumber. */
export function plainNumbers(): PlainNumbers[] {
  return numberingPlans().map((plan) => ({
    country: plan.country,
    callingCode: plan.plusCode.slice(1),
    subscriber: subscriberPattern(plan),
    abroadPrefix: portable(plan.abroadPrefix),
    withoutPlus: withoutPlusPattern(plan),
  }));
}

/** Returns a pattern of the dialled numbers with the country code of one of these countries. */
export function internationalPattern(countries: readonly PlainNumbers[]): string {
  return `^[+](${countries.map(({ callingCode, subscriber }) => callingCode + subscriber).join('|')})$`;
}

function subscriberPattern({ lengths }: NumberingPlan): string {
  return `[1-9]${digitsPattern([...lengths], 1)}`;
}

/** Groups the starts that have the same lengths. */
function withoutPlusPattern({ withoutPlus }: NumberingPlan): string {
  const startsByLengths = Map.groupBy(withoutPlus.keys(), (start) => withoutPlus.get(start)?.join(',') ?? '');
  const parts = Array.from(startsByLengths.values(), (starts) => {
    const lengths = withoutPlus.get(starts[0] ?? '') ?? [];
    return textsPattern(starts) + digitsPattern(lengths, startDigits);
  });
  return `^(${parts.join('|')})$`;
}

/** Returns a pattern of some texts of one length: "8[12]" for "81" and "82". */
function textsPattern(texts: readonly string[]): string {
  if (texts[0] === '') return '';
  const tailsByFirst = Map.groupBy(texts, (text) => text.charAt(0));
  const firstsByTail = Map.groupBy(tailsByFirst.keys(), (first) =>
    textsPattern(tailsByFirst.get(first)?.map((text) => text.slice(1)) ?? []),
  );
  const parts = Array.from(firstsByTail, ([tail, firsts]) => classOf(firsts) + tail);
  return parts.length > 1 ? `(${parts.join('|')})` : parts.join('');
}

function classOf(characters: readonly string[]): string {
  return characters.length > 1 ? `[${characters.join('')}]` : characters.join('');
}

/** Returns a pattern of digits that have one of these lengths together with `before` digits in front of them. */
function digitsPattern(lengths: readonly number[], before: number): string {
  const runs = runsOf(lengths.toSorted((a, b) => a - b));
  return `(${runs.map(([first, last]) => `[0-9]{${first - before},${last - before}}`).join('|')})`;
}

/** Returns the first and last number of each run without a gap. The numbers must ascend. */
function runsOf(numbers: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === number - 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs;
}

/**
 * Returns a pattern that every engine reads alike: groups capture, and classes of one character replace backslashes.
 */
function portable({ source }: RegExp): string {
  return source.replaceAll('(?:', '(').replace(/\\(.)/g, '[$1]');
}
