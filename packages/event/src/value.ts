// value.ts: an OTLP AnyValue in memory. One JavaScript type for each AnyValue case, so that nothing is lost
// between the wire and the line: an int64 is never confused with a double, nor bytes with a string.

/** An OTLP double. Kept apart from numbers, which are int64, so that `1.0` does not become `1` on its way to the line. */
export class Double {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** A value moved to content-addressed storage because it would not fit into a line. Spelled `{"$ref":"sha256:…","bytes":N}`. */
export class Ref {
  /** SHA-256 of the stored bytes, 64 lower-case hex digits. */
  readonly sha256: string;
  /** Length of the stored bytes. */
  readonly bytes: number;
  constructor(sha256: string, bytes: number) {
    this.sha256 = sha256;
    this.bytes = bytes;
  }
}

/**
 * An AnyValue.
 *
 * | AnyValue | here |
 * |---|---|
 * | empty | `null` |
 * | string | `string`, well-formed (no lone surrogates) |
 * | bool | `boolean` |
 * | int64, magnitude up to 2^53-1 | `number`, always an integer, never -0 |
 * | int64 beyond that | `bigint` |
 * | double | {@link Double} |
 * | bytes | `Uint8Array` |
 * | array | `Value[]` |
 * | kvlist | `Map`, in wire order; a `Map` so that no key, `__proto__` included, is special |
 */
export type Value = null | string | boolean | number | bigint | Double | Uint8Array | Ref | Value[] | Fields;

export type Fields = Map<string, Value>;
