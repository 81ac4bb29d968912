// parse-value.ts: reads values and maps of values, as spell.ts spells them. Depth is bounded before it is entered.
import { MAX_DEPTH } from "./line.ts";
import type { Scanner } from "./scan.ts";
import { isSafe } from "./spell.ts";
import { Double, type Fields, Ref, type Value } from "./value.ts";

const SPECIAL_DOUBLES: readonly string[] = ["NaN", "Infinity", "-Infinity"];

/** @param level the level that the value stands on; 1 for an attribute and for the body */
export function parseValue(s: Scanner, level: number): Value {
  switch (s.text.charAt(s.position)) {
    case '"':
      return s.string();
    case "{":
      return s.at('{"$') && !s.at('{"$$') ? parseTagged(s) : parseFields(s, level + 1);
    case "[":
      return parseList(s, level + 1);
    case "t":
      s.expect("true");
      return true;
    case "f":
      s.expect("false");
      return false;
    case "n":
      s.expect("null");
      return null;
    default:
      return s.number();
  }
}

/** A map. @param level the level that its values stand on */
export function parseFields(s: Scanner, level: number): Fields {
  const fields: Fields = new Map();
  s.expect("{");
  if (s.take("}")) return fields;
  checkLevel(s, level);
  do {
    const start = s.position;
    const key = parseKey(s);
    if (fields.has(key)) s.fail("DUPLICATE_KEY", "a key that stands in this map before", start);
    s.expect(":");
    fields.set(key, parseValue(s, level));
  } while (s.take(","));
  s.expect("}");
  return fields;
}

function parseKey(s: Scanner): string {
  const start = s.position;
  const key = s.string();
  if (!key.startsWith("$")) return key;
  if (!key.startsWith("$$")) s.fail("BAD_TAG", "a key that begins with $ is spelled with $$; a tag stands alone", start);
  return key.slice(1);
}

function parseList(s: Scanner, level: number): Value[] {
  const list: Value[] = [];
  s.expect("[");
  if (s.take("]")) return list;
  checkLevel(s, level);
  do list.push(parseValue(s, level));
  while (s.take(","));
  s.expect("]");
  return list;
}

function checkLevel(s: Scanner, level: number): void {
  if (level > MAX_DEPTH) s.fail("TOO_DEEP", `a value is nested deeper than ${MAX_DEPTH} levels`);
}

/** `{"$int":"…"}`, `{"$double":"…"}`, `{"$bytes":"…"}`, `{"$ref":"…","bytes":N}`. */
function parseTagged(s: Scanner): Value {
  if (s.at('{"$ref":')) return parseRef(s);
  const start = s.position;
  s.expect("{");
  const tag = s.string();
  s.expect(":");
  const text = s.string();
  const value = untag(tag, text);
  if (value === undefined) return s.fail("BAD_TAG", "expected $int, $double, $bytes or $ref with a value that needs it", start);
  s.expect("}");
  return value;
}

function untag(tag: string, text: string): Value | undefined {
  switch (tag) {
    case "$int":
      return readInt64(text);
    case "$double":
      return SPECIAL_DOUBLES.includes(text) ? new Double(Number(text)) : undefined;
    case "$bytes": {
      const bytes = Buffer.from(text, "base64");
      return bytes.toString("base64") === text ? new Uint8Array(bytes) : undefined;
    }
    default:
      return undefined;
  }
}

/** An int64 that is not spelled as plain digits. */
function readInt64(text: string): bigint | undefined {
  if (!/^-?[1-9][0-9]{15,18}$/.test(text)) return undefined;
  const value = BigInt(text);
  return isSafe(value) || BigInt.asIntN(64, value) !== value ? undefined : value;
}

/** The address of a value that was moved out. */
export function parseRef(s: Scanner): Ref {
  const start = s.position;
  s.expect('{"$ref":');
  const sha256 = /^sha256:([0-9a-f]{64})$/.exec(s.string())?.[1];
  if (sha256 === undefined) return s.fail("BAD_TAG", "$ref: expected sha256: and 64 lower-case hex digits", start);
  s.expect(',"bytes":');
  const bytes = s.integer(0, Number.MAX_SAFE_INTEGER);
  s.expect("}");
  return new Ref(sha256, bytes);
}
