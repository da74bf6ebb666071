/** Tells whether a body is HTML or XML: no JSON begins so. */
export function isPage(text: string | undefined): boolean {
  return text !== undefined && /^[\s\uFEFF]*</.test(text);
}
