// compactor.ts: compresses sealed segments, one at a time, oldest first, beside everything else. Nothing waits for it, and nothing that
// was promised depends on it: hence its failures do not burn the fuse. Knows which segments, not how.

import { type Compressed, compressSegment } from "./compress-segment.ts";
import type { Disk } from "./disk.ts";
import { asLedgerError, type LedgerError } from "./errors.ts";
import type { Layout } from "./layout.ts";

export interface CompactorOptions {
  readonly disk: Disk;
  readonly layout: Layout;
  /** First seqs of the segments that are sealed and plain, ascending. */
  readonly waiting: readonly number[];
  readonly onDone: (first: number, result: Compressed) => void;
  /** The plain segment is still there. It is tried again when the next one is sealed, and at the next start. */
  readonly onFailed: (first: number, error: LedgerError) => void;
}

export class Compactor {
  readonly #o: CompactorOptions;
  readonly #waiting: number[];
  /** Settles when nothing waits, or the first one failed. Never rejects. */
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(o: CompactorOptions) {
    this.#o = o;
    this.#waiting = [...o.waiting];
  }

  /** @param first of a segment that was just sealed; undefined: those that wait already */
  sealed(first?: number): void {
    if (first !== undefined) this.#waiting.push(first);
    if (this.#isStopped) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when none is being compressed; one that was begun is given up between two frames. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  /** Resolves when all that were sealed are done, or could not be. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      for (let first = this.#waiting[0]; first !== undefined && !this.#isStopped; first = this.#waiting[0]) {
        const result = await compressSegment(this.#o.disk, this.#o.layout, first, () => !this.#isStopped);
        if (result === undefined) return;
        this.#waiting.shift();
        this.#o.onDone(first, result);
      }
    } catch (error) {
      this.#o.onFailed(this.#waiting[0]!, asLedgerError(`compressing ${this.#o.layout.segment(this.#waiting[0]!)}`, error));
    }
  }
}
