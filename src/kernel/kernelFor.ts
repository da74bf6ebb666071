import { areHashedInWarehouse, type IdentifyRules } from '../identifiers/interpret.ts';
import { readingCountry } from '../identifiers/phone.ts';
import { createEmailKernel } from './emailKernel.ts';
import { createIfaKernel } from './ifaKernel.ts';
import type { Kernel } from './kernel.ts';
import { createPhoneKernel } from './phoneKernel.ts';

/** Of this thread, by the rules that they are for. */
const kernels = new Map<string, Kernel>();

/** The kernel for values of these rules; undefined where cells hold hashes, which the reference reads. */
export function kernelFor(rules: IdentifyRules): Kernel | undefined {
  const { identifierType, hashed, defaultCountry, phoneFormats } = rules;
  if (areHashedInWarehouse(rules) || (hashed === 'always' && identifierType !== 'ifa')) return undefined;
  const key = JSON.stringify(
    identifierType === 'phone' ? [readingCountry(rules), defaultCountry, phoneFormats] : identifierType,
  );
  const kernel = kernels.get(key) ?? createKernelFor(rules);
  kernels.set(key, kernel);
  return kernel;
}

function createKernelFor(rules: IdentifyRules): Kernel {
  switch (rules.identifierType) {
    case 'email':
      return createEmailKernel();
    case 'phone':
      return createPhoneKernel(rules);
    case 'ifa':
      return createIfaKernel();
  }
}
