// redactor.ts: a policy compiled to the function that is run over every record. Walks any tree of maps, plain objects,
// lists and scalars; copies only what it changes. Knows nothing of records, lines or the wire.

import { BoundedCache } from "./bounded-cache.ts";
import { looksLikeJson, redactJson } from "./json-text.ts";
import { compileContentRule, compileKeyRules, type KeyHit } from "./key-rules.ts";
import { CLEAN, type KeyVerdict, KeyVerdicts } from "./key-verdicts.ts";
import { Keyed } from "./keyed.ts";
import { Names } from "./names.ts";
import { parsePolicy, policyVersion } from "./parse-policy.ts";
import { addEntry, formatPath, type Path, type RedactionEntry } from "./path.ts";
import type { Action, Policy } from "./policy.ts";
import { SHORTEST } from "./scan/scanner.ts";
import { isRedacted, MASK } from "./shapes.ts";
import { spell } from "./spell.ts";
import { type Treatment, ValueRules } from "./value-rules.ts";

/**
 * Redacts. Every call is synchronous and total: it never throws, and a second call on its result changes nothing. What is not
 * touched is returned by reference; what is changed is a copy. Entries are appended to `out`. Cost: linear in the size.
 */
export interface Redactor {
  /** What was compiled: another thread can compile it again. */
  readonly policy: Policy;
  /** First 12 hex digits of the SHA-256 of the policy's canonical JSON. */
  readonly version: string;
  /** A map by its keys and values; `path` is its name in the entries. */
  fields<T extends Map<string, unknown>>(fields: T, path: string, out: RedactionEntry[]): T;
  /** Any value: map, plain object, list, string, number or bytes. Objects of other classes are left as they are. */
  value(value: unknown, path: string, out: RedactionEntry[]): unknown;
  /** A string, opened when it holds JSON. */
  text(text: string, path: string, out: RedactionEntry[]): string;
  /** What the policy says about a key of a map, whatever its value. */
  key(name: string): KeyTreatment;
}

/** `covered`: the whole value is replaced, by this rule and with this action. `renamed`: something was found in the key itself. */
export interface KeyTreatment {
  readonly covered: KeyHit | undefined;
  readonly renamed: boolean;
}

/**
 * Compiles a policy. `key`: 32 to 64 random bytes, kept secret and the same wherever tokens are to be compared; without it `token`
 * and `digest` become `mask`, and the entries say so. Throws {@link PolicyError}.
 */
export function compilePolicy(policy: Policy, o: { key?: Uint8Array | undefined }): Redactor {
  return new TreeRedactor(parsePolicy(policy), o.key === undefined ? undefined : new Keyed(o.key));
}

/** Deeper trees than this are masked whole; twice what a line can hold, so that depth stays the line's business. */
const MAX_DEPTH = 128;
const MAX_JSON = 1_048_576;
const MAX_BYTES = 1_048_576;
/** JSON in a string in JSON in a string …: how often it is opened. */
const MAX_NESTED = 4;
const MAX_ROUNDS = 3;
const SMALLEST_CARD = 1e12;
const LARGEST_CARD = 10n ** 19n;

type Key = string | number | undefined;

class TreeRedactor implements Redactor {
  readonly policy: Policy;
  readonly version: string;
  readonly #keyed: Keyed | undefined;
  readonly #values: ValueRules;
  readonly #verdicts: KeyVerdicts;

  constructor(policy: Policy, keyed: Keyed | undefined) {
    this.policy = policy;
    this.version = policyVersion(policy);
    this.#keyed = keyed;
    const keyRules = compileKeyRules(policy.keys);
    const secretNames = new BoundedCache((name) => keyRules(name) !== undefined);
    const contentRule = compileContentRule(policy.content);
    this.#values = new ValueRules(policy.values, keyed, (name) => secretNames.get(name));
    this.#verdicts = new KeyVerdicts(keyRules, contentRule, this.#values);
  }

  fields<T extends Map<string, unknown>>(fields: T, path: string, out: RedactionEntry[]): T {
    return this.#map(fields, path, 0, 0, out) as T;
  }

  value(value: unknown, path: string, out: RedactionEntry[]): unknown {
    return this.#value(value, path, undefined, 0, 0, out);
  }

  text(text: string, path: string, out: RedactionEntry[]): string {
    return this.#string(text, path, undefined, 0, out);
  }

  key(name: string): KeyTreatment {
    const { hit, applied } = this.#verdicts.of(name);
    return { covered: hit && { rule: hit.rule, action: this.#possible(hit.action) }, renamed: applied.length > 0 };
  }

  #value(value: unknown, parent: Path, key: Key, depth: number, nested: number, out: RedactionEntry[]): unknown {
    switch (typeof value) {
      case "string":
        return this.#string(value, parent, key, nested, out);
      case "number":
        return value >= SMALLEST_CARD && Number.isSafeInteger(value) ? this.#digits(value, parent, key, out) : value;
      case "bigint":
        return value >= SMALLEST_CARD && value < LARGEST_CARD ? this.#digits(value, parent, key, out) : value;
      case "object":
        return value === null ? null : this.#object(value, parent, key, depth, nested, out);
      case "boolean":
      case "undefined":
      case "function":
      case "symbol":
        return value;
    }
  }

  #object(value: object, parent: Path, key: Key, depth: number, nested: number, out: RedactionEntry[]): unknown {
    if (value instanceof Uint8Array) return this.#bytes(value, parent, key, nested, out);
    const isList = Array.isArray(value);
    const isMap = !isList && value instanceof Map;
    if (!isList && !isMap && !isPlain(value)) return value;
    if (depth >= MAX_DEPTH) {
      addEntry(out, formatPath(parent, key), "too_deep", "mask", this.version);
      return MASK;
    }
    const here: Path = key === undefined ? parent : { parent, key };
    if (isList) return this.#list(value, here, depth + 1, nested, out);
    return isMap
      ? this.#map(value, here, depth + 1, nested, out)
      : this.#plain(value as Record<string, unknown>, here, depth + 1, nested, out);
  }

  #list(list: unknown[], here: Path, depth: number, nested: number, out: RedactionEntry[]): unknown[] {
    let copy: unknown[] | undefined;
    for (let index = 0; index < list.length; index++) {
      const value = list[index];
      const redacted = this.#value(value, here, index, depth, nested, out);
      if (Object.is(redacted, value)) continue;
      copy ??= [...list];
      copy[index] = redacted;
    }
    return copy ?? list;
  }

  #map(map: Map<unknown, unknown>, here: Path, depth: number, nested: number, out: RedactionEntry[]): Map<unknown, unknown> {
    let copy: Map<unknown, unknown> | undefined;
    const before = out.length;
    for (const [key, value] of map) {
      const name = nameOf(key);
      const verdict = this.#verdicts.of(name);
      if (verdict === CLEAN) {
        const redacted = this.#value(value, here, name, depth, nested, out);
        if (Object.is(redacted, value)) continue;
        copy ??= new Map(map);
        copy.set(key, redacted);
        continue;
      }
      if (verdict.applied.length > 0) {
        // A new name moves everything behind it: start again, building the map anew.
        out.length = before;
        return this.#rebuilt(map, here, depth, nested, out);
      }
      const redacted = this.#covered(verdict, value, here, name, depth, nested, out);
      if (Object.is(redacted, value)) continue;
      copy ??= new Map(map);
      if (redacted === DROPPED) copy.delete(key);
      else copy.set(key, redacted);
    }
    return copy ?? map;
  }

  #plain(object: Record<string, unknown>, here: Path, depth: number, nested: number, out: RedactionEntry[]): object {
    const entries = new Map(Object.entries(object));
    const redacted = this.#map(entries, here, depth, nested, out);
    if (redacted === entries) return object;
    const copy = Object.create(Object.getPrototypeOf(object) as object | null) as object;
    for (const [key, value] of redacted) {
      // Not by assignment: `__proto__` is a key like any other.
      Object.defineProperty(copy, key as string, { value, configurable: true, enumerable: true, writable: true });
    }
    return copy;
  }

  #rebuilt(map: Map<unknown, unknown>, here: Path, depth: number, nested: number, out: RedactionEntry[]): Map<unknown, unknown> {
    const rebuilt = new Map<unknown, unknown>();
    const names = new Names((name) => map.has(name));
    for (const [key, value] of map) {
      const verdict = this.#verdicts.of(nameOf(key));
      const renamed = verdict.applied.length > 0;
      const name = renamed ? names.give(verdict.name) : nameOf(key);
      if (renamed) this.#report(verdict.applied, here, name, out);
      const redacted = this.#covered(verdict, value, here, name, depth, nested, out);
      if (redacted !== DROPPED) rebuilt.set(renamed ? name : key, redacted);
    }
    return rebuilt;
  }

  #covered(
    verdict: KeyVerdict,
    value: unknown,
    here: Path,
    key: string,
    depth: number,
    nested: number,
    out: RedactionEntry[],
  ): unknown {
    if (verdict.hit === undefined) return this.#value(value, here, key, depth, nested, out);
    return this.#replacement(verdict.hit, value, here, key, out);
  }

  #replacement(hit: KeyHit, value: unknown, here: Path, key: string, out: RedactionEntry[]): unknown {
    if (value === null || value === undefined || value === "" || (typeof value === "string" && isRedacted(value))) return value;
    const action = this.#possible(hit.action);
    addEntry(out, formatPath(here, key), hit.rule, action, this.version);
    if (action === "drop") return DROPPED;
    if (this.#keyed === undefined || action === "mask") return MASK;
    if (action === "token") return this.#keyed.token("key", spell(value));
    return this.#keyed.digest(value instanceof Uint8Array ? value : spell(value));
  }

  #string(text: string, parent: Path, key: Key, nested: number, out: RedactionEntry[]): string {
    if (text.length < SHORTEST) return text;
    let current = text;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const opened = nested < MAX_NESTED && text.length <= MAX_JSON && looksLikeJson(current);
      const json = opened ? this.#json(current, parent, key, nested, out) : undefined;
      if (json !== undefined) return json;
      const redacted = this.#plainText(current, parent, key, out);
      if (redacted === current) return current;
      current = redacted;
      if (!looksLikeJson(current)) return current;
    }
    // What a replacement turned into JSON is looked at again; something that never comes to rest goes whole.
    addEntry(out, formatPath(parent, key), "unsettled", "mask", this.version);
    return MASK;
  }

  #plainText(text: string, parent: Path, key: Key, out: RedactionEntry[]): string {
    const redacted = this.#values.redact(text);
    if (redacted !== text) this.#report(this.#values.applied, parent, key, out);
    return redacted;
  }

  #json(text: string, parent: Path, key: Key, nested: number, out: RedactionEntry[]): string | undefined {
    const before = out.length;
    const redacted = redactJson(text, key === undefined ? parent : { parent, key }, {
      verdict: (name) => this.#verdicts.of(name),
      string: (value, place, name) => this.#string(value, place, name, nested + 1, out),
      number: (digits, place, name) => this.#number(digits, place, name, out),
      covered: (hit, value, place, name) => {
        const replacement = this.#replacement(hit, value, place, name, out);
        return replacement === DROPPED ? undefined : String(replacement);
      },
      renamed: (verdict, place, name) => this.#report(verdict.applied, place, name, out),
      tooDeep: (place, name) => addEntry(out, formatPath(place, name), "too_deep", "mask", this.version),
    });
    // Not JSON after all: what was found in its parts is found again in the whole.
    if (redacted === undefined) out.length = before;
    return redacted;
  }

  #digits(value: number | bigint, parent: Path, key: Key, out: RedactionEntry[]): unknown {
    return this.#number(String(value), parent, key, out) ?? value;
  }

  #number(digits: string, parent: Path, key: Key, out: RedactionEntry[]): string | undefined {
    const redacted = this.#values.number(digits);
    if (redacted !== undefined) this.#report(this.#values.applied, parent, key, out);
    return redacted;
  }

  // Bytes that are text are read as text, and stay bytes.
  #bytes(bytes: Uint8Array, parent: Path, key: Key, nested: number, out: RedactionEntry[]): Uint8Array {
    if (bytes.length < SHORTEST || bytes.length > MAX_BYTES) return bytes;
    let text: string;
    try {
      text = UTF8.decode(bytes);
    } catch {
      return bytes;
    }
    const redacted = this.#string(text, parent, key, nested, out);
    return redacted === text ? bytes : new TextEncoder().encode(redacted);
  }

  #possible(action: Action): Action {
    return this.#keyed === undefined && (action === "token" || action === "digest") ? "mask" : action;
  }

  #report(applied: readonly Treatment[], parent: Path, key: Key, out: RedactionEntry[]): void {
    const path = formatPath(parent, key);
    for (const { rule, action } of applied) addEntry(out, path, rule, action, this.version);
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const DROPPED = Symbol("dropped");

/** Keys that are objects have no name, and no rule hits them. */
function nameOf(key: unknown): string {
  if (typeof key === "string") return key;
  return typeof key === "number" || typeof key === "bigint" || typeof key === "boolean" ? String(key) : "";
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
