import type { Problem } from './problems.ts';
import type { Json } from './references.ts';

/*
 * Facts about the text of a configuration that hold for JSON and for YAML.
 */

/** Reads a text that has passed `textProblem`. */
export type ParseText = (text: string) => Parsed;

export type Parsed = { value: Json } | { problems: Problem[] };

/** Objects and lists in each other, at most. More would exhaust the stack. */
export const maxDepth = 100;

export const tooDeep: Problem = { path: '', message: `is nested more than ${maxDepth} levels deep` };

export const repeatsKey = 'repeats a key of the same object; keep one of the two';

/** Describes a text that is empty or not UTF-8. The decoder has put U+FFFD for each byte that is not UTF-8. */
export function textProblem(text: string): Problem | undefined {
  if (text.includes('\0'))
    return {
      path: '',
      message: "is not UTF-8 text but looks like UTF-16, which older versions of PowerShell write with '>'",
      remedy: { kind: 'save' },
    };
  const badByte = text.indexOf('\ufffd');
  if (badByte >= 0)
    return { path: positionText(text, badByte), message: 'is not UTF-8 text', remedy: { kind: 'save' } };
  return text.trim() === '' ? { path: '', message: 'is empty', remedy: { kind: 'fill' } } : undefined;
}

/** Describes a fault at an offset. The text around it is not quoted, since it may be a secret. */
export function problemAt(text: string, offset: number, message: string): Problem {
  return { path: positionText(text, offset), message, remedy: { kind: 'edit' } };
}

function positionText(text: string, offset: number): string {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return `line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
}
