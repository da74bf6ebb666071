import { areHashedInWarehouse } from '../identifiers/interpret.ts';
import { readingCountry } from '../identifiers/phone.ts';
import type { IdentifyRules } from '../identifiers/rules.ts';
import { createEmailKernel } from './emailKernel.ts';
import { createIfaKernel } from './ifaKernel.ts';
import type { Kernel } from './kernel.ts';
import { createPhoneKernel } from './phoneKernel.ts';

/** Of this thread, by the rules that they are for. */
const kernels = new Map<string, Kernel>();

/** The kernel for values of these rules; undefined where cells hold hashes, which the reference reads. */
export function kernelFor(rules: IdentifyRules): Kernel | undefined {
  const { identifierType, hashed } = rules;
  if (areHashedInWarehouse(rules) || (hashed === 'always' && identifierType !== 'ifa')) return undefined;
  const key = identifierType === 'phone' ? phoneKey(rules) : identifierType;
  const kernel = kernels.get(key) ?? createKernelFor(rules);
  kernels.set(key, kernel);
  return kernel;
}

/** The country that a number is read in stands here as it is used: undefined and null would look alike in JSON. */
function phoneKey(rules: IdentifyRules): string {
  return JSON.stringify([rules.defaultCountry ?? '', readingCountry(rules), rules.phoneFormats]);
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
