// email.ts: e-mail addresses (RFC 5321, RFC 6531) around an `@` or its `%40`. Knows what only looks like one: packages
// with a version, remote hosts of git, retina images, systemd units.

import { codeAt, DOUBLE_QUOTE, is, isForeignLetter, isWord, LOCAL, type Text } from "./characters.ts";
import type { Findings } from "./findings.ts";

// No top level domains, but endings of names with an `@` in them.
const NOT_A_DOMAIN = new Set(
  (
    "service socket slice scope timer mount automount swap " +
    "png jpg jpeg gif webp svg ico js mjs cjs ts tsx jsx json css scss html tgz gz jar whl exe dll txt yaml yml"
  ).split(" "),
);
const ROLE_ACCOUNTS = new Set(["git", "hg", "svn"]);
const VERSION = /^v?\d+\.\d+\.\d+(?:[-+.]|$)/;
const RETINA = /^\d(?:\.\d)?x\.[a-z0-9]+$/i;

/** Looks for an address whose `@` (`width` characters wide) is at `at`. Reaches back to the last `@`, forward to the next. */
export function scanEmail(text: Text, at: number, width: number, state: Findings): void {
  const floor = state.afterAt;
  state.afterAt = at + width;
  if (at === state.hostAt) return;
  const start = localStart(text, at, floor);
  if (start === at) return;
  const end = domainEnd(text, at + width);
  if (end === 0) return;
  if (at - start <= 3 && ROLE_ACCOUNTS.has(text.slice(start, at))) return;
  state.add("email", start, end);
}

function localStart(text: Text, at: number, floor: number): number {
  if (codeAt(text, at - 1) === DOUBLE_QUOTE) {
    // A quoted local part: "john doe"@example.com
    for (let quote = at - 2; quote >= floor; quote--)
      if (text.charCodeAt(quote) === DOUBLE_QUOTE) return quote === at - 2 ? at : quote;
    return at;
  }
  let start = at;
  while (start > floor && isLocal(text.charCodeAt(start - 1))) start--;
  while (start < at && !isWord(text.charCodeAt(start)) && text.charCodeAt(start) !== 0x5f) start++;
  return start;
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

function isLocal(code: number): boolean {
  return code < 128 ? is(code, LOCAL) : isForeignLetter(code);
}

function isDomain(code: number): boolean {
  return isWord(code) || code === 0x2d || code === 0x2e;
}

/** End of the longest domain that starts here, 0 when there is none. */
function domainEnd(text: Text, start: number): number {
  if (codeAt(text, start) === 0x5b) return literalEnd(text, start);
  let end = start;
  while (
    end < text.length &&
    isDomain(text.charCodeAt(end)) &&
    !(text.charCodeAt(end) === 0x2e && codeAt(text, end - 1) === 0x2e)
  )
    end++;
  if (!isWord(codeAt(text, start))) return 0;
  // From the last label backwards: `a@b.com.` and `a@b.com.1` end in .com
  for (let stop = end; stop > start; ) {
    while (stop > start && !isWord(text.charCodeAt(stop - 1))) stop--;
    let dot = stop - 1;
    while (dot > start && text.charCodeAt(dot) !== 0x2e) dot--;
    if (dot <= start) return 0;
    if (isTopLevel(text, dot + 1, stop)) return isLookalike(text, start, stop) ? 0 : stop;
    stop = dot;
  }
  return 0;
}

function isTopLevel(text: Text, start: number, end: number): boolean {
  if (end - start < 2) return false;
  if (end - start > 4 && text.slice(start, start + 4).toLowerCase() === "xn--") return true;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    if (!isWord(code) || (code >= 0x30 && code <= 0x39)) return false;
  }
  return end - start > 10 || !NOT_A_DOMAIN.has(text.slice(start, end).toLowerCase());
}

function isLookalike(text: Text, start: number, end: number): boolean {
  // Both begin with a digit, or with a `v` before one.
  if (!isDigit(codeAt(text, start)) && !isDigit(codeAt(text, start + 1))) return false;
  const domain = text.slice(start, Math.min(end, start + 64));
  return VERSION.test(domain) || RETINA.test(domain);
}

/** `[192.0.2.1]` or `[IPv6:2001:db8::1]`. */
function literalEnd(text: Text, start: number): number {
  const literal = /^\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9a-f:.]{2,45})\]/i.exec(text.slice(start, start + 56));
  return literal === null ? 0 : start + literal[0].length;
}

/** One spelling for one address. The domain has no case (RFC 5321 2.4), the local part is the host's own business. */
export function canonicalEmail(address: string): string {
  const plain = address.includes("@") ? address : percentDecoded(address);
  const at = plain.lastIndexOf("@");
  return plain.slice(0, at) + plain.slice(at).toLowerCase();
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace("%40", "@");
  }
}
