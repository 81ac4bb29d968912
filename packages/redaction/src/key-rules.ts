// key-rules.ts: the key rules of a policy compiled to one question, "what is this key?". Pure and uncached;
// `key-verdicts.ts` keeps the answers. Knows nothing of values.

import { flatKey, globMatches, type Spellings, spellings, type Words, wordsOf } from "./key-words.ts";
import type { Action, ContentRule, KeyRule, Policy } from "./policy.ts";

export interface KeyHit {
  readonly rule: string;
  readonly action: Action;
}

/** Returns the first rule that hits a key, or undefined. */
export type KeyRules = (key: string) => KeyHit | undefined;

/**
 * When a name is in a key. Single-word names: anywhere inside a word (`userpassword`); across words that were written together
 * if the name is longer than four letters (`PassWord`), else only when it fills whole words (`aUtH`, but not `businessName`);
 * across separators only when it fills whole words (`pass-word`, but not `sec_retry`). Names of several words: anywhere,
 * separators ignored (`privatekey`, `x-private.key`).
 */
export function compileKeyRules(rules: readonly KeyRule[]): KeyRules {
  const compiled = rules.map(compileRule);
  return (key) => {
    const words = wordsOf(key);
    const flat = flatKey(key);
    for (const rule of compiled) {
      const hit = rule(words, flat);
      if (hit !== undefined) return hit;
    }
    return undefined;
  };
}

/** Content keys are compared whole and as they are written, but for case: `input.value` is content, `input_value` is a field. */
export function compileContentRule(content: Policy["content"]): KeyRules {
  if (content === undefined || content === "keep") return () => undefined;
  const names = wholeKeys(content.names);
  const allow = wholeKeys(content.allow ?? []);
  const hit: KeyHit = { rule: "content", action: content.action };
  return (key) => {
    const lower = key.toLowerCase();
    return names(lower) && !allow(lower) ? hit : undefined;
  };
}

function wholeKeys(entries: ContentRule["names"]): (key: string) => boolean {
  const lower = entries.map((entry) => entry.toLowerCase());
  const exact = new Set(lower);
  const globs = lower.filter((entry) => entry.includes("*"));
  return (key) => exact.has(key) || globs.some((glob) => globMatches(glob, key));
}

function compileRule(rule: KeyRule): (words: Words, flat: string) => KeyHit | undefined {
  const names = rule.names.map((name) => ({ ...compileName(name), hit: { rule: rule.rule ?? name, action: rule.action } }));
  const allow = rule.allow ?? [];
  const globs = allow.filter((entry) => entry.includes("*")).map((entry) => flatGlob(entry));
  const excuses = compileExcuses(allow.filter((entry) => !entry.includes("*")));
  return (words, flat) => {
    const apart = words.words.join("_");
    if (globs.some((glob) => globMatches(glob, flat) || globMatches(glob, apart))) return undefined;
    const segments = excuses(words);
    return names.find((name) => segments.some(name.isIn))?.hit;
  };
}

function compileName(name: string): { isIn: (key: Spellings) => boolean } {
  const { words } = wordsOf(name);
  const apart = words.join("_");
  const together = words.join("");
  if (words.length > 1) return { isIn: (key) => key.together.includes(together) };
  if (together.length > 4) {
    return { isIn: (key) => key.apart.includes(apart) || key.written.includes(apart) || fillsWords(key, together) };
  }
  return { isIn: (key) => key.apart.includes(apart) || fillsWords(key, together) };
}

function fillsWords(key: Spellings, name: string): boolean {
  for (let at = key.together.indexOf(name); at >= 0; at = key.together.indexOf(name, at + 1)) {
    if (key.edges.has(at) && key.edges.has(at + name.length)) return true;
  }
  return false;
}

// Takes the excused words out of a key; what is left are runs of words between them, which never join again.
function compileExcuses(entries: readonly string[]): (words: Words) => Spellings[] {
  const byFirstWord = new Map<string, (readonly string[])[]>();
  for (const entry of entries) {
    const { words } = wordsOf(entry);
    const first = words[0];
    if (first === undefined) continue;
    byFirstWord.set(first, [...(byFirstWord.get(first) ?? []), words]);
  }
  return ({ words, glued }) => {
    const segments: Spellings[] = [];
    let from = 0;
    let at = 0;
    while (at < words.length) {
      const length = longestAt(words, at, byFirstWord.get(words[at]!));
      if (length > 0) {
        segments.push(spellings(words.slice(from, at), glued.slice(from, at)));
        from = at + length;
      }
      at += Math.max(length, 1);
    }
    segments.push(spellings(words.slice(from), glued.slice(from)));
    return segments;
  };
}

function longestAt(words: readonly string[], at: number, sequences: readonly (readonly string[])[] = []): number {
  let longest = 0;
  for (const sequence of sequences) {
    if (sequence.length > longest && sequence.every((word, offset) => words[at + offset] === word)) longest = sequence.length;
  }
  return longest;
}

function flatGlob(pattern: string): string {
  return pattern.split("*").map(flatKey).join("*");
}
