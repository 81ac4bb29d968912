// digits.ts: numbers made of groups of digits, one separator apart: payment cards (ISO/IEC 7812, Luhn) and US social
// security numbers.

import { ALNUM, codeAt, DIGIT, HEX_LETTER, is, isDash, isSpace, LETTER, type Text } from "./characters.ts";
import type { Findings } from "./findings.ts";

const MAX_CARD = 19;
const MIN_CARD = 13;
/** Length of a social security number; a card number is longer. */
const STRIDE = 11;
/** More letters than this beside a number are not a word in front of it but a blob around it. */
const MAX_WORD = 32;

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isSeparator = (code: number): boolean =>
  code === 0x20 || isDash(code) || code === 0xa0 || code === 0x202f || code === 0x2009;

/**
 * Finds card and social security numbers. Both are at least eleven characters of digits with single separators, so it is enough
 * to look at every eleventh character, and around it where that is a digit or a separator.
 */
export function scanDigits(text: Text, state: Findings): void {
  let floor = 0;
  for (let at = STRIDE - 1; at < text.length; at += STRIDE) {
    const code = text.charCodeAt(at);
    if (!isDigit(code) && !isSeparator(code)) continue;
    // Eleven characters around this one reach five to one of the sides.
    if (!mayBeInRegion(codeAt(text, at - 5)) && !mayBeInRegion(codeAt(text, at + 5))) continue;
    let start = at;
    while (start > floor && inRegion(text, start - 1)) start--;
    let end = at;
    while (end < text.length && inRegion(text, end)) end++;
    if (end - start >= STRIDE) scanRegion(text, start, end, state);
    floor = end;
    if (end > at) at += end - at - ((end - at) % STRIDE);
  }
}

const mayBeInRegion = (code: number): boolean => isDigit(code) || isSeparator(code);

/** A digit, or a separator with digits on both sides. */
function inRegion(text: Text, at: number): boolean {
  const code = text.charCodeAt(at);
  return isDigit(code) || (isSeparator(code) && isDigit(codeAt(text, at - 1)) && isDigit(codeAt(text, at + 1)));
}

function scanRegion(text: Text, start: number, end: number, state: Findings): void {
  for (let group = start; group < end; ) {
    const ssn = ssnEnd(text, group, start, end);
    if (ssn > 0) state.add("ssn", group, ssn);
    const card = cardEnd(text, group, start, end);
    if (card > 0) state.add("card", group, card);
    while (group < end && isDigit(text.charCodeAt(group))) group++;
    group++;
  }
}

/**
 * Where the longest card number that begins with this group ends, 0 when there is none. Its groups are whole groups; they are
 * one, or spelled as cards are (4-4-4-4, 4-6-5, …), or all there is in the region. Looks at no more than 38 characters.
 */
function cardEnd(text: Text, group: number, regionStart: number, regionEnd: number): number {
  if (!mayIssue(text.charCodeAt(group))) return 0;
  // A spelling of its own only when it is all there is; else one of those that cards have.
  const alone = group === regionStart && regionEnd - group < 2 * MAX_CARD && !isHyphenated(text, group, regionEnd);
  if (!alone && !isFirstGroup(text, group)) return 0;
  let digits = "";
  let grouping = "";
  let length = 0;
  let best = 0;
  for (let at = group; at < regionEnd && digits.length <= MAX_CARD; at++) {
    const code = text.charCodeAt(at);
    if (!isDigit(code)) {
      grouping += length;
      length = 0;
      continue;
    }
    digits += String.fromCharCode(code);
    length++;
    const end = at + 1;
    if (end < regionEnd && isDigit(text.charCodeAt(end))) continue;
    if (digits.length < MIN_CARD || digits.length > MAX_CARD) continue;
    const spelling =
      grouping === "" ||
      CARD_GROUPINGS.has(grouping + length) ||
      (group === regionStart && end === regionEnd && !isHyphenated(text, group, end));
    if (spelling && isIssued(digits) && luhn(digits) && !isEmbedded(text, group, end)) best = end;
  }
  return best;
}

const CARD_GROUPINGS = new Set([
  "4441",
  "4444",
  "465",
  "464",
  "44441",
  "44442",
  "44443",
  "4443",
  "442",
  "4442",
  "8444",
  "88",
  "613",
]);

/** Long enough for a whole number, or as long as the first group of a spelling. */
function isFirstGroup(text: Text, group: number): boolean {
  let end = group;
  while (end - group < MIN_CARD && isDigit(codeAt(text, end))) end++;
  const length = end - group;
  return length === 4 || length === 6 || length === 8 || length === MIN_CARD;
}

function mayIssue(code: number): boolean {
  return code >= 0x32 && code <= 0x36; // 2 to 6
}

const range = (digits: string, length: number, from: number, to: number): boolean => {
  const prefix = Number(digits.slice(0, length));
  return prefix >= from && prefix <= to;
};

/** Issuer prefixes with the lengths that they come in. */
function isIssued(digits: string): boolean {
  const length = digits.length;
  switch (digits.charAt(0)) {
    case "2":
      return length >= 16 && (range(digits, 4, 2221, 2720) ? length === 16 : range(digits, 4, 2200, 2204)); // Mastercard, Mir
    case "3":
      if (range(digits, 2, 34, 34) || range(digits, 2, 37, 37)) return length === 15; // American Express
      if (range(digits, 4, 3528, 3589)) return length >= 16; // JCB
      return (
        length >= 14 &&
        (range(digits, 3, 300, 305) || range(digits, 4, 3095, 3095) || range(digits, 2, 36, 36) || range(digits, 2, 38, 39))
      ); // Diners
    case "4":
      return length === 13 || length === 16 || length === 19; // Visa
    case "5":
      if (range(digits, 2, 51, 55)) return length === 16; // Mastercard
      return /^(?:5018|5020|5038|5893|508)/.test(digits); // Maestro, RuPay
    case "6":
      if (/^(?:6304|6759|676[1-3])/.test(digits)) return true; // Maestro
      return length >= 16 && /^(?:6011|64[4-9]|65|62|60|81|82)/.test(digits); // Discover, UnionPay, RuPay
    default:
      return false;
  }
}

function luhn(digits: string): boolean {
  let sum = 0;
  for (let index = digits.length - 1, double = false; index >= 0; index--, double = !double) {
    const digit = digits.charCodeAt(index) - 0x30;
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10 === 0;
}

/** Tied to letters by a dash, as the groups of a UUID are. */
function isHyphenated(text: Text, start: number, end: number): boolean {
  return (
    (isDash(codeAt(text, start - 1)) && is(codeAt(text, start - 2), ALNUM)) ||
    (isDash(codeAt(text, end)) && is(codeAt(text, end + 1), ALNUM))
  );
}

/** Part of a hash, an id or a decimal fraction? Then it is a coincidence. */
function isEmbedded(text: Text, start: number, end: number): boolean {
  if (codeAt(text, start - 1) === 0x2e && isDigit(codeAt(text, start - 2))) return true;
  if (codeAt(text, end) === 0x2e && isDigit(codeAt(text, end + 1))) return true;
  let letters = 0;
  let hex = 0;
  for (const step of [-1, 1]) {
    let at = step < 0 ? start - 1 : end;
    for (; letters <= MAX_WORD && is(codeAt(text, at), LETTER); at += step) {
      letters++;
      if (is(text.charCodeAt(at), HEX_LETTER)) hex++;
    }
    if (letters > MAX_WORD || (is(codeAt(text, at), DIGIT) && at !== start - 1 && at !== end)) return true;
  }
  return letters > 0 && hex === letters;
}

/** `AAA-GG-SSSS` or `AAA GG SSSS` with numbers that can have been issued: end, or 0. */
function ssnEnd(text: Text, group: number, regionStart: number, regionEnd: number): number {
  const end = group + 11;
  if (end > regionEnd) return 0;
  const separator = text.charCodeAt(group + 3);
  const dashed = isDash(separator);
  if (!isSeparator(separator) || text.charCodeAt(group + 6) !== separator) return 0;
  const [area, middle, serial] = [text.slice(group, group + 3), text.slice(group + 4, group + 6), text.slice(group + 7, end)];
  if (!/^\d{3}$/.test(area) || !/^\d{2}$/.test(middle) || !/^\d{4}$/.test(serial)) return 0;
  if (area === "000" || area === "666" || area >= "900" || middle === "00" || serial === "0000") return 0;
  if (end < regionEnd && isDigit(text.charCodeAt(end))) return 0;
  // In a longer row of groups only a dashed number between spaces stands by itself.
  if (group > regionStart && !(dashed && isSpace(text.charCodeAt(group - 1)))) return 0;
  if (end < regionEnd && !(dashed && isSpace(text.charCodeAt(end)))) return 0;
  return is(codeAt(text, group - 1), ALNUM) || is(codeAt(text, end), ALNUM) ? 0 : end;
}
