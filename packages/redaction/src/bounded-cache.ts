// bounded-cache.ts: remembers answers about strings, within a fixed memory, whatever is asked.

const MAX_KEPT = 4096;
const MAX_LENGTH = 256;

/** Answers of a pure function of a string. Two generations: what the young one did not ask for again is forgotten with the old. */
export class BoundedCache<Answer> {
  readonly #ask: (text: string) => Answer;
  #young = new Map<string, Answer>();
  #old = new Map<string, Answer>();

  /** `ask` must not answer undefined. */
  constructor(ask: (text: string) => Answer) {
    this.#ask = ask;
  }

  get(text: string): Answer {
    return this.#young.get(text) ?? this.#miss(text);
  }

  #miss(text: string): Answer {
    if (text.length > MAX_LENGTH) return this.#ask(text);
    const answer = this.#old.get(text) ?? this.#ask(text);
    if (this.#young.size >= MAX_KEPT) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(text, answer);
    return answer;
  }
}
