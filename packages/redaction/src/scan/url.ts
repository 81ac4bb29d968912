// url.ts: secrets that are written beside their name: `user:pass@host`, `?token=…`, `password=…` in forms and settings,
// and `"password":"…"` in JSON that is cut off or otherwise broken. Names are those of the key rules.

import { isRedacted } from "../shapes.ts";
import { codeAt, is, isQuote, isSpace, NAME, type Text } from "./characters.ts";
import { type Findings, isUrlBreak } from "./findings.ts";

const MAX_NAME = 64;
const MAX_GAP = 2;
/** No result of a redaction is longer. */
const MAX_REDACTED = 80;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const SCHEME_WORD = /^(?:bearer|basic|digest|token|negotiate|apikey)$/i;

/** At the `:` of `://`: the password before the host, or the user when it is itself a token. */
export function scanAuthority(text: Text, colon: number, state: Findings): void {
  if (colon < state.authorityUntil) return;
  const start = colon + 3;
  let at = -1;
  let password = -1;
  let end = start;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === 0x40) at = end;
    else if (code === COLON && password < 0) password = end + 1;
    else if (code === 0x2f || code === 0x3f || code === 0x23 || isUrlBreak(code)) break;
  }
  if (at < 0) {
    // A password with a `/`, `?` or `#` in it: what follows the colon is no port, and an `@` comes later.
    if (
      password < 0 ||
      codeAt(text, start) === 0x5b ||
      password === end ||
      /^\d+$/.test(text.slice(password, Math.min(end, password + 6)))
    )
      return;
    const next = state.nextAt(end);
    if (next >= text.length || next > state.nextBreak(end)) return;
    at = next;
  }
  state.authorityUntil = at;
  if (text.slice(Math.max(0, colon - 6), colon).toLowerCase() !== "mailto") state.hostAt = at;
  const from = password >= 0 && password < at ? password : start;
  if (from === at || (from === start && !isTokenLike(text.slice(start, at)))) return;
  if (at - from > MAX_REDACTED || !isRedacted(text.slice(from, at))) state.add("url_credentials", from, at);
}

function isTokenLike(user: string): boolean {
  return user.length >= LONG_USER && /\d/.test(user) && !user.includes(".");
}
const LONG_USER = 20;

/** At `=`: the value, when the name before it is secret. */
export function scanEquals(text: Text, equals: number, state: Findings): void {
  if (equals < state.assignedUntil || equals + 1 >= text.length) return;
  let nameEnd = equals;
  while (equals - nameEnd < MAX_GAP && codeAt(text, nameEnd - 1) === 0x20) nameEnd--;
  let start = nameEnd;
  while (nameEnd - start <= MAX_NAME && is(codeAt(text, start - 1), NAME)) start--;
  if (nameEnd - start < 2 || nameEnd - start > MAX_NAME) return;
  let from = equals + 1;
  if (text.charCodeAt(from) === 0x3e) from++; // =>
  while (from - equals <= MAX_GAP && codeAt(text, from) === 0x20) from++;
  if (codeAt(text, from) === 0x3d || from >= text.length) return;
  if (!state.isSecretName(text.slice(start, nameEnd))) return;
  const before = codeAt(text, start - 1);
  assign(text, from, before === 0x3f || before === 0x26 ? "url_credentials" : "assignment", state);
}

/** At `:` behind a quote or a word: a member of broken JSON, or `name: value` with a digit in the value. */
export function scanColon(text: Text, colon: number, state: Findings): void {
  if (colon < state.assignedUntil || colon + 1 >= text.length) return;
  let nameEnd = colon;
  while (colon - nameEnd < MAX_GAP && codeAt(text, nameEnd - 1) === 0x20) nameEnd--;
  const quote = codeAt(text, nameEnd - 1);
  const quoted = isQuote(quote);
  if (!quoted && (nameEnd !== colon || !isSpace(codeAt(text, colon + 1)))) return;
  if (quoted) {
    nameEnd--;
    while (codeAt(text, nameEnd - 1) === BACKSLASH && colon - nameEnd < MAX_NAME) nameEnd--;
  }
  let start = nameEnd;
  while (
    start > 0 &&
    nameEnd - start <= MAX_NAME &&
    (quoted ? text.charCodeAt(start - 1) !== quote : is(text.charCodeAt(start - 1), NAME))
  )
    start--;
  if (nameEnd - start < 2 || nameEnd - start > MAX_NAME) return;
  if (!state.isSecretName(text.slice(start, nameEnd))) return;
  let from = colon + 1;
  while (from - colon <= MAX_NAME && isSpace(codeAt(text, from))) from++;
  if (quoted || hasDigit(text, from)) assign(text, from, "assignment", state, quoted);
}

function hasDigit(text: Text, from: number): boolean {
  for (let index = from; index < from + MAX_NAME; index++) {
    const code = codeAt(text, index);
    if (isValueEnd(code)) return false;
    if (code >= 0x30 && code <= 0x39) return true;
  }
  return true;
}

function assign(text: Text, from: number, detector: "url_credentials" | "assignment", state: Findings, member = false): void {
  let start = from;
  while (codeAt(text, start) === BACKSLASH) start++;
  const quote = codeAt(text, start);
  let end: number;
  if (isQuote(quote)) {
    end = closingQuote(text, start, start - from);
    start++;
  } else if (quote === 0x7b || quote === 0x5b) {
    end = closingBracket(text, start);
  } else {
    start = from;
    end = valueEnd(text, start);
    if (member) end = memberEnd(text, start, end);
    else if (end - start <= 9 && isSpace(codeAt(text, end)) && SCHEME_WORD.test(text.slice(start, end)))
      end = valueEnd(text, end + 1);
  }
  state.assignedUntil = end;
  if (end <= start) return;
  const value = text.slice(start, Math.min(end, start + MAX_REDACTED));
  if (end - start <= MAX_REDACTED && (isRedacted(value) || /^(?:null|none|undefined)[,}\])]*$/i.test(value))) return;
  state.add(detector, start, end);
}

function valueEnd(text: Text, from: number): number {
  let end = from;
  while (
    end < text.length &&
    !isValueEnd(text.charCodeAt(end)) &&
    !(text.charCodeAt(end) === BACKSLASH && isQuote(codeAt(text, end + 1)))
  )
    end++;
  return end;
}

/** A bare value in JSON ends at a comma or a bracket too. */
function memberEnd(text: Text, start: number, end: number): number {
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x2c || code === 0x7d || code === 0x5d) return index;
  }
  return end;
}

function isValueEnd(code: number): boolean {
  return code === 0x26 || code === 0x3b || code === 0x3c || code === 0x3e || isQuote(code) || code <= 0x20 || isSpace(code);
}

/** The next such quote with no more backslashes before it than the opening one has; the end of the text when it was cut. */
function closingQuote(text: Text, open: number, backslashes: number): number {
  const quote = text.charCodeAt(open);
  let escapes = 0;
  for (let index = open + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === quote && escapes <= backslashes) return index - escapes;
    escapes = code === BACKSLASH ? escapes + 1 : 0;
    // Two backslashes in plain JSON are one character, and escape nothing.
    if (backslashes === 0 && escapes === 2) escapes = 0;
  }
  return text.length;
}

function closingBracket(text: Text, open: number): number {
  let depth = 0;
  for (let index = open; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x22) {
      index = closingQuote(text, index, 0);
    } else if (code === 0x7b || code === 0x5b) {
      depth++;
    } else if ((code === 0x7d || code === 0x5d) && --depth === 0) {
      return index + 1;
    }
  }
  return text.length;
}
