const notation = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** From here on doubles are no longer written digit by digit. Every identifier type rejects a number this long. */
const maxDigits = 18;

/**
 * The text of a number in a cell, given as JSON or an engine writes it: the digits of an integer, without point and
 * exponent, nothing for NaN, and for any other number the notation itself. The SQL of every engine does the same below
 * 1e18. No identifier type accepts a sign, a fraction, an infinity or a number of 1e18 and more, however it is written.
 *
 * Vectors: "819012345670.0" and "8.19012345670e11" give "819012345670"; "5.5" and "1e400" stay as they are.
 */
export function numberText(text: string): string {
  if (/^-?nan$/i.test(text)) return '';
  const [, sign = '', whole, fraction = '', exponent = '0'] = notation.exec(text) ?? [];
  if (whole === undefined) return text;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point > maxDigits && exponent !== '0') return text;
  const integer = digits
    .slice(0, Math.max(point, 0))
    .padEnd(point, '0')
    .replace(/^0+(?=.)/, '');
  return /[^0]/.test(digits.slice(Math.max(point, 0))) ? text : sign + (integer || '0');
}
