// line-parts.ts: the smaller parts that a line is made of: filled numbers and times, lists of redactions and notes. See tokens.ts for the manner.

import { skipTime } from "./time-token.ts";
import {
  ascii,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  type Literal,
  literal,
  OPEN_BRACKET,
  readInteger,
  skip,
  skipFilledString,
  skipInteger,
  skipString,
  startsWith,
  utf8,
} from "./tokens.ts";

const PATH = literal('{"path":');
const RULE = literal(',"rule":');
const ACTION = literal(',"action":');
const POLICY = literal(',"policy":');
const NOTE = literal(',"note":');
const NOTE_CODES = [
  ...["assigned", "missing", "duplicate_key", "replaced_characters", "wrong_type", "truncated"],
  ...["signature_valid", "signature_invalid", "signature_unknown_key", "signature_unsupported"],
].map((code) => literal(`"${code}"`));
const ZERO_TIME = literal('"1970-01-01T00:00:00.000000000Z"');

export function closing(b: Uint8Array, at: number): number {
  return at > 0 && b[at] === CLOSE_BRACE ? at + 1 : -1;
}

export function skipFilledTime(b: Uint8Array, at: number): number {
  return startsWith(b, at, ZERO_TIME) ? -1 : skipTime(b, at);
}

export function skipFilledInteger(b: Uint8Array, at: number, least: number, most: number): number {
  const end = skipInteger(b, at);
  if (end < 0) return -1;
  const value = readInteger(b, at, end);
  return value === 0 || value < least || value > most ? -1 : end;
}

export function skipOneOf(b: Uint8Array, at: number, choices: readonly Literal[]): number {
  for (const choice of choices) if (startsWith(b, at, choice)) return at + choice.bytes.length;
  return -1;
}

export function skipFilledList(b: Uint8Array, at: number, skipItem: (b: Uint8Array, at: number) => number): number {
  if (b[at] !== OPEN_BRACKET) return -1;
  for (let p = at + 1; ; p++) {
    p = skipItem(b, p);
    if (p < 0) return -1;
    if (b[p] === CLOSE_BRACKET) return p + 1;
    if (b[p] !== COMMA) return -1;
  }
}

export function skipRedaction(b: Uint8Array, at: number): number {
  let p = skip(b, at, PATH);
  if (p > 0) p = skipString(b, p);
  if (p > 0) p = skip(b, p, RULE);
  if (p > 0) p = skipString(b, p);
  if (p > 0) p = skip(b, p, ACTION);
  if (p > 0) p = skipString(b, p);
  if (p > 0 && startsWith(b, p, POLICY)) p = skipFilledString(b, p + POLICY.bytes.length);
  return closing(b, p);
}

/** Notes stand in order, each once. */
export function skipNotes(b: Uint8Array, at: number): number {
  let pathBefore: string | undefined;
  let noteBefore = "";
  return skipFilledList(b, at, (bytes, start) => {
    const path = skip(bytes, start, PATH);
    const pathEnd = path < 0 ? -1 : skipString(bytes, path);
    const note = pathEnd < 0 ? -1 : skip(bytes, pathEnd, NOTE);
    const end = note < 0 ? -1 : skipOneOf(bytes, note, NOTE_CODES);
    if (end < 0) return -1;
    const pathNow = decodeForOrder(bytes, path, pathEnd);
    const noteNow = ascii(bytes, note, end);
    if (pathBefore !== undefined && (pathNow < pathBefore || (pathNow === pathBefore && noteNow <= noteBefore))) return -1;
    pathBefore = pathNow;
    noteBefore = noteNow;
    return closing(bytes, end);
  });
}

/** A string's UTF-8 bytes as Latin-1 text, which compares as its code points do. */
function decodeForOrder(b: Uint8Array, start: number, end: number): string {
  const text = JSON.parse(utf8(b, start, end)) as string;
  return Buffer.from(text).toString("latin1");
}
