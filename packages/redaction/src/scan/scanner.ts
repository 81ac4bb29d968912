// scanner.ts: finds what the value rules are about. Triggers say where to look, scanners look there and around; the
// rest of a string is passed over. This is the hot path of the room.

import { DETECTORS, type Detector } from "../policy.ts";
import { scanCapitalI, scanCapitalK, scanDashes, scanJwt, scanPrefixedKey } from "./api-keys.ts";
import { codeAt, type Text } from "./characters.ts";
import { scanScheme } from "./credentials.ts";
import { scanDigits } from "./digits.ts";
import { scanEmail } from "./email.ts";
import { type Finding, Findings } from "./findings.ts";
import { ibanEnd } from "./iban.ts";
import { compileTriggers, ibanTriggers, type Triggers } from "./triggers.ts";
import { scanAuthority, scanColon, scanEquals } from "./url.ts";

/** Shorter than anything that could be found. */
export const SHORTEST = 5;
const SHORTEST_NUMBER = 11;
const SHORTEST_IBAN = 15;

const NOTHING: readonly Finding[] = [];

/** Finds candidates, earliest first; they may overlap. */
export class Scanner {
  readonly #wanted: ReadonlySet<Detector>;
  readonly #triggers: Triggers;
  readonly #ibans: Triggers;
  readonly #numbers: boolean;
  readonly #state: Findings;

  /** `triggers` and `ibans` are there to be counted by tests. */
  constructor(
    wanted: ReadonlySet<Detector>,
    isSecretName: (name: string) => boolean,
    triggers: Triggers = compileTriggers(wanted),
    ibans: Triggers = ibanTriggers,
  ) {
    this.#wanted = wanted;
    this.#triggers = triggers;
    this.#ibans = ibans;
    this.#numbers = wanted.has("card") || wanted.has("ssn");
    this.#state = new Findings(isSecretName);
  }

  scan(text: string): readonly Finding[] {
    const state = this.#state;
    const length = text.length;
    let at = length < SHORTEST ? -1 : this.#triggers(text, 0);
    if (at >= 0) {
      state.begin(text);
      while (at >= 0) at = this.#triggers(text, visit(text, at, state));
    }
    if (this.#numbers && length >= SHORTEST_NUMBER) scanDigits(text, state);
    if (length >= SHORTEST_IBAN && this.#wanted.has("iban")) this.#scanIbans(text, state);
    return state.list.length === 0 ? NOTHING : this.#take(state);
  }

  #scanIbans(text: string, state: Findings): void {
    for (let at = this.#ibans(text, 0); at >= 0; at = this.#ibans(text, at + 2)) {
      const end = ibanEnd(text, at);
      if (end > 0) state.add("iban", at, end);
    }
  }

  // Earliest first, then longest, then the more telling detector. Some scanners find for two detectors: what is not wanted goes.
  #take(state: Findings): readonly Finding[] {
    const found = state.list;
    state.begin("");
    if (found.length === 1) return this.#wanted.has(found[0]!.detector) ? found : NOTHING;
    const wanted = found.filter((finding) => this.#wanted.has(finding.detector));
    return wanted.sort(
      (a, b) => a.start - b.start || b.end - a.end || DETECTORS.indexOf(a.detector) - DETECTORS.indexOf(b.detector),
    );
  }
}

/** Looks around a trigger; returns where to go on. */
function visit(text: Text, at: number, state: Findings): number {
  switch (text.charCodeAt(at)) {
    case 0x40: // @
      scanEmail(text, at, 1, state);
      break;
    case 0x25: // %
      if (codeAt(text, at + 1) === 0x34 && codeAt(text, at + 2) === 0x30) scanEmail(text, at, 3, state);
      break;
    case 0x3a: // :
      if (codeAt(text, at + 1) === 0x2f && codeAt(text, at + 2) === 0x2f) scanAuthority(text, at, state);
      else scanColon(text, at, state);
      break;
    case 0x3d: // =
      scanEquals(text, at, state);
      break;
    case 0x20:
    case 0x09:
      scanScheme(text, at, state);
      break;
    case 0x2d: // -
      if (codeAt(text, at + 1) === 0x2d) return scanDashes(text, at, state);
      scanPrefixedKey(text, at, state);
      break;
    case 0x5f: // _
    case 0x2e: // .
      scanPrefixedKey(text, at, state);
      break;
    case 0x49: // I
      scanCapitalI(text, at, state);
      break;
    case 0x4b: // K
      scanCapitalK(text, at, state);
      break;
    case 0x4a: // J
      scanJwt(text, at, state);
      break;
  }
  return at + 1;
}
