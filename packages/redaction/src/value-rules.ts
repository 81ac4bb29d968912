// value-rules.ts: replaces inside a string what the detectors find, each by its rule's action. Runs until nothing is
// found any more, so that a second redaction, in the receiver, finds nothing to do.

import { BoundedCache } from "./bounded-cache.ts";
import type { Keyed } from "./keyed.ts";
import type { Action, Detector, ValueRule } from "./policy.ts";
import { canonicalEmail } from "./scan/email.ts";
import type { Finding } from "./scan/findings.ts";
import { Scanner, SHORTEST } from "./scan/scanner.ts";
import { isRedacted, MASK } from "./shapes.ts";

/** Which rule changed a text, and how. */
export interface Treatment {
  readonly rule: string;
  readonly action: Action;
}

const UNSETTLED: Treatment = { rule: "unsettled", action: "mask" };

// What one replacement can newly bring together takes a second round; more rounds are an attack, and end in a mask.
const MAX_ROUNDS = 4;

export class ValueRules {
  readonly #scanner: Scanner;
  readonly #treatments = new Map<Detector, Treatment>();
  readonly #keyed: Keyed | undefined;
  // The same few thousand addresses come again and again, and two hashes are most of the cost. Card numbers are not kept.
  readonly #addressTokens = new BoundedCache((address) => this.#token("email", address));
  /** What the last call did, each treatment once or more. Read it when the text came back changed. */
  applied: Treatment[] = [];

  constructor(rules: readonly ValueRule[], keyed: Keyed | undefined, isSecretName: (name: string) => boolean) {
    this.#keyed = keyed;
    for (const { detect, action, rule } of rules) {
      const possible = keyed === undefined && (action === "token" || action === "digest") ? "mask" : action;
      for (const detector of detect) this.#treatments.set(detector, { rule: rule ?? detector, action: possible });
    }
    this.#scanner = new Scanner(new Set(this.#treatments.keys()), isSecretName);
  }

  #token(detector: Detector, value: string): string {
    return this.#keyed?.token(detector, canonical(detector, value)) ?? MASK;
  }

  /** The same string when nothing is found. Linear. */
  redact(text: string): string {
    if (text.length < SHORTEST) return text;
    let findings = this.#scanner.scan(text);
    if (findings.length === 0 || isRedacted(text)) return text;
    this.applied = [];
    let current = text;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      current = this.#replace(current, findings);
      if (isRedacted(current)) return current;
      findings = this.#scanner.scan(current);
      if (findings.length === 0) return current;
    }
    this.applied.push(UNSETTLED);
    return MASK;
  }

  /** A whole number that is a card number, replaced; undefined when it is none. */
  number(digits: string): string | undefined {
    const card = this.#scanner
      .scan(digits)
      .find((finding) => finding.detector === "card" && finding.end - finding.start === digits.length);
    if (card === undefined) return undefined;
    this.applied = [];
    return this.#replace(digits, [card]);
  }

  #replace(text: string, findings: readonly Finding[]): string {
    let replaced = "";
    let done = 0;
    for (const { start, end, detector } of findings) {
      if (end <= done) continue;
      const treatment = this.#treatments.get(detector)!;
      if (start < done) {
        // The rest of a match that began inside of the one before: no part of a secret may survive the other's end.
        replaced += MASK;
        this.applied.push({ rule: treatment.rule, action: "mask" });
      } else {
        replaced += text.slice(done, start) + this.#result(treatment.action, detector, text.slice(start, end));
        this.applied.push(treatment);
      }
      done = end;
    }
    return replaced + text.slice(done);
  }

  #result(action: Action, detector: Detector, value: string): string {
    switch (action) {
      case "mask":
        return MASK;
      case "drop":
        return "";
      case "token":
        return detector === "email" ? this.#addressTokens.get(value) : this.#token(detector, value);
      case "digest":
        return this.#keyed?.digest(value) ?? MASK;
    }
  }
}

/** One spelling for what means the same, so that its token is the same. */
function canonical(detector: Detector, value: string): string {
  if (detector === "email") return canonicalEmail(value);
  if (detector === "card" || detector === "ssn") return value.replace(/\D/g, "");
  return detector === "iban" ? value.replace(/[^A-Za-z0-9]/g, "").toUpperCase() : value;
}
