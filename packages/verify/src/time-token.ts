// time-token.ts: the spelling of times in a line, checked on their bytes; see tokens.ts for the manner.

import { ascii, COLON, DOT, isDigit, MINUS, QUOTE, viewOf, wordAt, ZERO } from "./tokens.ts";

const TIME_CHARS = 30;
const LAST_TIME = "2554-07-21T23:34:33.709551615Z"; // 2^64-1 nanoseconds

/** `"2026-11-20T21:14:03.123456789Z"`: a day that exists, to the end of an unsigned 64 bit count of nanoseconds. */
export function skipTime(b: Uint8Array, at: number): number {
  const p = at + 1;
  if (at + TIME_CHARS + 2 <= b.length && isSecondAgain(b, p)) return skipNanos(b, p);
  if (b[at] !== QUOTE || b[p + TIME_CHARS] !== QUOTE || b[p + 29] !== 0x5a) return -1;
  if (
    b[p + 4] !== MINUS ||
    b[p + 7] !== MINUS ||
    b[p + 10] !== 0x54 ||
    b[p + 13] !== COLON ||
    b[p + 16] !== COLON ||
    b[p + 19] !== DOT
  )
    return -1;
  const year = twoDigits(b, p) * 100 + twoDigits(b, p + 2);
  const month = twoDigits(b, p + 5);
  const day = twoDigits(b, p + 8);
  // A pair that is not two digits counts as NaN, which fails every comparison below.
  if (!(year >= 1970 && year <= 2554 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return -1;
  if (!(twoDigits(b, p + 11) <= 23 && twoDigits(b, p + 14) <= 59 && twoDigits(b, p + 17) <= 59)) return -1;
  if (year === 2554) return skipNanos(b, p) > 0 && ascii(b, p, p + TIME_CHARS) <= LAST_TIME ? p + TIME_CHARS + 1 : -1;
  for (let i = 0; i < SECOND_WORDS; i++) lastSecond[i] = wordAt(b, p + 4 * i);
  return skipNanos(b, p);
}

/** `2026-11-20T21:14:03.`: twenty characters, which the times of neighbouring lines mostly share. */
const SECOND_WORDS = 5;
/** The last that was accepted. */
const lastSecond = new Int32Array(SECOND_WORDS);

function isSecondAgain(b: Uint8Array, at: number): boolean {
  if (b[at - 1] !== QUOTE) return false;
  const view = viewOf(b);
  for (let i = SECOND_WORDS - 1; i >= 0; i--) if (view.getInt32(at + 4 * i, true) !== lastSecond[i]) return false;
  return true;
}

/** What follows the second: nine digits, Z, and the quote. */
function skipNanos(b: Uint8Array, at: number): number {
  for (let i = 20; i < 29; i++) if (!isDigit(b[at + i]!)) return -1;
  return b[at + 29] === 0x5a && b[at + TIME_CHARS] === QUOTE ? at + TIME_CHARS + 1 : -1;
}

function twoDigits(b: Uint8Array, at: number): number {
  const tens = b[at]!;
  const ones = b[at + 1]!;
  return isDigit(tens) && isDigit(ones) ? (tens - ZERO) * 10 + (ones - ZERO) : Number.NaN;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
