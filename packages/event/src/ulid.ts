// ulid.ts: sortable ids of 26 characters: 48 bits of time, 80 of chance. Knows no clock and no source of chance of its own.
// Source: github.com/ulid/spec.
import { EventError } from "./errors.ts";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** Two characters for each ten bits. */
const PAIRS: readonly string[] = Array.from({ length: 1024 }, (_, i) => ALPHABET.charAt(i >> 5) + ALPHABET.charAt(i & 31));
const MAX_TIME_MS = 2 ** 48 - 1;
/** The chance part is eight digits of ten bits, most significant first. */
const CHANCE_DIGITS = 8;

/**
 * A new ULID, 26 characters of Crockford's base 32, upper case.
 * @param nowMs Unix milliseconds; a fraction is cut off
 * @param random fills the array that it is given (10 bytes)
 * @throws {EventError} INVALID_TIME when `nowMs` is not within 0 to 2^48-1
 */
export function createUlid(nowMs: number, random: (bytes: Uint8Array) => void): string {
  return timePart(wholeMs(nowMs)) + chancePart(drawChance(random));
}

/**
 * Makes ULIDs that only ever grow, in text order too: within one millisecond, or when the clock steps back, the chance part
 * counts up by one; should it run over, the time part goes one millisecond ahead.
 * @throws {EventError} INVALID_TIME (from the returned function) when the clock is not within 0 to 2^48-1
 */
export function ulidFactory(o: { now: () => number; random: (bytes: Uint8Array) => void }): () => string {
  let lastMs = -1;
  let time = "";
  let chance: number[] = [];
  const startAt = (ms: number): void => {
    lastMs = ms;
    time = timePart(ms);
    chance = drawChance(o.random);
  };
  return () => {
    const ms = wholeMs(o.now());
    if (ms > lastMs) startAt(ms);
    else if (!increment(chance)) startAt(wholeMs(lastMs + 1));
    return time + chancePart(chance);
  };
}

function wholeMs(nowMs: number): number {
  const ms = Math.floor(nowMs);
  if (!(ms >= 0 && ms <= MAX_TIME_MS)) throw new EventError("INVALID_TIME", `clock: ${nowMs} ms is not within 0 to 2^48-1`);
  return ms;
}

function timePart(ms: number): string {
  let text = "";
  for (let rest = ms, digit = 0; digit < 5; digit++) {
    text = PAIRS[rest % 1024]! + text;
    rest = Math.floor(rest / 1024);
  }
  return text;
}

function drawChance(random: (bytes: Uint8Array) => void): number[] {
  const bytes = new Uint8Array(10);
  random(bytes);
  const digits: number[] = [];
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = ((held & 1023) << 8) | byte;
    bits += 8;
    if (bits < 10) continue;
    bits -= 10;
    digits.push((held >> bits) & 1023);
  }
  return digits;
}

function chancePart(digits: readonly number[]): string {
  let text = "";
  for (let i = 0; i < CHANCE_DIGITS; i++) text += PAIRS[digits[i]!]!;
  return text;
}

/** Adds one; false when all digits ran over. */
function increment(digits: number[]): boolean {
  for (let i = CHANCE_DIGITS - 1; i >= 0; i--) {
    const next = digits[i]! + 1;
    digits[i] = next & 1023;
    if (next < 1024) return true;
  }
  return false;
}
