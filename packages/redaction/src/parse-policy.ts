// parse-policy.ts: reads a policy from configuration. Everything that is wrong is collected and said at once; what is
// absent is taken from the default policy. A policy that parses is complete, and has one spelling and one version.

import { hash } from "node:crypto";
import { defaultPolicy } from "./default-policy.ts";
import { PolicyError, type PolicyProblem } from "./errors.ts";
import {
  ACTIONS,
  type Action,
  type ContentRule,
  DETECTORS,
  type Detector,
  type KeyRule,
  type Policy,
  type ValueRule,
} from "./policy.ts";

type Properties = Readonly<Record<string, unknown>>;

/**
 * Reads `{ version?, keys?, values?, content? }`; nothing at all is an empty policy. Absent sections are those of {@link defaultPolicy}; in the lists `keys` and
 * `values` the string `"default"` stands for the default rules, so that a site adds to them without repeating them. `content` is
 * `"keep"`, an action, or `{ names?, allow?, action? }`. Throws {@link PolicyError} with every problem found.
 */
export function parsePolicy(input: unknown): Policy {
  const reader = new Reader();
  const policy = reader.policy(input);
  if (reader.problems.length > 0) throw new PolicyError("INVALID_POLICY", reader.problems);
  return policy;
}

/** First 12 hex digits of the SHA-256 of the policy's canonical JSON: keys sorted, absent ones left out, no white space. */
export function policyVersion(policy: Policy): string {
  return hash("sha256", canonical(parsePolicy(policy)), "hex").slice(0, 12);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const properties = Object.entries(value).filter(([, property]) => property !== undefined);
  properties.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${properties.map(([key, property]) => `${JSON.stringify(key)}:${canonical(property)}`).join(",")}}`;
}

class Reader {
  readonly problems: PolicyProblem[] = [];

  policy(input: unknown): Policy {
    const { version, keys, values, content } = this.#properties(input ?? {}, "", ["version", "keys", "values", "content"]);
    const seen = new Map<Detector, string>();
    return {
      ...this.#optionalName("version", version, "version"),
      keys: this.#rules(keys, "keys", defaultPolicy.keys, (rule, path) => this.#keyRule(rule, path)),
      values: this.#rules(
        values,
        "values",
        defaultPolicy.values,
        (rule, path) => this.#valueRule(rule, path),
        (rule, path) => this.#once(rule, path, seen),
      ),
      content: this.#content(content),
    };
  }

  #rules<Rule>(
    input: unknown,
    path: string,
    defaults: readonly Rule[],
    read: (rule: unknown, path: string) => Rule,
    check: (rule: Rule, path: string) => void = () => {},
  ): Rule[] {
    if (input === undefined) return [...defaults];
    if (!Array.isArray(input)) {
      this.#problem(path, input, `a list of rules; "default" in it stands for the default ones`);
      return [];
    }
    return input.flatMap((element: unknown, index) => {
      const rules = element === "default" ? defaults : [read(element, `${path}[${index}]`)];
      for (const rule of rules) check(rule, `${path}[${index}]`);
      return rules;
    });
  }

  #keyRule(input: unknown, path: string): KeyRule {
    const { names, allow, action, rule } = this.#properties(input, path, ["names", "allow", "action", "rule"]);
    const words = this.#strings(names, `${path}.names`);
    words.forEach((word, index) => {
      const letters = word.replace(/[^\p{L}\p{N}]/gu, "");
      if (letters.length < 2 || word.includes("*")) {
        this.#problem(
          `${path}.names[${index}]`,
          word,
          "at least two letters or digits and no `*`: a name is found anywhere in a key",
        );
      }
    });
    return {
      names: words,
      ...(allow === undefined ? {} : { allow: this.#strings(allow, `${path}.allow`) }),
      action: this.#action(action, `${path}.action`),
      ...this.#optionalName("rule", rule, `${path}.rule`),
    };
  }

  #valueRule(input: unknown, path: string): ValueRule {
    const { detect, action, rule } = this.#properties(input, path, ["detect", "action", "rule"]);
    const detectors = this.#strings(detect, `${path}.detect`).map((name, index) => {
      if (!(DETECTORS as readonly string[]).includes(name)) {
        this.#problem(`${path}.detect[${index}]`, name, `one of ${DETECTORS.join(", ")}`);
      }
      return name as Detector;
    });
    return {
      detect: detectors,
      action: this.#action(action, `${path}.action`),
      ...this.#optionalName("rule", rule, `${path}.rule`),
    };
  }

  #once(rule: ValueRule, path: string, seen: Map<Detector, string>): void {
    for (const detector of rule.detect) {
      const before = seen.get(detector);
      if (before !== undefined)
        this.#problem(`${path}.detect`, detector, `each detector in one rule only; it stands in ${before} too`);
      seen.set(detector, path);
    }
  }

  #content(input: unknown): ContentRule | "keep" {
    const fallback = defaultPolicy.content as ContentRule;
    if (input === undefined) return fallback;
    if (input === "keep") return "keep";
    if (typeof input === "string") {
      return { ...fallback, action: this.#action(input, "content", `keep, an action (${ACTIONS.join(", ")}), or a rule`) };
    }
    const { names, allow, action } = this.#properties(input, "content", ["names", "allow", "action"]);
    const allowed =
      allow === undefined ? (names === undefined ? fallback.allow : undefined) : this.#strings(allow, "content.allow");
    return {
      names: names === undefined ? fallback.names : this.#strings(names, "content.names"),
      ...(allowed === undefined ? {} : { allow: allowed }),
      action: action === undefined ? fallback.action : this.#action(action, "content.action"),
    };
  }

  #action(input: unknown, path: string, expected: string = `one of ${ACTIONS.join(", ")}`): Action {
    if (ACTIONS.includes(input as Action)) return input as Action;
    this.#problem(path, input, input === "encrypt" ? `${expected}: encrypt is not available yet` : expected);
    return "mask";
  }

  #strings(input: unknown, path: string): string[] {
    if (!Array.isArray(input)) {
      this.#problem(path, input, "a list of strings");
      return [];
    }
    return input.filter((element: unknown, index): element is string => {
      const good = typeof element === "string" && element.trim() !== "";
      if (!good) this.#problem(`${path}[${index}]`, element, "a string that is not empty");
      return good;
    });
  }

  #optionalName<Name extends string>(name: Name, input: unknown, path: string): { [key in Name]?: string } {
    if (input === undefined) return {};
    if (typeof input !== "string" || input === "" || input.length > 64) {
      this.#problem(path, input, "a string of 1 to 64 characters");
      return {};
    }
    return { [name]: input } as { [key in Name]?: string };
  }

  #properties(input: unknown, path: string, known: readonly string[]): Properties {
    if (typeof input !== "object" || input === null || Array.isArray(input)) {
      this.#problem(path, input, `an object with ${known.join(", ")}`);
      return {};
    }
    for (const name of Object.keys(input)) {
      if (!known.includes(name)) this.#problem(path === "" ? name : `${path}.${name}`, name, `one of ${known.join(", ")}`);
    }
    return input as Properties;
  }

  #problem(path: string, value: unknown, expected: string): void {
    this.problems.push({ path, value: show(value), expected });
  }
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  let shown: string;
  try {
    shown = JSON.stringify(value) ?? typeof value;
  } catch {
    shown = typeof value; // a cycle or a bigint
  }
  return shown.length > 60 ? `${shown.slice(0, 59)}…` : shown;
}
