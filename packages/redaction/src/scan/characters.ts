// characters.ts: classes of characters as one table, and the text that scanners read. Scanners look at character codes
// through these four methods only, so that a test can count every look and prove that their number grows linearly.

/** What a scanner may do with a text: a string, or a test's counting stand-in. */
export type Text = Pick<string, "length" | "charCodeAt" | "slice" | "indexOf">;

export const DIGIT = 1;
export const LETTER = 2;
export const ALNUM = 3;
/** `A-Z a-z 0-9 _ -`: base64url, and what API keys are made of. */
export const KEY = 4;
/** RFC 9110 token68 without the padding: `A-Z a-z 0-9 - . _ ~ + /`. */
export const TOKEN68 = 8;
/** Names in query strings, forms and settings. */
export const NAME = 16;
/** Local part of an address, without what is more often a delimiter: `/ = ? & * { | } backquote`. */
export const LOCAL = 32;
export const HEX_LETTER = 64;
export const SPACE = 128;

const TABLE = new Uint8Array(128);
function mark(characters: string, bits: number): void {
  for (const character of characters) TABLE[character.charCodeAt(0)]! |= bits;
}
mark("0123456789", DIGIT | KEY | TOKEN68 | NAME | LOCAL);
mark("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", LETTER | KEY | TOKEN68 | NAME | LOCAL);
mark("abcdefABCDEF", HEX_LETTER);
mark("-_", KEY | TOKEN68 | NAME | LOCAL);
mark(".", TOKEN68 | NAME | LOCAL);
mark("~+", TOKEN68 | LOCAL);
mark("/", TOKEN68);
mark("[]%", NAME);
mark("!#$%^'", LOCAL);
mark(" \t\r\n\v\f", SPACE);

/** Has an ASCII character one of the classes? Never true for others, nor beyond the ends of a text. */
export function is(code: number, classes: number): boolean {
  return code < 128 && (TABLE[code]! & classes) !== 0;
}

/** The code at an index, 0 outside of the text. */
export function codeAt(text: Text, index: number): number {
  return index >= 0 && index < text.length ? text.charCodeAt(index) : 0;
}

/** A letter or digit of a script other than ASCII, roughly: what is not space, punctuation or a symbol. Halves of pairs count. */
export function isForeignLetter(code: number): boolean {
  if (code < 0xc0) return code === 0xaa || code === 0xb5 || code === 0xba;
  if (code === 0xd7 || code === 0xf7 || code === 0x3000 || code === 0xfeff) return false;
  if (code >= 0x2000 && code <= 0x2bff) return false;
  if (code >= 0x3001 && code <= 0x3020) return false;
  if (code >= 0xfe10 && code <= 0xfe6f) return false;
  if (code >= 0xff00 && code <= 0xff65)
    return (code >= 0xff10 && code <= 0xff19) || (code >= 0xff21 && code <= 0xff3a) || (code >= 0xff41 && code <= 0xff5a);
  return code < 0xfff0;
}

export function isWord(code: number): boolean {
  return code < 128 ? (TABLE[code]! & ALNUM) !== 0 : isForeignLetter(code);
}

/** White space of any kind, no-break spaces included. */
export function isSpace(code: number): boolean {
  return code < 128
    ? (TABLE[code]! & SPACE) !== 0
    : code === 0xa0 || code === 0x202f || code === 0x3000 || (code >= 0x2000 && code <= 0x200a);
}

/** The dashes that people and word processors put between digits. */
export function isDash(code: number): boolean {
  return code === 0x2d || (code >= 0x2010 && code <= 0x2015) || code === 0x2212;
}

export const DOUBLE_QUOTE = 0x22;
export const SINGLE_QUOTE = 0x27;
export const BACKQUOTE = 0x60;

export function isQuote(code: number): boolean {
  return code === DOUBLE_QUOTE || code === SINGLE_QUOTE || code === BACKQUOTE;
}
