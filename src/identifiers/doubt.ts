import { createInterpret, type IdentifyRules } from './interpret.ts';
import { libphonenumber } from './libphonenumber.ts';
import { normaliseValue } from './value.ts';

/** Whether a phone number is valid in the country in which it was read, and not only possible. */
export type Validity = 'valid' | 'doubtful';

/**
 * Returns a function that judges an accepted phone number without a calling code by libphonenumber's `isValid`. It
 * returns undefined for every other value: rejects, hashes, and numbers that name their country themselves.
 */
export function createReadNational(rules: IdentifyRules): (raw: string) => Validity | undefined {
  const readWithoutCountry = createInterpret({ ...rules, country: null });
  const read = createInterpret({ ...rules, phoneFormats: ['e164', ...rules.phoneFormats] });
  const isNationalOnly = rules.phoneFormats.every((form) => form === 'national');
  return (raw) => {
    const alone = readWithoutCountry(raw);
    if (alone.kind !== 'reject' || alone.code !== 'phone.unknown_country') return undefined;
    const meaning = read(raw);
    if (meaning.kind !== 'texts') return undefined;
    const [e164, national] = meaning.texts;
    if (e164 === undefined || (isNationalOnly && national === undefined) || holdsCallingCode(raw, e164))
      return undefined;
    return libphonenumber().parsePhoneNumberFromString(e164)?.isValid() ? 'valid' : 'doubtful';
  };
}

/** Whether a value without "+" was read with the calling code that it begins with. */
function holdsCallingCode(raw: string, e164: string): boolean {
  return normaliseValue(raw).replace(/\D/g, '').startsWith(e164.slice(1));
}
