// key-words.ts: a key read as words, so that `x-api-key`, `apiKey`, `api.key` and `API_KEY` are one key, and so that
// `businessName` holds no `ssn`. Knows nothing of policies or actions.

/** The words of a key in lower case. `glued[i]`: word i follows word i-1 without a separator, as in camelCase. */
export interface Words {
  readonly words: readonly string[];
  readonly glued: readonly boolean[];
}

// A plural of capitals (SSNs), capitals before a capitalised word (API in APIKey), a word with or without a capital, capitals.
const WORD = /\p{Lu}{2,}s(?![\p{L}])|\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}?[^\p{Lu}\p{P}\p{S}\p{Z}\p{C}]+|\p{Lu}+/gu;
// Characters that do not show: they would cut a name in two without anybody seeing it.
const INVISIBLE = /[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/g;

/** Splits at separators and at camelCase. Full-width and other compatibility letters are read as the plain ones. Linear. */
export function wordsOf(key: string): Words {
  const words: string[] = [];
  const glued: boolean[] = [];
  let end = -1;
  for (const match of normalise(key).matchAll(WORD)) {
    words.push(match[0].toLowerCase());
    glued.push(match.index === end);
    end = match.index + match[0].length;
  }
  return { words, glued };
}

/** The key in lower case, every run of separators one `_`, camelCase left together. */
export function flatKey(key: string): string {
  return normalise(key)
    .toLowerCase()
    .replace(/[\p{P}\p{S}\p{Z}\p{C}]+/gu, "_");
}

function normalise(key: string): string {
  return key.replace(INVISIBLE, "").normalize("NFKC");
}

/** A run of words in the three spellings that names are looked for in. */
export interface Spellings {
  /** `business_name` for businessName: every word apart. */
  readonly apart: string;
  /** `businessname` for businessName, `business_name` for business-name: as it was written. */
  readonly written: string;
  /** All words together. */
  readonly together: string;
  /** Offsets in `together` at which a word starts; the last one is its length. */
  readonly edges: ReadonlySet<number>;
}

export function spellings(words: readonly string[], glued: readonly boolean[]): Spellings {
  const edges = new Set<number>();
  let written = "";
  let together = "";
  words.forEach((word, index) => {
    edges.add(together.length);
    written += index === 0 || glued[index] ? word : `_${word}`;
    together += word;
  });
  edges.add(together.length);
  return { apart: words.join("_"), written, together, edges };
}

/** `*` stands for any characters, none included. Bounded by the product of the two lengths; patterns are short. */
export function globMatches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let retry = 0;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p++;
      retry = t;
    } else if (pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
