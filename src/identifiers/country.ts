import { iso31661Alpha3ToAlpha2 } from 'iso-3166/1-a3-to-1-a2.js';
import { libphonenumber } from './libphonenumber.ts';
import type { PhoneRules } from './phone.ts';
import { normaliseValue } from './value.ts';

const alpha2ByAlpha3 = new Map(Object.entries(iso31661Alpha3ToAlpha2));

/**
 * Reads a cell of `countryColumn`: an ISO 3166 alpha-2 or alpha-3 code in any case. Returns the alpha-2 code, undefined
 * for a blank cell, and null for everything else, which includes codes of places without telephone numbers ("AQ").
 */
export function readCountry(cell: string): PhoneRules['country'] {
  const text = normaliseValue(cell);
  if (text === '') return undefined;
  // Upper case turns some other letters into ASCII: "ß" into "SS", which is South Sudan.
  if (!/^[A-Za-z]{2,3}$/.test(text)) return null;
  const code = text.toUpperCase();
  const alpha2 = alpha2ByAlpha3.get(code) ?? code;
  return libphonenumber().isSupportedCountry(alpha2) ? alpha2 : null;
}
