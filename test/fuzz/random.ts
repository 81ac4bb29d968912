// random.ts: choices of a fuzzer, the same for the same seed.

import { seededRandom } from "../support/otlp.ts";

export class Choices {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = seededRandom(seed);
  }

  /** 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  chance(of: number): boolean {
    return this.#next() < of;
  }

  pick<T>(of: readonly T[]): T {
    return of[this.below(of.length)]!;
  }
}
