// key-verdicts.ts: what is to be done about a key, answered once for each spelling and kept. Keys repeat from record
// to record; the memory of them is bounded, however many a sender makes up.

import { BoundedCache } from "./bounded-cache.ts";
import type { KeyHit, KeyRules } from "./key-rules.ts";
import { withoutRedacted } from "./shapes.ts";
import type { Treatment, ValueRules } from "./value-rules.ts";

export interface KeyVerdict {
  /** The rule that covers the whole value, if any. */
  readonly hit: KeyHit | undefined;
  /** The key without what the value rules found in it. */
  readonly name: string;
  /** What was done to the key itself. */
  readonly applied: readonly Treatment[];
}

/** The verdict on nearly every key: leave it, look into the value. Compared by reference. */
export const CLEAN: KeyVerdict = { hit: undefined, name: "", applied: [] };

export class KeyVerdicts {
  readonly #keyRules: KeyRules;
  readonly #contentRule: KeyRules;
  readonly #values: ValueRules;
  readonly #verdicts = new BoundedCache((key) => this.#judge(key));

  constructor(keyRules: KeyRules, contentRule: KeyRules, values: ValueRules) {
    this.#keyRules = keyRules;
    this.#contentRule = contentRule;
    this.#values = values;
  }

  of(key: string): KeyVerdict {
    return this.#verdicts.get(key);
  }

  #judge(key: string): KeyVerdict {
    const name = this.#values.redact(key);
    const applied = name === key ? [] : this.#values.applied;
    const hit = this.#hit(key) ?? (name === key ? undefined : this.#hit(name));
    return hit === undefined && name === key ? CLEAN : { hit, name, applied };
  }

  #hit(key: string): KeyHit | undefined {
    const readable = withoutRedacted(key);
    return this.#keyRules(readable) ?? this.#contentRule(readable);
  }
}
