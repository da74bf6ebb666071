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
 * What a value looks like, for a report that must not hold the value: every letter of any script as "a", every decimal
 * digit as "0", "@ . + -" and the space kept, the rest "?", cut at 40 characters.
 * Example: "John.Smith(at)mail" gives "aaaa.aaaaa?aa?aaaa".
 */
export function shapeOf(raw: string): string {
  // A code point takes at most two units, so nothing behind this can show; a million-character cell stays cheap.
  const characters = Array.from(raw.slice(0, 2 * maxCharacters)).slice(0, maxCharacters);
  return characters.map(shapeOfCharacter).join('');
}
