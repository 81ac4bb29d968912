// plain-value.ts: any JavaScript value as one that OTLP can carry. Total: never throws, never loops, never loses a value without
// leaving a word in its place. What an application hands over is its own: getters throw, objects point at themselves.

/** Deeper than this a value becomes the text `[too deep]`; the receiver's own limit is 64. */
export const MAX_DEPTH = 32;
/** A value of more parts than this is cut, with `[cut]` where it ends: one call must not stall the application. */
export const MAX_PARTS = 20_000;

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/**
 * null, boolean, number, string, bigint (int64 only), Uint8Array, arrays, plain objects; objects with a key `__proto__` as Map.
 * `undefined` stays undefined at the top and is left out of objects, as JSON does. Cost: linear, at most MAX_PARTS parts.
 */
export function plainValue(value: unknown): unknown {
  const kind = typeof value;
  return kind === "string" || kind === "number" || kind === "boolean" ? value : new Walk().value(value, 1);
}

class Walk {
  #parts = 0;
  readonly #open = new Set<object>();

  value(value: unknown, depth: number): unknown {
    this.#parts++;
    switch (typeof value) {
      case "string":
      case "number":
      case "boolean":
      case "undefined":
        return value;
      case "bigint":
        return this.#integer(value);
      case "symbol":
        return value.toString();
      case "function":
        return `[function ${value.name}]`;
      case "object":
        return value === null ? null : this.#object(value, depth);
    }
  }

  #integer(value: bigint): unknown {
    const small = Number(value);
    if (Number.isSafeInteger(small)) return small;
    return value < INT64_MIN || value > INT64_MAX ? value.toString() : value;
  }

  #object(value: object, depth: number): unknown {
    if (value instanceof Uint8Array) return value;
    if (this.#open.has(value)) return "[circular]";
    if (depth >= MAX_DEPTH) return "[too deep]";
    this.#open.add(value);
    try {
      return this.#contents(value, depth);
    } catch {
      return "[unreadable]";
    } finally {
      this.#open.delete(value);
    }
  }

  #contents(value: object, depth: number): unknown {
    if (Array.isArray(value)) return this.#list(value, depth);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[invalid date]" : value.toISOString();
    if (value instanceof Error) return this.#fields(errorFields(value), depth);
    if (value instanceof Map)
      return this.#fields(
        [...value].map(([key, item]) => [String(key), item]),
        depth,
      );
    if (value instanceof Set) return this.#list([...value], depth);
    if (value instanceof RegExp || value instanceof URL) return value.toString();
    if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    const toJSON = (value as { toJSON?: unknown }).toJSON;
    if (typeof toJSON === "function") return this.value(toJSON.call(value), depth + 1);
    return this.#fields(
      Object.keys(value).map((key) => [key, () => (value as Record<string, unknown>)[key]] as const),
      depth,
      true,
    );
  }

  #list(items: readonly unknown[], depth: number): unknown[] {
    const out: unknown[] = [];
    for (const item of items) {
      if (this.#parts >= MAX_PARTS) {
        out.push("[cut]");
        break;
      }
      out.push(this.value(item, depth + 1) ?? null);
    }
    return out;
  }

  #fields(entries: readonly (readonly [string, unknown])[], depth: number, lazy = false): unknown {
    const out = new Map<string, unknown>();
    for (const [key, item] of entries) {
      if (this.#parts >= MAX_PARTS) {
        out.set("[cut]", true);
        break;
      }
      const value = lazy ? this.#read(item as () => unknown, depth) : this.value(item, depth + 1);
      if (value !== undefined) out.set(key, value);
    }
    return out.has("__proto__") ? out : Object.fromEntries(out);
  }

  #read(get: () => unknown, depth: number): unknown {
    let item: unknown;
    try {
      item = get();
    } catch {
      return "[unreadable]";
    }
    return this.value(item, depth + 1);
  }
}

function errorFields(error: Error): [string, unknown][] {
  const fields: [string, unknown][] = [
    ["type", error.name],
    ["message", error.message],
  ];
  if ("code" in error) fields.push(["code", error.code]);
  if (error.cause !== undefined) fields.push(["cause", error.cause]);
  return fields;
}
