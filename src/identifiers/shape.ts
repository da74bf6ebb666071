const maxCharacters = 40;
const letter = /^\p{L}$/u;
const digit = /^\p{Nd}$/u;
const kept = '@.+- ';

function shapeOfCharacter(character: string): string {
  if (kept.includes(character)) return character;
  if (letter.test(character)) return 'a';
  return digit.test(character) ? '0' : '?';
}

/**
 * Returns the shape of a value, for reports that must not hold the value. Letters of any script become "a", decimal
 * digits "0"; "@ . + -" and the space are kept; all else becomes "?". Cut at 40 characters. Example:
 * "John.Smith(at)mail" gives "aaaa.aaaaa?aa?aaaa".
 */
export function shapeOf(raw: string): string {
  // A code point takes at most two units, so no more of them are needed. A cell of a million characters stays cheap.
  const characters = Array.from(raw.slice(0, 2 * maxCharacters)).slice(0, maxCharacters);
  return characters.map(shapeOfCharacter).join('');
}
