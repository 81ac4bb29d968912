// triggers.ts: where in a string it is worth looking. One regular expression names every place at which something other
// than a number may stand; its engine passes over the rest many bytes at a time, which no loop of ours can.

import type { Detector } from "../policy.ts";
import { KEY_PREFIXES } from "./api-keys.ts";

// Each alternative ends at the character that its scanner is entered at. They decide by one to three characters and bounded
// looks around, so that nothing is read twice; only the authority of a URL is read to its end, and that ends before the next.
const TRIGGERS: readonly (readonly [pattern: string, detectors: readonly Detector[]])[] = [
  ["@", ["email"]],
  ["%(?=40)", ["email"]],
  // A URL with an `@` in its authority, or with something after a colon there that is no port.
  [String.raw`:(?=\/\/[^\/?#\s"<>\x60\\]*?(?:@|:\d{0,5}[^\d\/?#\s]))`, ["url_credentials", "email"]],
  [String.raw`["'\x60] {0,2}:`, ["assignment"]],
  [String.raw`:(?=\s)`, ["assignment"]],
  ["=", ["url_credentials", "assignment"]],
  ["[bB][eE][aA][rR][eE][rR][ \\t]", ["bearer"]],
  ["[bB][aA][sS][iI][cC][ \\t]", ["basic"]],
  ["-(?=----BEGIN )", ["pem"]],
  // The letters that prefixes end in, first: the dashes of UUIDs and the underscores of names mostly stop there.
  ...["-", "_"].map((mark): [string, Detector[]] => [
    `${mark}(?<=[A-Za-z][${lastLetters(mark)}]${mark})(?=[A-Za-z0-9_-]{8})`,
    ["api_key"],
  ]),
  [`\\.(?<=(?:${prefixes(".").join("|")})\\.)(?=[A-Za-z0-9_-]{8})`, ["api_key"]],
  ["I(?=za|A[A-Z0-9]{8})", ["api_key"]],
  ["K(?=[0-9a-f]{32})", ["api_key"]],
  ["J(?<=eyJ)", ["jwt"]],
];

// What these find has at least so many characters; half of all strings are shorter, and are passed over faster without them.
const LONG: ReadonlySet<Detector> = new Set(["api_key", "pem", "jwt"]);
export const SHORTEST_LONG = 13;

// Country and check digits, and enough behind them; the lookbehind is for the boundary.
const IBAN = /[A-Za-z][A-Za-z][0-9][0-9](?<![A-Za-z0-9]....)(?=[A-Za-z0-9 \-\u00a0]{11})/g;

function prefixes(mark: string): string[] {
  return KEY_PREFIXES.filter((prefix) => prefix.endsWith(mark)).map((prefix) => prefix.slice(0, -1));
}

/** The letters that prefixes end in before a mark. */
export function lastLetters(mark: string): string {
  return [...new Set(prefixes(mark).map((prefix) => prefix.slice(-1)))].join("");
}

/** Index of the first trigger from an index on, -1 when there is none. */
export type Triggers = (text: string, from: number) => number;

/** Triggers of the wanted detectors, numbers apart. Linear over all calls for one text. */
export function compileTriggers(wanted: ReadonlySet<Detector>): Triggers {
  const short = expressionFor(new Set([...wanted].filter((detector) => !LONG.has(detector))));
  const long = expressionFor(wanted);
  return (text, from) => {
    const expression = text.length < SHORTEST_LONG ? short : long;
    expression.lastIndex = from;
    return expression.test(text) ? expression.lastIndex - 1 : -1;
  };
}

function expressionFor(wanted: ReadonlySet<Detector>): RegExp {
  const patterns = TRIGGERS.filter(([, detectors]) => detectors.some((detector) => wanted.has(detector))).map(
    ([pattern]) => pattern,
  );
  return new RegExp(patterns.length === 0 ? "(?!)" : patterns.join("|"), "g");
}

/** Index of the first letter of what may be an IBAN, from an index on; -1 when there is none. */
export const ibanTriggers: Triggers = (text, from) => {
  IBAN.lastIndex = from;
  return IBAN.test(text) ? IBAN.lastIndex - 4 : -1;
};
