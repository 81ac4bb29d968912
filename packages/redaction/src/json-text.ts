// json-text.ts: a string that holds JSON (RFC 8259), redacted in place. Works on the text: only touched spans are
// replaced, so that number spellings, key order, duplicate keys and white space elsewhere stay as they are.

import type { KeyHit } from "./key-rules.ts";
import type { KeyVerdict } from "./key-verdicts.ts";
import { Names } from "./names.ts";
import type { Path } from "./path.ts";
import { MASK } from "./shapes.ts";

/** What the walk asks the redactor. All report their own entries. */
export interface JsonTreatment {
  verdict(key: string): KeyVerdict;
  /** A string value, decoded; the same string when nothing is to be done. */
  string(text: string, parent: Path, key: string | number): string;
  /** A number's digits; undefined when nothing is to be done. */
  number(digits: string, parent: Path, key: string | number): string | undefined;
  /** The value of a key that a rule covers: its replacement, the same string to keep it, undefined to drop it. */
  covered(hit: KeyHit, value: string, parent: Path, key: string): string | undefined;
  renamed(verdict: KeyVerdict, parent: Path, key: string): void;
  tooDeep(parent: Path, key: string | number | undefined): void;
}

const MAX_DEPTH = 64;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** Could this text be an object or a list in JSON? Looks at the first character that is not white space. */
export function looksLikeJson(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x20 && code !== 0xfeff) return code === 0x7b || code === 0x5b;
  }
  return false;
}

/** The redacted text; the same text when nothing was touched; undefined when it is not JSON. Linear, whatever it is given. */
export function redactJson(text: string, path: Path, treatment: JsonTreatment): string | undefined {
  return new Walk(text, treatment).run(path);
}

class Walk {
  readonly #text: string;
  readonly #treatment: JsonTreatment;
  #at = 0;
  #done = 0;
  #output = "";
  // Inside the value of a covered key: read on, but touch nothing.
  #covered = 0;

  constructor(text: string, treatment: JsonTreatment) {
    this.#text = text;
    this.#treatment = treatment;
  }

  run(path: Path): string | undefined {
    while (this.#text.charCodeAt(this.#at) === 0xfeff) this.#at++;
    if (!this.#container(path, undefined, 1)) return undefined;
    this.#space();
    if (this.#at < this.#text.length) return undefined;
    return this.#done === 0 && this.#output === "" ? this.#text : this.#output + this.#text.slice(this.#done);
  }

  #edit(start: number, end: number, replacement: string): void {
    this.#output += this.#text.slice(this.#done, start) + replacement;
    this.#done = end;
  }

  // An object or a list. `path` is its own place when `key` is undefined, else its parent's.
  #container(path: Path, key: string | number | undefined, depth: number): boolean {
    this.#space();
    const start = this.#at;
    const open = this.#text.charCodeAt(start);
    if (depth > MAX_DEPTH) {
      if (!this.#skipDeep()) return false;
      if (this.#covered === 0) {
        this.#edit(start, this.#at, `"${MASK}"`);
        this.#treatment.tooDeep(path, key);
      }
      return true;
    }
    this.#at++;
    const here: Path = key === undefined ? path : { parent: path, key };
    if (open === 0x7b) return this.#object(here, depth);
    return open === 0x5b && this.#list(here, depth);
  }

  #list(here: Path, depth: number): boolean {
    this.#space();
    if (this.#take(0x5d)) return true;
    for (let index = 0; ; index++) {
      if (!this.#value(here, index, depth + 1)) return false;
      this.#space();
      if (this.#take(0x5d)) return true;
      if (!this.#take(COMMA)) return false;
    }
  }

  #object(here: Path, depth: number): boolean {
    this.#space();
    if (this.#take(0x7d)) return true;
    const members: Members = { keys: [], names: undefined };
    let kept = false;
    let comma = -1;
    for (;;) {
      this.#space();
      const start = this.#at;
      const key = this.#string();
      if (key === undefined) return false;
      const keyEnd = this.#at;
      this.#space();
      if (!this.#take(0x3a)) return false;
      this.#space();
      const drop = this.#member(here, key, start, keyEnd, depth, members);
      if (drop === undefined) return false;
      const end = this.#at;
      this.#space();
      const more = this.#text.charCodeAt(this.#at) === COMMA;
      if (drop && kept) this.#edit(comma, end, "");
      else if (drop) this.#edit(start, more ? this.#at + 1 : end, "");
      kept ||= !drop;
      if (!more) return this.#take(0x7d);
      comma = this.#at++;
    }
  }

  // After the colon. True: to be dropped; false: done; undefined: not JSON.
  #member(here: Path, key: string, start: number, keyEnd: number, depth: number, members: Members): boolean | undefined {
    if (this.#covered > 0) return this.#value(here, key, depth + 1) ? false : undefined;
    const verdict = this.#treatment.verdict(key);
    const name = verdict.applied.length > 0 ? freeName(verdict.name, members) : key;
    members.keys.push(name);
    const valueStart = this.#at;
    if (verdict.hit === undefined) {
      if (name !== key) this.#rename(verdict, here, name, start, keyEnd);
      return this.#value(here, name, depth + 1) ? false : undefined;
    }
    this.#covered++;
    const valid = this.#value(here, name, depth + 1);
    this.#covered--;
    if (!valid) return undefined;
    const written = this.#text.slice(valueStart, this.#at);
    const value = decoded(written);
    const replacement = written === "null" ? value : this.#treatment.covered(verdict.hit, value, here, name);
    if (replacement === undefined) return true;
    if (name !== key) this.#rename(verdict, here, name, start, keyEnd);
    if (replacement !== value) this.#edit(valueStart, this.#at, JSON.stringify(replacement));
    return false;
  }

  #rename(verdict: KeyVerdict, here: Path, name: string, start: number, end: number): void {
    this.#edit(start, end, JSON.stringify(name));
    this.#treatment.renamed(verdict, here, name);
  }

  #value(parent: Path, key: string | number, depth: number): boolean {
    this.#space();
    const start = this.#at;
    const code = this.#text.charCodeAt(start);
    if (code === QUOTE) return this.#stringValue(parent, key, start);
    if (code === 0x7b || code === 0x5b) return this.#container(parent, key, depth);
    if (code === 0x2d || (code >= 0x30 && code <= 0x39)) return this.#number(parent, key);
    const literal = code === 0x74 ? "true" : code === 0x66 ? "false" : "null";
    this.#at += literal.length;
    return this.#text.startsWith(literal, start);
  }

  #stringValue(parent: Path, key: string | number, start: number): boolean {
    const value = this.#string();
    if (value === undefined) return false;
    if (this.#covered > 0) return true;
    const redacted = this.#treatment.string(value, parent, key);
    if (redacted !== value) this.#edit(start, this.#at, JSON.stringify(redacted));
    return true;
  }

  #number(parent: Path, key: string | number): boolean {
    const start = this.#at;
    this.#take(0x2d);
    const integer = this.#at;
    const digits = this.#digits();
    if (digits === 0 || (digits > 1 && this.#text.charCodeAt(integer) === 0x30)) return false;
    const whole = this.#at;
    if (this.#take(0x2e) && this.#digits() === 0) return false;
    if ((this.#text.charCodeAt(this.#at) | 0x20) === 0x65) {
      this.#at++;
      if (!this.#take(0x2b)) this.#take(0x2d);
      if (this.#digits() === 0) return false;
    }
    if (this.#covered === 0 && digits >= 13 && integer === start && whole === this.#at) {
      const redacted = this.#treatment.number(this.#text.slice(start, whole), parent, key);
      if (redacted !== undefined) this.#edit(start, whole, JSON.stringify(redacted));
    }
    return true;
  }

  #digits(): number {
    const start = this.#at;
    for (let code = this.#text.charCodeAt(start); code >= 0x30 && code <= 0x39; ) code = this.#text.charCodeAt(++this.#at);
    return this.#at - start;
  }

  // The decoded string at this place, undefined when there is none.
  #string(): string | undefined {
    const start = this.#at;
    if (this.#text.charCodeAt(start) !== QUOTE) return undefined;
    let escaped = false;
    for (let index = start + 1; index < this.#text.length; index++) {
      const code = this.#text.charCodeAt(index);
      if (code === QUOTE) {
        this.#at = index + 1;
        return escaped ? parsed(this.#text.slice(start, index + 1)) : this.#text.slice(start + 1, index);
      }
      if (code < 0x20) return undefined;
      if (code === BACKSLASH) {
        escaped = true;
        index++;
      }
    }
    return undefined;
  }

  // To the end of a container that is too deep to be looked into: brackets and strings only.
  #skipDeep(): boolean {
    let open = 0;
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === QUOTE) {
        if (this.#string() === undefined) return false;
        this.#at--;
      } else if (code === 0x7b || code === 0x5b) {
        open++;
      } else if ((code === 0x7d || code === 0x5d) && --open === 0) {
        this.#at++;
        return true;
      }
    }
    return false;
  }

  #space(): void {
    for (let code = this.#text.charCodeAt(this.#at); code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09; ) {
      code = this.#text.charCodeAt(++this.#at);
    }
  }

  #take(code: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at++;
    return true;
  }
}

/** Names of the members of one object so far; a sender may repeat them, we may not. */
interface Members {
  readonly keys: string[];
  names: Names | undefined;
}

function freeName(name: string, members: Members): string {
  if (members.names === undefined) {
    const before = new Set(members.keys);
    members.names = new Names((taken) => before.has(taken));
  }
  return members.names.give(name);
}

function parsed(literal: string): string | undefined {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return undefined;
  }
}

/** A string as what it says, anything else as it is written. */
function decoded(value: string): string {
  return value.charCodeAt(0) === QUOTE ? (parsed(value) ?? value) : value;
}
