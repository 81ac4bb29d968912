// bytes.ts: looks at the UTF-8 bytes of a text before it becomes a string: is it plain, so that no rule of any policy can find
// anything in it and JSON spells it as it stands? Most texts are, and then no string is ever made of them. What is said here to be
// plain, the scanners would pass over; the other way round it may err. Hot; linear.

import { KEY_PREFIXES } from "./api-keys.ts";
import { ALNUM, DIGIT, HEX_LETTER, is, KEY, LETTER } from "./characters.ts";
import { SHORTEST } from "./scanner.ts";
import { lastLetters, SHORTEST_LONG } from "./triggers.ts";

// What a byte is, as far as it matters. 0: nothing, whatever stands around it.
const NEVER = 1; // escaped in JSON, not ASCII, or a finding by itself
const BLANK = 2;
const DASH = 3;
const UNDERSCORE = 4;
const DOT = 5;
const COLON = 6;
const NUMBER = 7;
const CAPITAL_I = 8;
const CAPITAL_J = 9;
const CAPITAL_K = 10;
const PERCENT = 11;

const CLASS = new Uint8Array(256);
CLASS.fill(NEVER, 0x80);
CLASS.fill(NEVER, 0, 0x20);
for (const character of '"\\@=') CLASS[character.charCodeAt(0)] = NEVER;
for (const [character, what] of [
  ...([" ", "-", "_", ".", ":"].map((text, i) => [text, BLANK + i]) as [string, number][]),
  ["I", CAPITAL_I],
  ["J", CAPITAL_J],
  ["K", CAPITAL_K],
  ["%", PERCENT],
] as const)
  CLASS[character.charCodeAt(0)] = what;
CLASS.fill(NUMBER, 0x30, 0x3a);

/** What must be escaped in a JSON string or is not ASCII. */
const UNSPELLED = new Uint8Array(256);
UNSPELLED.fill(1, 0x80);
UNSPELLED.fill(1, 0, 0x20);
UNSPELLED[0x22] = 1;
UNSPELLED[0x5c] = 1;

/**
 * What a byte is, as one bit, and in the byte above for what bytes behind it something may begin: a look at both answers most questions, and
 * there is nothing to be guessed wrong on the way.
 */
const LOOKS = new Uint16Array(256);
/** These are looked at whatever stands before them. */
const ALONE = 1;
const IS_NUMBER = 1 << 6;
const BITS = new Map([NEVER, COLON, CAPITAL_I, CAPITAL_K, PERCENT].map((what) => [what, ALONE]));
for (const [bit, what] of [BLANK, DASH, UNDERSCORE, DOT, CAPITAL_J, NUMBER].entries()) BITS.set(what, 2 << bit);
for (let byte = 0; byte < 256; byte++) LOOKS[byte] = (BITS.get(CLASS[byte]!) ?? 0) | (ALONE << 8);
for (const [what, before] of [
  [BLANK, "rRcC"], // bearer, basic
  [DASH, `-${lastLetters("-")}`],
  [UNDERSCORE, lastLetters("_")],
  [DOT, lastLetters(".")],
  [CAPITAL_J, "y"],
  [NUMBER, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"], // an IBAN
] as const)
  for (const character of before) LOOKS[character.charCodeAt(0)]! |= BITS.get(what)! << 8;
/** In card and social security numbers: 1 a separator, 2 a digit. */
const IN_NUMBER = new Uint8Array(256);
IN_NUMBER[0x20] = 1;
IN_NUMBER[0x2d] = 1;
IN_NUMBER.fill(2, 0x30, 0x3a);
/** By the last two bytes of a prefix, its mark and the letter before it. */
const PREFIXES = new Map<number, string[]>();
for (const prefix of KEY_PREFIXES) {
  const pair = (prefix.charCodeAt(prefix.length - 2) << 8) | prefix.charCodeAt(prefix.length - 1);
  PREFIXES.set(pair, [...(PREFIXES.get(pair) ?? []), prefix]);
}
const NO_PREFIXES: readonly string[] = [];
const LONGEST_PREFIX = Math.max(...KEY_PREFIXES.map((prefix) => prefix.length));
const SHORTEST_IBAN = 15;
/** Card and social security numbers have at least so many characters. */
const STRIDE = 11;

/** Whether the bytes are ASCII that JSON spells as it stands between quotes. */
export function isSpelledAsIs(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (UNSPELLED[bytes[at]!] === 1) return false;
  return true;
}

/**
 * Copies the text in bytes `start` to `end` to `at` in `target`, if it is ASCII that JSON spells as it stands, and that every redactor returns as
 * it is, whatever its policy's value rules. False says nothing, and anything may have been copied: make a string of it and ask the redactor.
 * @param target has room for it
 */
export function copyPlain(bytes: Uint8Array, start: number, end: number, target: Uint8Array, at: number): boolean {
  const length = end - start;
  if (length < SHORTEST) return copySpelled(bytes, start, end, target, at);
  const first = bytes[start]!;
  // JSON may begin here, or behind white space.
  if (first === 0x7b || first === 0x5b || first === 0x20) return false;
  const offset = at - start;
  let wanted = ALONE;
  let seen = 0;
  for (let from = start; from < end; from++) {
    const byte = bytes[from]!;
    const looks = LOOKS[byte]!;
    if ((looks & wanted) !== 0 && mayFind(CLASS[byte]!, bytes, from, start, end)) return false;
    seen |= looks;
    wanted = looks >> 8;
    target[from + offset] = byte;
  }
  if ((seen & IS_NUMBER) === 0) return true;
  for (let from = start + STRIDE - 1; from < end; from += STRIDE) {
    if (IN_NUMBER[bytes[from]!] !== 0 && isLongNumber(bytes, from, start, end)) return false;
  }
  return true;
}

/** As {@link copyPlain}, of a text that no rule is asked about. */
export function copySpelled(bytes: Uint8Array, start: number, end: number, target: Uint8Array, at: number): boolean {
  for (let from = start, to = at; from < end; from++, to++) {
    const byte = bytes[from]!;
    if (UNSPELLED[byte] === 1) return false;
    target[to] = byte;
  }
  return true;
}

function mayFind(what: number, bytes: Uint8Array, at: number, start: number, end: number): boolean {
  switch (what) {
    case BLANK: {
      // Bearer, Basic: a scheme of five letters at least.
      return at - start >= 5 && isScheme(bytes, at, (bytes[at - 1]! | 0x20) === 0x72);
    }
    case NUMBER:
      return end - start >= SHORTEST_IBAN && isIbanStart(bytes, at, start, end);
    case DOT:
    case UNDERSCORE:
      return isPrefixEnd(bytes, at, start, end);
    case DASH:
      return bytes[at - 1] === 0x2d || isPrefixEnd(bytes, at, start, end);
    case COLON:
      return isTellingColon(bytes, at, start, end);
    case CAPITAL_I:
      return at + 1 < end && (bytes[at + 1] === 0x7a || bytes[at + 1] === 0x41);
    case CAPITAL_J:
      return at > start + 1 && bytes[at - 2] === 0x65;
    case CAPITAL_K:
      return at + 32 < end && isHexDigit(bytes[at + 1]!) && isHexDigit(bytes[at + 2]!) && isHexDigit(bytes[at + 3]!);
    case PERCENT:
      return at + 2 < end && bytes[at + 1] === 0x34 && bytes[at + 2] === 0x30;
    default:
      return true;
  }
}

function isScheme(bytes: Uint8Array, blank: number, bearer: boolean): boolean {
  const name = bearer ? "beare" : "basi";
  for (let i = 0; i < name.length; i++) if ((bytes[blank - 1 - name.length + i]! | 0x20) !== name.charCodeAt(i)) return false;
  return true;
}

/** At `-`, `_` or `.`: a known prefix before it, and eight characters of a key behind it. */
function isPrefixEnd(bytes: Uint8Array, at: number, start: number, end: number): boolean {
  if (end - start < SHORTEST_LONG || end - at < 9) return false;
  let from = at;
  while (from > start && at - from < LONGEST_PREFIX && is(bytes[from - 1]!, ALNUM)) from--;
  for (const prefix of PREFIXES.get((bytes[at - 1]! << 8) | bytes[at]!) ?? NO_PREFIXES)
    if (prefix.length === at + 1 - from && isAt(bytes, from, prefix)) return isKeyRun(bytes, at + 1);
  return false;
}

/** Eight characters of a key; there are as many. */
function isKeyRun(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < from + 8; at++) if (!is(bytes[at]!, KEY)) return false;
  return true;
}

function isAt(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** At `:`: a URL with credentials or an odd port, or `name: value`, or a member of JSON. */
function isTellingColon(bytes: Uint8Array, colon: number, start: number, end: number): boolean {
  let before = colon - 1;
  while (before > start && bytes[before] === 0x20) before--;
  if (before >= start && (bytes[before] === 0x27 || bytes[before] === 0x60 || bytes[before] === 0x22)) return true;
  if (colon + 1 >= end) return false;
  if (bytes[colon + 1]! === 0x20) return true;
  if (bytes[colon + 1] !== 0x2f || colon + 2 >= end || bytes[colon + 2] !== 0x2f) return false;
  for (let at = colon + 3; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === 0x2f || byte === 0x3f || byte === 0x23 || byte === 0x20 || byte === 0x3c || byte === 0x3e || byte === 0x60)
      break;
    if (byte === 0x3a && !isPort(bytes, at + 1, end)) return true;
  }
  return false;
}

/** Digits up to the end of the authority. */
function isPort(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from;
  while (at < end && is(bytes[at]!, DIGIT)) at++;
  return at >= end || bytes[at] === 0x2f || bytes[at] === 0x3f || bytes[at] === 0x23 || bytes[at] === 0x20;
}

/** At the first digit: two letters before it, another digit behind it, and nothing that makes them part of a word. */
function isIbanStart(bytes: Uint8Array, at: number, start: number, end: number): boolean {
  if (at < start + 2 || end - at < 13 || !is(bytes[at - 1]!, LETTER) || !is(bytes[at - 2]!, LETTER)) return false;
  if (!is(bytes[at + 1]!, DIGIT) || (at > start + 2 && is(bytes[at - 3]!, ALNUM))) return false;
  for (let i = at + 2; i < at + 13; i++) if (!is(bytes[i]!, ALNUM) && bytes[i] !== 0x20 && bytes[i] !== 0x2d) return false;
  return true;
}

/** Whether eleven characters or more around this one are digits with single separators, read a little more generously than digits.ts does. */
function isLongNumber(bytes: Uint8Array, at: number, start: number, end: number): boolean {
  if (!inRegion(bytes, at, start, end)) return false;
  let from = at;
  while (from > start && inRegion(bytes, from - 1, start, end)) from--;
  let to = at + 1;
  while (to < end && inRegion(bytes, to, start, end)) to++;
  return to - from >= STRIDE;
}

/** A digit, or a separator between digits. */
function inRegion(bytes: Uint8Array, at: number, start: number, end: number): boolean {
  const what = IN_NUMBER[bytes[at]!]!;
  if (what !== 1) return what === 2;
  return at > start && at + 1 < end && IN_NUMBER[bytes[at - 1]!] === 2 && IN_NUMBER[bytes[at + 1]!] === 2;
}

function isHexDigit(byte: number): boolean {
  return is(byte, DIGIT) || (is(byte, HEX_LETTER) && byte > 0x60);
}
