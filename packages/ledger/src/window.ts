// window.ts: which record ids are among the newest lines, and what they said. Bounded: old ones are forgotten, many at a time.
// Knows whether an id is there, not whether its line is durable. Rebuilt from the segments at start: it has no file of its own.
// Hot: a line costs one entry of a map and one of a list, no object of its own, and nothing is ever deleted one by one.

/** An id has one line as a rule; a conflict that was quarantined under the same id gives it another one. */
type Lines = number | number[];

class Generation {
  /** seq of its first line. Lines are added one after the other. */
  readonly first: number;
  readonly byId = new Map<string, Lines>();
  readonly contents: string[] = [];

  constructor(first: number) {
    this.first = first;
  }

  add(id: string, content: string, seq: number): void {
    this.contents.push(content);
    const known = this.byId.get(id);
    if (known === undefined) this.byId.set(id, seq);
    else if (typeof known === "number") this.byId.set(id, [known, seq]);
    else known.push(seq);
  }

  /** seq of the first line under this id that said the same; -1 when each said something else; undefined when there is none. */
  find(id: string, content: string): number | undefined {
    const known = this.byId.get(id);
    if (known === undefined) return undefined;
    if (typeof known === "number") return this.contents[known - this.first] === content ? known : -1;
    return known.find((seq) => this.contents[seq - this.first] === content) ?? -1;
  }

  /** seq of the first line under this id. */
  firstOf(id: string): number | undefined {
    const known = this.byId.get(id);
    return typeof known === "object" ? known[0] : known;
  }
}

export class RecentIds {
  readonly #capacity: number;
  /** The newest line is in #young; when that holds `capacity` lines, it becomes #old, and the old one is forgotten. */
  #young: Generation | undefined;
  #old: Generation | undefined;

  /** @param capacity of the newest lines so many are known at least, and up to twice as many. 0: none */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @param seq one more than that of the call before */
  add(id: string, content: string, seq: number): void {
    if (this.#capacity === 0) return;
    if (this.#young === undefined || this.#young.contents.length >= this.#capacity) {
      this.#old = this.#young;
      this.#young = new Generation(seq);
    }
    this.#young.add(id, content, seq);
  }

  /** The line that said the same under this id, or else the oldest known one that said anything. */
  find(id: string, content: string): { same: boolean; seq: number } | undefined {
    const inOld = this.#old?.find(id, content);
    const inYoung = this.#young?.find(id, content);
    if (inOld === undefined && inYoung === undefined) return undefined;
    for (const seq of [inOld, inYoung]) if (seq !== undefined && seq >= 0) return { same: true, seq };
    return { same: false, seq: (this.#old?.firstOf(id) ?? this.#young?.firstOf(id))! };
  }
}
