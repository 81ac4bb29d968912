// api-keys.ts: keys that their issuers made recognisable by a prefix, JSON Web Tokens (RFC 7519) and PEM private keys
// (RFC 7468). Each is entered at the character that ends or marks its prefix and checks backwards first: that is cheap.

import { ALNUM, codeAt, is, KEY, type Text } from "./characters.ts";
import type { Findings } from "./findings.ts";

interface Shape {
  /** What follows the prefix, before the random part. */
  readonly next?: readonly string[];
  /** Fewest characters of the random part. */
  readonly atLeast: number;
}

// Prefix before its first `_`, `-` or `.`: what comes after. One shape may stand for many kinds of key.
const SHAPES = new Map<string, Shape>([
  ...["ghp_", "gho_", "ghu_", "ghs_", "ghr_"].map((prefix): [string, Shape] => [prefix, { atLeast: 20 }]), // GitHub
  ["github_", { next: ["pat_"], atLeast: 22 }],
  ...["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-", "glagent-"].map((prefix): [string, Shape] => [
    prefix,
    { atLeast: 16 },
  ]), // GitLab
  ...["xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-"].map((prefix): [string, Shape] => [
    prefix,
    { atLeast: 10 },
  ]), // Slack
  ...["sk_", "rk_"].map((prefix): [string, Shape] => [prefix, { next: ["live_", "test_", "prod_"], atLeast: 10 }]), // Stripe
  ["whsec_", { atLeast: 24 }],
  ["sk-", { atLeast: 20 }], // OpenAI, Anthropic (sk-ant-) and those that follow them
  ["npm_", { atLeast: 30 }],
  ["pypi-", { next: ["AgE"], atLeast: 16 }],
  ["hf_", { atLeast: 30 }], // Hugging Face
  ["SG.", { atLeast: 16 }], // SendGrid: two parts
  ["hvs.", { atLeast: 20 }], // HashiCorp Vault
  ["hvb.", { atLeast: 20 }],
  ["ya29.", { atLeast: 20 }], // Google OAuth
  ...["dop_", "doo_", "dor_"].map((prefix): [string, Shape] => [prefix, { next: ["v1_"], atLeast: 40 }]), // DigitalOcean
  ["dckr_", { next: ["pat_", "oat_"], atLeast: 20 }], // Docker
  ...["glsa_", "glc_"].map((prefix): [string, Shape] => [prefix, { atLeast: 24 }]), // Grafana
  ...["shpat_", "shpca_", "shppa_", "shpss_"].map((prefix): [string, Shape] => [prefix, { atLeast: 32 }]), // Shopify
  ...["sntrys_", "sntryu_"].map((prefix): [string, Shape] => [prefix, { atLeast: 32 }]), // Sentry
  ["lin_", { next: ["api_", "oauth_"], atLeast: 32 }], // Linear
  ["nvapi-", { atLeast: 40 }],
  ["gsk_", { atLeast: 40 }], // Groq
  ["pplx-", { atLeast: 40 }],
  ["xai-", { atLeast: 40 }],
  ["tskey-", { atLeast: 16 }], // Tailscale
  ["PMAK-", { atLeast: 40 }], // Postman
  ["AGE-", { next: ["SECRET-KEY-1"], atLeast: 40 }],
]);
/** The prefixes, each with its mark. */
export const KEY_PREFIXES: readonly string[] = [...SHAPES.keys()];
const LONGEST_PREFIX = 8;
const SHORTEST_SECRET = 10;

/** At `_`, `-` or `.`: does the word before it begin a key? */
export function scanPrefixedKey(text: Text, mark: number, state: Findings): void {
  if (text.length - mark <= SHORTEST_SECRET || !is(codeAt(text, mark + 1), KEY)) return;
  let start = mark;
  while (start > 0 && mark - start <= LONGEST_PREFIX && is(text.charCodeAt(start - 1), ALNUM)) start--;
  if (mark - start < 2 || mark - start >= LONGEST_PREFIX) return;
  const shape = SHAPES.get(text.slice(start, mark + 1));
  if (shape === undefined) return;
  let from = mark + 1;
  if (shape.next !== undefined) {
    const next = shape.next.find((part) => text.slice(from, from + part.length) === part);
    if (next === undefined) return;
    from += next.length;
  }
  let end = state.keyRunEnd(from);
  // Words with dashes are no key: a random part this long has a digit in it.
  if (end - from < shape.atLeast || !state.digitInRun(from)) return;
  if (text.charCodeAt(mark) === 0x2e && codeAt(text, end) === 0x2e && is(codeAt(text, end + 1), KEY))
    end = state.keyRunEnd(end + 1);
  state.add("api_key", start, end);
}

/** At `I`: AWS access key ids (AKIA, ASIA) and Google API keys (AIza). */
export function scanCapitalI(text: Text, at: number, state: Findings): void {
  if (codeAt(text, at - 1) === 0x41 && codeAt(text, at + 1) === 0x7a) {
    if (codeAt(text, at + 2) === 0x61 && !is(codeAt(text, at - 2), ALNUM)) addRun(text, at - 1, 35 + 4, KEY, 35 + 12, state);
    return;
  }
  const before = codeAt(text, at - 1);
  if ((before !== 0x4b && before !== 0x53) || codeAt(text, at - 2) !== 0x41 || codeAt(text, at + 1) !== 0x41) return;
  if (!is(codeAt(text, at - 3), ALNUM)) addRun(text, at - 2, 20, ALNUM, 20, state);
}

/** At `K`: Twilio API key ids, SK and 32 hex digits. */
export function scanCapitalK(text: Text, at: number, state: Findings): void {
  if (codeAt(text, at - 1) !== 0x53 || is(codeAt(text, at - 2), ALNUM)) return;
  if (/^[0-9a-f]{32}$/.test(text.slice(at + 1, at + 33)) && !is(codeAt(text, at + 33), ALNUM))
    state.add("api_key", at - 1, at + 33);
}

function addRun(text: Text, start: number, atLeast: number, classes: number, atMost: number, state: Findings): void {
  let end = start;
  while (end - start <= atMost && is(codeAt(text, end), classes)) end++;
  if (end - start >= atLeast && end - start <= atMost) state.add("api_key", start, end);
}

/** At `J`: `eyJ…` is a JSON object in base64url; with two more parts, or four (encrypted), it is a token. Once for each run. */
export function scanJwt(text: Text, at: number, state: Findings): void {
  if (codeAt(text, at - 1) !== 0x79 || codeAt(text, at - 2) !== 0x65) return;
  if (at < state.jwtUntil) return;
  let end = state.keyRunEnd(at);
  state.jwtUntil = end;
  if (end - at < 8) return;
  let parts = 1;
  for (; parts < 5 && codeAt(text, end) === 0x2e; parts++) end = runEnd(text, end + 1);
  if (parts >= 3 && end - at >= 20) state.add("jwt", at - 2, end);
}

function runEnd(text: Text, from: number): number {
  let end = from;
  while (end < text.length && is(text.charCodeAt(end), KEY)) end++;
  return end;
}

const BEGIN = "BEGIN ";
const KEY_LABEL = /^BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;

/** At the first of a row of dashes: the whole block of a private key, to the end of the text when it has been cut. Returns where to go on. */
export function scanDashes(text: Text, at: number, state: Findings): number {
  let end = at;
  while (end < text.length && text.charCodeAt(end) === 0x2d) end++;
  if (end - at < 5 || text.slice(end, end + BEGIN.length) !== BEGIN) return end;
  if (!KEY_LABEL.test(text.slice(end, end + 80))) return end;
  const closing = text.indexOf("-----END ", end);
  const closed = closing < 0 ? -1 : text.indexOf("-----", closing + 9);
  const stop = closed < 0 || closed - closing > 80 ? text.length : closed + 5;
  state.add("pem", end - 5, stop);
  return stop;
}
