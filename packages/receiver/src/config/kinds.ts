// kinds.ts: what a config value may be. A kind takes a file's typed value or a variable's text, and gives the value the
// program works with, or what was expected instead; and it describes itself to people and to editors. Knows no key names.

import { nearest } from "./nearest.ts";
import { type Address, parseAddress, parseBytes, parseDuration } from "./units.ts";

/** `expected` continues a sentence that begins with the value: `is not HOST:PORT`. `hidden`: the value itself is not shown. */
export type Parsed<T> = { readonly value: T } | { readonly expected: string; readonly hidden?: true };
export interface Kind<T> {
  (input: unknown): Parsed<T>;
  /** For people: `HOST:PORT`, `duration`. */
  readonly type: string;
  /** For editors (JSON Schema draft-07): what may stand in a file. A variable's spelling, `"5"` for 5, is not part of it. */
  readonly schema: JsonSchema;
}
export type JsonSchema = Readonly<Record<string, unknown>>;

export function kind<T>(type: string, schema: JsonSchema, parse: (input: unknown) => Parsed<T>): Kind<T> {
  return Object.assign((input: unknown) => parse(input), { type, schema });
}

const TEXT: JsonSchema = { type: "string", minLength: 1 };

export const text: Kind<string> = kind("text", TEXT, (input) =>
  typeof input === "string" && input.trim() !== "" ? { value: input } : { expected: "is not a text" },
);

export const path: Kind<string> = kind("path", TEXT, (input) =>
  typeof input === "string" && input.trim() !== "" && !input.includes("\0") ? { value: input } : { expected: "is not a path" },
);

export function oneOf<const T extends string>(...words: readonly T[]): Kind<T> {
  return kind(words.map((word) => `\`${word}\``).join(", "), { enum: words }, (input) => {
    const found = words.find((word) => word === input);
    if (found !== undefined) return { value: found };
    const meant = typeof input === "string" ? nearest(input, words) : undefined;
    return { expected: `is not one of ${words.join(", ")}${meant === undefined ? "" : `; did you mean "${meant}"?`}` };
  });
}

export const flag: Kind<boolean> = kind("`true`, `false`", { type: "boolean" }, (input) => {
  if (input === true || input === "true") return { value: true };
  if (input === false || input === "false") return { value: false };
  return { expected: "is neither true nor false" };
});

/** A whole number from `min` to 2^53-1. */
export function count(min: number): Kind<number> {
  return kind("number", { type: "integer", minimum: min }, (input) => {
    const value = typeof input === "string" && /^\d{1,16}$/.test(input) ? Number(input) : input;
    if (typeof value !== "number" || !Number.isSafeInteger(value)) return { expected: "is not a whole number" };
    return value >= min ? { value } : { expected: `is less than ${min}` };
  });
}

/** A size in bytes, as a number or with a unit. */
export function bytes(min: number, max: number = Number.MAX_SAFE_INTEGER): Kind<number> {
  const size = { type: "string", pattern: "^\\d{1,15}(\\.\\d{1,6})? ?(B|[kMGT]B|[KMGT]iB|)$" };
  return kind("size", { anyOf: [{ type: "integer", minimum: min, maximum: max }, size] }, (input) => {
    const value = parseBytes(typeof input === "number" ? String(input) : typeof input === "string" ? input : "");
    if (value === undefined) return { expected: "is not a size; expected bytes such as 67108864, 64MiB or 100MB" };
    if (value < min) return { expected: `is less than ${min} bytes` };
    return value <= max ? { value } : { expected: `is more than ${max} bytes` };
  });
}

/** A time span in milliseconds, `min` to `max`. */
export function duration(min: number, max: number): Kind<number> {
  return kind("duration", { type: "string", pattern: "^\\d{1,12}(\\.\\d{1,6})?(ms|s|m|h|d)$" }, (input) => {
    const value = typeof input === "string" ? parseDuration(input) : undefined;
    if (value === undefined) {
      const bare = typeof input === "number" || (typeof input === "string" && /^\d+$/.test(input));
      return {
        expected: `is not a duration${bare ? `; did you mean "${String(input as string | number)}s"?` : "; expected such as 250ms, 1s, 5m"}`,
      };
    }
    if (value < min) return { expected: `is less than ${min}ms` };
    return value <= max ? { value } : { expected: `is more than ${max}ms` };
  });
}

export const address: Kind<Address> = kind("HOST:PORT", { type: "string", pattern: ":\\d{1,5}$" }, (input) => {
  const value = typeof input === "string" ? parseAddress(input) : undefined;
  if (value !== undefined) return { value };
  const port =
    typeof input === "number" ? String(input) : typeof input === "string" ? /^:?(\d{1,5})$/.exec(input)?.[1] : undefined;
  if (port !== undefined) return { expected: `is not HOST:PORT; did you mean "127.0.0.1:${port}"?` };
  const bare = typeof input === "string" ? /^([0-9A-Fa-f:]*:[0-9A-Fa-f:]*):(\d{1,5})$/.exec(input) : null;
  if (bare !== null) return { expected: `is not HOST:PORT; did you mean "[${bare[1]}]:${bare[2]}"?` };
  return { expected: "is not HOST:PORT; expected such as 127.0.0.1:4318 or [::1]:4318" };
});

/** An http or https URL without credentials, query or fragment, and without a slash at its end. */
export const httpUrl: Kind<string> = kind("URL", { type: "string", pattern: "^https?://" }, (input) => {
  if (typeof input !== "string") return { expected: "is not a URL; expected such as http://loki:3100" };
  const url = URL.canParse(input) ? new URL(input) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const meant = `http://${input}`;
    const near = /^[\w.-]+(:\d{1,5})?(\/\S*)?$/.test(input) && URL.canParse(meant);
    return { expected: `is not a URL; ${near ? `did you mean "${meant}"?` : "expected such as http://loki:3100"}` };
  }
  if (url.username !== "" || url.password !== "") {
    return { expected: "has credentials in it; they belong into username and password_file", hidden: true };
  }
  if (url.search !== "" || url.hash !== "") return { expected: "has a query or a fragment; expected only scheme, host and path" };
  return { value: input.replace(/\/+$/, "") };
});

/** Names to values: a map in the file, `name=value,name=value` in a variable. */
export const labels: Kind<Readonly<Record<string, string>>> = kind(
  "map",
  { type: "object", additionalProperties: TEXT },
  (input) => {
    const pairs =
      typeof input === "string"
        ? input.split(",").map((pair) => splitOnce(pair, "="))
        : isMap(input)
          ? Object.entries(input)
          : undefined;
    if (pairs === undefined) return { expected: "is not a map of label names to values" };
    const found: Record<string, string> = {};
    for (const [name, value] of pairs) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
        return { expected: `has the label name ${JSON.stringify(name)}, which is not [A-Za-z_][A-Za-z0-9_]*` };
      if (typeof value !== "string" || value === "") return { expected: `has no text as the value of the label "${name}"` };
      found[name] = value;
    }
    return { value: Object.freeze(found) };
  },
);

function splitOnce(pair: string, separator: string): [string, string] {
  const at = pair.indexOf(separator);
  return at < 0 ? [pair.trim(), ""] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
}

export function isMap(input: unknown): input is Record<string, unknown> {
  return typeof input === "object" && input !== null && !Array.isArray(input);
}
