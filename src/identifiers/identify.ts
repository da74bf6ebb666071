import { hash } from 'node:crypto';
import { createInterpret } from './interpret.ts';
import { formsInOrder } from './phone.ts';
import type { RejectCode } from './rejects.ts';
import type { IdentifyRules } from './rules.ts';

/** Bytes of a SHA-256. */
export const digestBytes = 32;
/** Characters of an advertising ID. */
export const ifaBytes = 36;

export interface Identify {
  /** Those of `recordBytesOf`. */
  recordBytes: number;
  /**
   * Reads a raw value and, when it is a member, writes its record at `offset` and touches nothing beyond. After
   * "empty" or a reject code the record's content is undefined.
   */
  identify(value: string, record: Buffer, offset: number): 'member' | 'empty' | RejectCode;
}

/** Bytes of one record: email 32; phone 32 for each configured form; IFA 36. */
export function recordBytesOf(rules: IdentifyRules): number {
  switch (rules.identifierType) {
    case 'email':
      return digestBytes;
    case 'phone':
      return digestBytes * formsInOrder(rules.phoneFormats).length;
    case 'ifa':
      return ifaBytes;
  }
}

/** Latin-1 on the way from digest to record is three times faster than a Buffer for each digest. */
function writeDigest(text: string, record: Buffer, offset: number) {
  record.write(hash('sha256', text, 'binary'), offset, digestBytes, 'latin1');
}

function writeDigests(texts: readonly (string | undefined)[], record: Buffer, offset: number) {
  let slot = offset;
  for (const text of texts) {
    if (text === undefined) record.fill(0, slot, slot + digestBytes);
    else writeDigest(text, record, slot);
    slot += digestBytes;
  }
}

function writeTexts(texts: readonly (string | undefined)[], record: Buffer, offset: number) {
  record.write(texts[0] ?? '', offset, ifaBytes, 'latin1');
}

/**
 * From raw values to fixed-width records. Email: the SHA-256. Phone: one SHA-256 for each configured form, always in
 * the order e164, e164-digits, national; zeros where the number has no such form; a value that came hashed fills the
 * first slot only, one that the warehouse has hashed every slot. IFA: its 36 characters as they came.
 */
export function createIdentify(rules: IdentifyRules): Identify {
  const recordBytes = recordBytesOf(rules);
  const interpret = createInterpret(rules);
  const write = rules.identifierType === 'ifa' ? writeTexts : writeDigests;
  return {
    recordBytes,
    identify(value, record, offset) {
      const meaning = interpret(value);
      switch (meaning.kind) {
        case 'empty':
          return 'empty';
        case 'reject':
          return meaning.code;
        case 'hash':
          record.fill(0, offset, offset + recordBytes);
          record.write(meaning.hex, offset, recordBytes, 'hex');
          return 'member';
        case 'texts':
          write(meaning.texts, record, offset);
          return 'member';
      }
    },
  };
}
