// value-scan.ts: the spelling of values and maps in a line, checked on its bytes; see tokens.ts for the manner.
// Finds the references to moved-out values on its way, because a reader that wants them would have to walk the value again.

import { skipBase64 } from "./hash-token.ts";
import type { Place } from "./line-shape.ts";
import {
  ascii,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  DOLLAR,
  literal,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  readInteger,
  skip,
  skipInteger,
  skipNumber,
  skipSha256,
  skipString,
  startsWith,
} from "./tokens.ts";

const MAX_DEPTH = 64;
/** From so many keys on, a set finds a repeated one; below, comparing each with each is faster. */
const MANY_KEYS = 24;

const TRUE = literal("true");
const FALSE = literal("false");
const NULL = literal("null");
const TAG = literal('{"$');
const REF = literal('{"$ref":"sha256:');
const REF_BYTES = literal('","bytes":');
const TAG_BYTES = literal('{"$bytes":');
const TAG_INT = literal('{"$int":"');
const TAG_DOUBLE = literal('{"$double":"');
const SPECIAL_DOUBLES = [literal('NaN"}'), literal('Infinity"}'), literal('-Infinity"}')];

/** Kind of a {@link Place}: any value of its level. */
export const VALUE_PLACE = 0;

/** A value that was moved out of its line. */
export interface Reference {
  readonly sha256: string;
  readonly bytes: number;
}

export class ValueScanner {
  /** The references found since this was last emptied. */
  references: Reference[] = [];
  /** When set: gets the places of all values that hold no others. */
  places: Place[] | undefined;
  /** Where the keys of the maps that are open begin and end; a stack, so that no map needs an array of its own. */
  readonly #keys: number[] = [];

  /** @param level the level that the value stands on; 1 for an attribute and for the body */
  skipValue(b: Uint8Array, at: number, level: number): number {
    const end = this.#skipValue(b, at, level);
    if (this.places !== undefined && end > 0 && !holdsOthers(b, at))
      this.places.push({ kind: VALUE_PLACE, level, start: at, end });
    return end;
  }

  #skipValue(b: Uint8Array, at: number, level: number): number {
    switch (b[at] ?? 0) {
      case QUOTE:
        return skipString(b, at);
      case OPEN_BRACE:
        return startsWith(b, at, TAG) && b[at + 3] !== DOLLAR ? this.#skipTagged(b, at) : this.skipFields(b, at, level + 1);
      case OPEN_BRACKET:
        return this.#skipList(b, at, level + 1);
      case 0x74:
        return skip(b, at, TRUE);
      case 0x66:
        return skip(b, at, FALSE);
      case 0x6e:
        return skip(b, at, NULL);
      default:
        return skipNumber(b, at);
    }
  }

  /** A map. @param level the level that its values stand on */
  skipFields(b: Uint8Array, at: number, level: number): number {
    if (b[at] !== OPEN_BRACE) return -1;
    let p = at + 1;
    if (b[p] === CLOSE_BRACE) return p + 1;
    if (level > MAX_DEPTH) return -1;
    const keys = this.#keys;
    const bottom = keys.length;
    for (;;) {
      const end = skipString(b, p);
      if (end < 0 || b[end] !== COLON || (b[p + 1] === DOLLAR && b[p + 2] !== DOLLAR)) break;
      keys.push(p + 1, end - 1);
      p = this.skipValue(b, end + 1, level);
      if (p < 0) break;
      if (b[p] === COMMA) {
        p++;
        continue;
      }
      if (b[p] !== CLOSE_BRACE || !this.#areDistinct(b, bottom)) break;
      keys.length = bottom;
      return p + 1;
    }
    keys.length = bottom;
    return -1;
  }

  /** A reference; it is kept. */
  skipReference(b: Uint8Array, at: number): number {
    const hash = skip(b, at, REF);
    if (hash < 0) return -1;
    const afterHash = skipSha256(b, hash);
    const number = afterHash < 0 ? -1 : skip(b, afterHash, REF_BYTES);
    const end = number < 0 ? -1 : skipInteger(b, number);
    if (end < 0 || b[end] !== CLOSE_BRACE) return -1;
    const bytes = readInteger(b, number, end);
    if (bytes < 0) return -1;
    this.references.push({ sha256: ascii(b, hash, afterHash), bytes });
    return end + 1;
  }

  #skipList(b: Uint8Array, at: number, level: number): number {
    let p = at + 1;
    if (b[p] === CLOSE_BRACKET) return p + 1;
    if (level > MAX_DEPTH) return -1;
    for (;;) {
      p = this.skipValue(b, p, level);
      if (p < 0) return -1;
      if (b[p] === CLOSE_BRACKET) return p + 1;
      if (b[p] !== COMMA) return -1;
      p++;
    }
  }

  #skipTagged(b: Uint8Array, at: number): number {
    if (startsWith(b, at, REF)) return this.skipReference(b, at);
    if (startsWith(b, at, TAG_BYTES)) {
      const end = skipBase64(b, at + TAG_BYTES.bytes.length);
      return end > 0 && b[end] === CLOSE_BRACE ? end + 1 : -1;
    }
    if (startsWith(b, at, TAG_INT)) return skipBigInteger(b, at + TAG_INT.bytes.length);
    if (startsWith(b, at, TAG_DOUBLE)) {
      const special = SPECIAL_DOUBLES.find((text) => startsWith(b, at + TAG_DOUBLE.bytes.length, text));
      return special === undefined ? -1 : at + TAG_DOUBLE.bytes.length + special.bytes.length;
    }
    return -1;
  }

  /** Whether the keys from `bottom` of the stack on differ. A key has one spelling, so comparing the spellings is enough. */
  #areDistinct(b: Uint8Array, bottom: number): boolean {
    const keys = this.#keys;
    const count = (keys.length - bottom) / 2;
    if (count < 2) return true;
    if (count > MANY_KEYS) {
      const seen = new Set<string>();
      for (let i = bottom; i < keys.length; i += 2) seen.add(ascii(b, keys[i]!, keys[i + 1]!));
      return seen.size === count;
    }
    for (let i = bottom + 2; i < keys.length; i += 2) {
      for (let j = bottom; j < i; j += 2) if (equalSlices(b, keys[i]!, keys[i + 1]!, keys[j]!, keys[j + 1]!)) return false;
    }
    return true;
  }
}

/** A map or a list; not a value that is spelled as a map with a tag. */
function holdsOthers(b: Uint8Array, at: number): boolean {
  return b[at] === OPEN_BRACKET || (b[at] === OPEN_BRACE && !(startsWith(b, at, TAG) && b[at + 3] !== DOLLAR));
}

/** The digits of an int64 beyond 2^53-1, and what closes its tag. */
function skipBigInteger(b: Uint8Array, at: number): number {
  let p = at;
  while (b[p] !== QUOTE && p < at + 21) p++;
  const digits = ascii(b, at, p);
  if (b[p] !== QUOTE || b[p + 1] !== CLOSE_BRACE || !/^-?[1-9][0-9]{15,18}$/.test(digits)) return -1;
  const value = BigInt(digits);
  return BigInt.asIntN(64, value) === value && !Number.isSafeInteger(Number(value)) ? p + 2 : -1;
}

function equalSlices(b: Uint8Array, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  const length = end - start;
  if (length !== otherEnd - otherStart) return false;
  // From the end: names in a map often begin alike.
  for (let i = length - 1; i >= 0; i--) if (b[start + i] !== b[otherStart + i]) return false;
  return true;
}
