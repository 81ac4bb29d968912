// safe-text.ts: texts of strangers on a terminal. A record's names are chosen by its sender: shown raw, they could move the cursor,
// recolour other lines, or turn the reading order around.

/** Controls, invisible format characters such as bidirectional overrides, and line separators. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The same text with each of those shown as `\\u{…}`. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
