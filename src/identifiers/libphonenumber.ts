import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { CountryCode } from 'libphonenumber-js/max';

type Libphonenumber = typeof import('libphonenumber-js/max');

let loaded: Libphonenumber | undefined;

/**
 * Returns libphonenumber. Loads it at the first call: most threads read no phones, and it takes as long to load as all
 * else.
 */
export function libphonenumber(): Libphonenumber {
  loaded ??= load();
  return loaded;
}

/** The metadata of a country. libphonenumber's own types lack `nationalPrefixForParsing`. */
export interface CountryNumbers {
  callingCode(): string;
  possibleLengths(): number[];
  IDDPrefix(): string | undefined;
  nationalPrefix(): string | undefined;
  nationalPrefixForParsing(): string | undefined;
  /** The pattern of valid numbers of all types. */
  nationalNumberPattern(): string;
  /** The valid numbers of a type such as MOBILE. */
  type(name: string): { pattern(): string; possibleLengths(): number[] } | undefined;
}

/** Returns the metadata of a country, or those by which numbers of a calling code are parsed. */
export function countryNumbers(countryOrCode: string): CountryNumbers {
  const metadata = new (libphonenumber().Metadata)();
  metadata.selectNumberingPlan(countryOrCode as CountryCode);
  return metadata.numberingPlan as unknown as CountryNumbers;
}

/**
 * Returns true if there is a numbering plan for the country. ISO 3166 has countries without one, such as Antarctica.
 */
export function isKnownCountry(country: string): boolean {
  return libphonenumber().isSupportedCountry(country);
}

/** Loads the ES module by its path: the CommonJS side of the package has no `Metadata`. */
function load(): Libphonenumber {
  return createRequire(import.meta.url)(fileURLToPath(import.meta.resolve('libphonenumber-js/max')));
}
