// policy.ts: what a policy is, as data. It knows nothing of how rules are matched; `parse-policy.ts` reads one from
// configuration, `default-policy.ts` holds the one that is in force when a site says nothing.

/** What replaces a value. `token` and `digest` need a key; without one they become `mask`, and the entry says `mask`. */
export type Action = "mask" | "token" | "drop" | "digest";

export const ACTIONS: readonly Action[] = ["mask", "token", "drop", "digest"];

/** What can be found inside a string. The order decides which rule is named when two find exactly the same characters. */
export type Detector =
  | "pem"
  | "jwt"
  | "api_key"
  | "bearer"
  | "basic"
  | "url_credentials"
  | "assignment"
  | "email"
  | "card"
  | "iban"
  | "ssn";

export const DETECTORS: readonly Detector[] = [
  "pem",
  "jwt",
  "api_key",
  "bearer",
  "basic",
  "url_credentials",
  "assignment",
  "email",
  "card",
  "iban",
  "ssn",
];

/** Keys whose whole value is secret. Rules are tried in order; the first that hits decides. */
export interface KeyRule {
  /** Substrings of a key, compared without case, `-`, `.`, space and camelCase read as `_`. */
  readonly names: readonly string[];
  /**
   * What this rule must leave alone. A plain entry excuses those words wherever they stand as whole words (`author` excuses
   * `post.author.name`, not `author_password`); an entry with `*` excuses the whole key that it matches.
   */
  readonly allow?: readonly string[];
  readonly action: Action;
  /** Name in the entries. Without it, the name that was found in the key. */
  readonly rule?: string;
}

/** Values found inside strings; only what matches is replaced. A detector stands in one rule at most. */
export interface ValueRule {
  readonly detect: readonly Detector[];
  readonly action: Action;
  /** Name in the entries. Without it, the detector's name. */
  readonly rule?: string;
}

/** Keys that hold prompts, model outputs and tool arguments: recorded as a keyed digest and a size unless a site keeps them. */
export interface ContentRule {
  /** Whole keys, compared without case; `*` stands for any characters. */
  readonly names: readonly string[];
  /** Keys that `names` would match but that hold no content. `*` as above. */
  readonly allow?: readonly string[];
  readonly action: Action;
}

export interface Policy {
  /** A label of the site's own; part of the version's hash. */
  readonly version?: string;
  readonly keys: readonly KeyRule[];
  readonly values: readonly ValueRule[];
  /** Absent: as in the default policy. `keep`: contents stay, under the key and value rules like everything else. */
  readonly content?: ContentRule | "keep";
}
