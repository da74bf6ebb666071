import { hash } from 'node:crypto';
import { createInterpret } from './interpret.ts';
import { formsOf, kinds } from './kinds.ts';
import type { PhoneFormat } from './phoneFormats.ts';
import { type RejectCode, rejectReasons } from './rejects.ts';
import type { IdentifierType, IdentifyRules } from './rules.ts';
import { shapeOf } from './shape.ts';
import { type Meaning, normaliseValue } from './value.ts';

/** One form of an identifier; `upload` is its line in an upload. Both are undefined if the number has no such form. */
export type ExplainedForm = {
  form: IdentifierType | PhoneFormat;
  text: string | undefined;
  upload: string | undefined;
};

export type ExplainedOutcome =
  | { outcome: 'empty' }
  | { outcome: 'rejected'; code: RejectCode; reason: string }
  | { outcome: 'taken as hash'; upload: string }
  | { outcome: 'member'; forms: readonly ExplainedForm[] };

/** The steps from a raw value to its upload lines. Contains the value itself, so it is printed by the `explain` command only. */
export type ExplainedValue = {
  identifierType: IdentifierType;
  shape: string;
  /** After NFKC and trim. */
  cleaned: string;
} & ExplainedOutcome;

function explainForms(rules: IdentifyRules, texts: readonly (string | undefined)[]): ExplainedForm[] {
  const { isHashed } = kinds[rules.identifierType];
  return formsOf(rules).map((form, index) => {
    const text = texts[index];
    return { form, text, upload: isHashed && text !== undefined ? hash('sha256', text, 'hex') : text };
  });
}

function explainMeaning(rules: IdentifyRules, meaning: Meaning): ExplainedOutcome {
  switch (meaning.kind) {
    case 'empty':
      return { outcome: 'empty' };
    case 'reject':
      return { outcome: 'rejected', code: meaning.code, reason: rejectReasons[meaning.code] };
    case 'hash':
      return { outcome: 'taken as hash', upload: meaning.hex };
    case 'texts':
      return { outcome: 'member', forms: explainForms(rules, meaning.texts) };
  }
}

/** Explains each step of normalising `raw` and the outcome of `identify`, as plain data for the `explain` command. */
export function explainValue(rules: IdentifyRules, raw: string): ExplainedValue {
  return {
    identifierType: rules.identifierType,
    shape: shapeOf(raw),
    cleaned: normaliseValue(raw),
    ...explainMeaning(rules, createInterpret(rules)(raw)),
  };
}

/** Text fit for a terminal: invisible characters, which could move the cursor, are written as their code points. */
function visible(text: string): string {
  return text.replace(/(?! )[\p{C}\p{Z}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

function line(label: string, text: string): string {
  return `${label.padEnd(13)}${text}`;
}

function formatForm({ form, text, upload }: ExplainedForm): string[] {
  if (text === undefined || upload === undefined) return [line(form, '(this number has no such form)')];
  return upload === text ? [line(form, `${text}  (sent unchanged)`)] : [line(form, text), line('  sha256', upload)];
}

function formatOutcome(explanation: ExplainedValue): string[] {
  switch (explanation.outcome) {
    case 'empty':
      return [line('outcome', 'empty: no character is left, so the value is counted as empty')];
    case 'rejected':
      return [line('outcome', `rejected, ${explanation.code}`), line('reason', explanation.reason)];
    case 'taken as hash':
      return [line('outcome', 'accepted as a SHA-256 hash'), line('  sha256', explanation.upload)];
    case 'member':
      return [line('outcome', 'accepted'), ...explanation.forms.flatMap(formatForm)];
  }
}

/** Formats an explanation as lines for a terminal, without a final line break. */
export function formatExplanation(explanation: ExplainedValue): string {
  return [
    line('type', explanation.identifierType),
    line('shape', explanation.shape),
    line('cleaned', visible(explanation.cleaned)),
    ...formatOutcome(explanation),
  ].join('\n');
}
