import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { CountryCode } from 'libphonenumber-js/max';

type Libphonenumber = typeof import('libphonenumber-js/max');

let loaded: Libphonenumber | undefined;

/** libphonenumber, loaded by the first phone: most threads see none, and it takes as long to load as all else. */
export function libphonenumber(): Libphonenumber {
  loaded ??= load();
  return loaded;
}

/** What it has for a country; its own types leave `nationalPrefixForParsing` out. */
export interface CountryNumbers {
  callingCode(): string;
  possibleLengths(): number[];
  IDDPrefix(): string | undefined;
  nationalPrefix(): string | undefined;
  nationalPrefixForParsing(): string | undefined;
  /** The pattern of valid numbers of all types. */
  nationalNumberPattern(): string;
  /** Valid numbers of a type such as MOBILE. */
  type(name: string): { pattern(): string; possibleLengths(): number[] } | undefined;
}

/** Of a country, or of a calling code: then what numbers with that code are parsed by, whoever else has it. */
export function countryNumbers(countryOrCode: string): CountryNumbers {
  const metadata = new (libphonenumber().Metadata)();
  metadata.selectNumberingPlan(countryOrCode as CountryCode);
  return metadata.numberingPlan as unknown as CountryNumbers;
}

/** Whether it has a numbering plan for a country. ISO 3166 has some countries more, such as Antarctica. */
export function isKnownCountry(country: string): boolean {
  return libphonenumber().isSupportedCountry(country);
}

/** By the path of its ES module: the package's CommonJS side has no `Metadata`. */
function load(): Libphonenumber {
  return createRequire(import.meta.url)(fileURLToPath(import.meta.resolve('libphonenumber-js/max')));
}
