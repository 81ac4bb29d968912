// credentials.ts: the schemes of an Authorization header (RFC 7617 Basic, RFC 6750 Bearer), wherever they are quoted.
// Only what follows the scheme is found; sentences about bearers and basics are left alone.

import { isRedacted } from "../shapes.ts";
import { ALNUM, codeAt, DIGIT, is, isQuote, isSpace, type Text, TOKEN68 } from "./characters.ts";
import type { Findings } from "./findings.ts";

const LONG_ENOUGH = 20;

/** At white space after `r` or `c`, the last letter of a scheme. */
export function scanScheme(text: Text, space: number, state: Findings): void {
  const last = codeAt(text, space - 1) | 0x20;
  if (last !== 0x72 && last !== 0x63) return;
  const bearer = last === 0x72;
  const name = bearer ? "bearer" : "basic";
  const start = space - name.length;
  if (start < 0 || is(codeAt(text, start - 1), ALNUM) || text.slice(start, space).toLowerCase() !== name) return;
  let from = space;
  while (isSpace(codeAt(text, from))) from++;
  let end = from;
  while (is(codeAt(text, end), TOKEN68)) end++;
  const letters = end;
  while (codeAt(text, end) === 0x3d) end++;
  if (end === from) return;
  // `Bearer realm="…"` is a challenge, not an answer.
  if (end === letters + 1 && isQuote(codeAt(text, end)) && /^[a-z_]{2,16}$/.test(text.slice(from, Math.min(letters, from + 17))))
    return;
  if (end - from <= 80 && isRedacted(text.slice(from, end))) return;
  const isCredential = bearer ? isBearer(text, start, from, end) : isBasic(text, from, end);
  if (isCredential) state.add(name, from, end);
}

function isBearer(text: Text, start: number, from: number, end: number): boolean {
  if (end - from >= LONG_ENOUGH) return true;
  for (let index = from; index < end; index++) if (is(text.charCodeAt(index), DIGIT)) return true;
  // A short one without a digit is a word, unless it stands where only a credential does.
  const before = codeAt(text, start - 1);
  const header =
    start === 0 || isQuote(before) || before === 0x3a || before === 0x3d || (before === 0x20 && codeAt(text, start - 2) === 0x3a);
  return header && !(isSpace(codeAt(text, end)) && end + 1 < text.length);
}

function isBasic(text: Text, from: number, end: number): boolean {
  const pair = Buffer.from(text.slice(from, end), "base64").toString("latin1");
  return /^[\x20-\x7e\x80-\xff]*:[\x20-\x7e\x80-\xff]*$/.test(pair);
}
