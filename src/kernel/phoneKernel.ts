import { recordBytesOf } from '../identifiers/kinds.ts';
import type { PhoneRules } from '../identifiers/phone.ts';
import { formsInOrder, type PhoneFormat } from '../identifiers/phoneFormats.ts';
import type { IdentifyRules } from '../identifiers/rules.ts';
import { createKernel, instantiate, type Kernel, type KernelModule } from './kernel.ts';
import { type PhoneStarts, phoneStarts } from './phoneStarts.ts';

export type PhoneKernelRules = PhoneRules & Pick<IdentifyRules, 'phoneFormats'>;

const phoneKind = 1;
/** The kernel reads no number of fewer than seven characters. */
const minLineBytes = 8;

/** Returns "+" and a calling code as the last of four bytes. */
function codeAsNumber(code: string): number {
  return Buffer.from(`+${code}`.padStart(4)).readUInt32LE();
}

/** The module that all phone kernels of this thread share: a source may hold numbers of many countries. */
let shared: KernelModule | undefined;
/** The entries that are in the memory of the module. */
let loaded: PhoneStarts | undefined;

/**
 * Creates a kernel for plain phones under rules with `hashed: auto` or `never` and hashing in the connector. A record
 * has a key of 32 bytes for each configured form, in the order of `createIdentify`. Loads libphonenumber.
 */
export function createPhoneKernel({ phoneFormats, ...rules }: PhoneKernelRules): Kernel {
  const forms = formsInOrder(phoneFormats);
  const starts = phoneStarts(rules);
  shared ??= instantiate();
  const module = shared;
  const recordBytes = recordBytesOf({ identifierType: 'phone', phoneFormats });
  const kernel = createKernel({ module, kind: phoneKind, recordBytes, minLineBytes });
  return {
    ...kernel,
    identify(lines, records) {
      if (loaded !== starts) loadRules(module, starts, forms);
      loaded = starts;
      return kernel.identify(lines, records);
    },
  };
}

function loadRules(module: KernelModule, starts: PhoneStarts, forms: readonly PhoneFormat[]): void {
  const { international, dialled, readingCode, nationalCode } = starts;
  const entries = new Uint32Array(module.memory.buffer, module.phoneStarts.value, international.length * 2);
  entries.set(international);
  entries.set(dialled, international.length);
  const has = (form: PhoneFormat) => forms.includes(form);
  module.setPhoneRules(
    has('e164'),
    has('e164-digits'),
    has('national'),
    codeAsNumber(readingCode),
    readingCode.length,
    nationalCode.length,
  );
}
