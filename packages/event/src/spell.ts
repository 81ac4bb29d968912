// spell.ts: one spelling for each value: SPEC.md, "Values". Knows nothing of records and their fields.
// Hot: no object is built on the way; strings are joined and flattened once, by whoever turns the line into bytes.
import { EventError } from "./errors.ts";
import { MAX_DEPTH } from "./line.ts";
import { Double, type Fields, Ref, type Value } from "./value.ts";

/** Thrown for a string with a lone surrogate. Made once, for it is a signal between spell and format, not a report. */
export const ILL_FORMED: Error = new Error("a string holds a lone surrogate");

/** Without `"`, `\`, controls below U+0020, and surrogates, which must be looked at. Anchored: measured the fastest test there is. */
const PLAIN = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

/**
 * A JSON string. Escapes `"`, `\` and the controls below U+0020, nothing else.
 * @throws ILL_FORMED for a lone surrogate
 */
export function spellString(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw ILL_FORMED;
  return JSON.stringify(text);
}

const EMPTY_REF = spellRef(new Ref("0".repeat(64), 0));

/** Keys repeat from record to record. Emptied when full, so that a sender of ever new keys costs time but no memory. */
const keys = new Map<string, string>();
const MAX_KEYS = 4096;
const MAX_KEY_CHARS = 100;

/** The same text, its characters in one piece: a kept part that is still a tree of parts would be walked for every line again. */
export function flat(text: string): string {
  text.charCodeAt(0); // V8 joins the parts to answer this
  return text;
}

/** `"key":`, a `$` at its start doubled. */
export function spellKey(key: string): string {
  let spelled = keys.get(key);
  if (spelled === undefined) {
    spelled = flat(`${spellString(key.startsWith("$") ? `$${key}` : key)}:`);
    if (key.length <= MAX_KEY_CHARS) {
      if (keys.size >= MAX_KEYS) keys.clear();
      keys.set(key, spelled);
    }
  }
  return spelled;
}

/**
 * Any value.
 * @param level the level that the value stands on; 1 for an attribute and for the body
 * @throws {EventError} TOO_DEEP, INVALID_RECORD; ILL_FORMED as {@link spellString}
 */
export function spellValue(value: Value, level: number): string {
  if (typeof value === "string") return spellString(value);
  if (typeof value === "number") return spellInteger(value);
  if (typeof value === "boolean") return value ? "true" : "false";
  if (value === null) return "null";
  if (value instanceof Double) return spellDouble(value.value);
  if (value instanceof Map) return spellFields(value, level + 1);
  if (Array.isArray(value)) return spellList(value, level + 1);
  if (typeof value === "bigint") return spellBigint(value);
  if (value instanceof Ref) return spellRef(value);
  if (value instanceof Uint8Array) return `{"$bytes":"${base64(value)}"}`;
  throw new EventError("INVALID_RECORD", `${typeof value} is not an attribute value`);
}

/** A map. @param level the level that its values stand on */
export function spellFields(fields: Fields, level: number): string {
  if (level > MAX_DEPTH && fields.size > 0) throw tooDeep();
  let text = "";
  for (const [key, value] of fields) {
    if (text !== "") text += ",";
    text += spellKey(key) + spellValue(value, level);
  }
  return `{${text}}`;
}

function spellList(list: readonly Value[], level: number): string {
  if (level > MAX_DEPTH && list.length > 0) throw tooDeep();
  let text = "";
  for (let i = 0; i < list.length; i++) {
    if (i > 0) text += ",";
    text += spellValue(list[i]!, level);
  }
  return `[${text}]`;
}

/** An int64 up to 2^53-1 either way, as digits. */
function spellInteger(value: number): string {
  if (!Number.isSafeInteger(value))
    throw new EventError("INVALID_RECORD", "a number that is not a safe integer: use Double or bigint");
  return String(value);
}

/** An int64: as digits where every JSON reader keeps them, tagged beyond. */
function spellBigint(value: bigint): string {
  if (BigInt.asIntN(64, value) !== value) throw new EventError("INVALID_RECORD", "a bigint outside of int64");
  return isSafe(value) ? String(value) : `{"$int":"${value}"}`;
}

/** The shortest digits that read back to the same double, always with a `.` or an exponent. */
export function spellDouble(value: number): string {
  if (!Number.isFinite(value)) return `{"$double":"${value}"}`;
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const text = String(value);
  return Number.isInteger(value) && !text.includes("e") ? `${text}.0` : text;
}

function spellRef(ref: Ref): string {
  if (!/^[0-9a-f]{64}$/.test(ref.sha256) || !isCount(ref.bytes))
    throw new EventError("INVALID_RECORD", "a Ref needs 64 hex digits and a length");
  return `{"$ref":"sha256:${ref.sha256}","bytes":${ref.bytes}}`;
}

/** Length of a `Ref`'s spelling, which is all ASCII, for a value of so many bytes. */
export function refLength(bytes: number): number {
  return EMPTY_REF.length - 1 + String(bytes).length;
}

/** Whether an int64 is spelled as plain digits. */
export function isSafe(value: bigint): boolean {
  return value >= -9007199254740991n && value <= 9007199254740991n;
}

/** Whether a number is one that can count something: an integer from 0 to 2^53-1. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

function tooDeep(): EventError {
  return new EventError("TOO_DEEP", `a value is nested deeper than ${MAX_DEPTH} levels`);
}
