import { areHashedInWarehouse } from '../identifiers/interpret.ts';
import { isHashedType, kinds } from '../identifiers/kinds.ts';
import { readingCountry } from '../identifiers/phone.ts';
import type { IdentifierType, IdentifyRules } from '../identifiers/rules.ts';
import { createEmailKernel } from './emailKernel.ts';
import { createIfaKernel } from './ifaKernel.ts';
import { hasKernel, type Kernel } from './kernel.ts';
import { createPhoneKernel } from './phoneKernel.ts';

/** The kernels of this thread, by the rules that decide how they read. */
const kernels = new Map<string, Kernel>();

const createKernels: Record<IdentifierType, (rules: IdentifyRules) => Kernel> = {
  email: createEmailKernel,
  phone: createPhoneKernel,
  ifa: createIfaKernel,
};

/**
 * Returns the kernel for values of these rules. Undefined if cells hold hashes, which the reference reads, or if the file of
 * the module is missing.
 */
export function kernelFor(rules: IdentifyRules): Kernel | undefined {
  if (!hasKernel()) return undefined;
  const { identifierType, hashed } = rules;
  if (areHashedInWarehouse(rules) || (hashed === 'always' && isHashedType(identifierType))) return undefined;
  const key = kinds[identifierType].isPhone ? phoneKey(rules) : identifierType;
  const kernel = kernels.get(key) ?? createKernels[identifierType](rules);
  kernels.set(key, kernel);
  return kernel;
}

/** The reading country appears as it is used, because undefined and null look alike in JSON. */
function phoneKey(rules: IdentifyRules): string {
  return JSON.stringify([rules.defaultCountry ?? '', readingCountry(rules), rules.phoneFormats]);
}
