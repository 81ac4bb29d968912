// findings.ts: what the scanners share while one text is read: what was found, and what has been looked at already.
// The second is what keeps them linear: no scanner looks at a stretch again that an earlier attempt has covered.

import type { Detector } from "../policy.ts";
import { codeAt, DIGIT, is, KEY, type Text } from "./characters.ts";

export interface Finding {
  readonly start: number;
  readonly end: number;
  readonly detector: Detector;
}

const NOTHING: readonly Finding[] = [];

/** State of one pass over one text; one object serves all passes, one after the other. */
export class Findings {
  text: Text = "";
  /** Do the key rules hit this name? */
  readonly isSecretName: (name: string) => boolean;
  list: readonly Finding[] = NOTHING;
  /** Where the value of the last assignment ended: inside of it no other is looked for. */
  assignedUntil = 0;
  /** Index after the last `@`: no address reaches back beyond it. */
  afterAt = 0;
  /** The `@` between the user and the host of a URL, which is not one of an address; -1 when there is none. */
  hostAt = -1;
  /** End of the run in which a JWT has been looked for. */
  jwtUntil = 0;
  /** Where the userinfo of the last URL ended: no other begins inside of it. */
  authorityUntil = 0;
  #runFrom = 0;
  #runEnd = 0;
  #lastDigit = -1;
  #nextAt = -1;
  #nextBreak = -1;

  constructor(isSecretName: (name: string) => boolean) {
    this.isSecretName = isSecretName;
  }

  begin(text: Text): void {
    this.text = text;
    this.list = NOTHING;
    this.assignedUntil = 0;
    this.afterAt = 0;
    this.hostAt = -1;
    this.jwtUntil = 0;
    this.authorityUntil = 0;
    this.#runFrom = 0;
    this.#runEnd = 0;
    this.#nextAt = -1;
    this.#nextBreak = -1;
  }

  add(detector: Detector, start: number, end: number): void {
    const finding = { start, end, detector };
    if (this.list === NOTHING) this.list = [finding];
    else (this.list as Finding[]).push(finding);
  }

  /** End of the run of `A-Z a-z 0-9 _ -` that begins at or goes through an index. */
  keyRunEnd(from: number): number {
    if (from >= this.#runFrom && from < this.#runEnd) return this.#runEnd;
    let end = from;
    this.#lastDigit = -1;
    for (; end < this.text.length; end++) {
      const code = this.text.charCodeAt(end);
      if (!is(code, KEY)) break;
      if (is(code, DIGIT)) this.#lastDigit = end;
    }
    this.#runFrom = from;
    this.#runEnd = end;
    return end;
  }

  /** After `keyRunEnd(from)`: is there a digit in the rest of that run? */
  digitInRun(from: number): boolean {
    return this.#lastDigit >= from;
  }

  /** Index of the next `@` from an index on, the text's length when there is none. Indexes must not go back. */
  nextAt(from: number): number {
    if (this.#nextAt < from) {
      const at = this.text.indexOf("@", from);
      this.#nextAt = at < 0 ? this.text.length : at;
    }
    return this.#nextAt;
  }

  /** Index of the next white space, quote or angle bracket, as `nextAt`. */
  nextBreak(from: number): number {
    if (this.#nextBreak < from) {
      let end = from;
      while (end < this.text.length && !isUrlBreak(codeAt(this.text, end))) end++;
      this.#nextBreak = end;
    }
    return this.#nextBreak;
  }
}

/** What ends a URL in a text. */
export function isUrlBreak(code: number): boolean {
  return (
    code <= 0x20 ||
    code === 0x22 ||
    code === 0x3c ||
    code === 0x3e ||
    code === 0x60 ||
    code === 0x5c ||
    code === 0x3000 ||
    code === 0xa0
  );
}
