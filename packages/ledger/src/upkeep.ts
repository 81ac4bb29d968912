// upkeep.ts: what an open ledger does beside its work: seals segments that became old, compresses sealed ones, checks what the start did not
// read. Wires these and tells what they found; each one's rules are in its own file.

import { setTimeout as sleep } from "node:timers/promises";
import type { OpenedCheckpoint } from "@proofline/tlog";
import { BackgroundCheck, type CheckState } from "./background-check.ts";
import { Compactor } from "./compactor.ts";
import type { Disk } from "./disk.ts";
import type { LedgerError } from "./errors.ts";
import type { Layout } from "./layout.ts";
import type { ListedSegment } from "./segments.ts";
import type { TileStore } from "./tile-store.ts";

/** The check works for about a millisecond and rests for eight: a few per cent of a processor, half a minute a gigabyte. */
const CHECK_PAUSE_MS = 8;
/** A quiet segment is sealed at most so late. */
const LOOK_EVERY_MS = 60_000;

export interface UpkeepOptions {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly store: TileStore;
  /** As found at start. */
  readonly segments: readonly ListedSegment[];
  readonly checkpoint: OpenedCheckpoint;
  readonly segmentAgeMs: number | undefined;
  readonly compress: "zstd" | "none";
  readonly check: boolean;
  readonly rollIfOld: () => Promise<void>;
  readonly onDamage: (error: LedgerError) => void;
  readonly report: (event: string, details: object) => void;
}

export class Upkeep {
  readonly #o: UpkeepOptions;
  readonly #compactor: Compactor | undefined;
  readonly #check: BackgroundCheck | undefined;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(o: UpkeepOptions) {
    const { disk, layout, store, segments, checkpoint, report } = o;
    const log = layout.log;
    this.#o = o;
    if (o.compress === "zstd") {
      this.#compactor = new Compactor({
        ...{ disk, layout },
        waiting: segments.slice(0, -1).flatMap(({ first, isPlain }) => (isPlain ? [first] : [])),
        onDone: (first, result) => report("ledger.segment_compressed", { log, first, ...result }),
        onFailed: (first, error) => report("ledger.compress_failed", { log, first, code: error.code, message: error.message }),
      });
    }
    if (o.check && checkpoint.size > 0) {
      const firsts = segments.map(({ first }) => first);
      // Without a reference: a check keeps no process from ending. So stop() must not wait for it: there may be nothing else to live for.
      const rest = { ref: false, signal: this.#stopping.signal };
      const pause = () => sleep(CHECK_PAUSE_MS, undefined, rest).catch(() => {});
      this.#check = new BackgroundCheck({ disk, layout, store, firsts, checkpoint, pause });
    }
  }

  get checkState(): CheckState {
    return this.#check?.state ?? { at: "off", lines: 0, of: this.#o.checkpoint.size, tilesRepaired: 0, error: undefined };
  }

  start(): void {
    this.#compactor?.sealed();
    void this.#runCheck();
    if (this.#o.segmentAgeMs === undefined) return;
    this.#timer = setInterval(() => void this.#o.rollIfOld(), Math.min(this.#o.segmentAgeMs, LOOK_EVERY_MS));
    this.#timer.unref();
  }

  /** @param first of a segment that was just sealed */
  sealed(first: number): void {
    this.#compactor?.sealed(first);
  }

  /** Resolves when all that was asked for is compressed or could not be, and the check knows. */
  async idle(): Promise<void> {
    await Promise.all([this.#compactor?.idle(), this.#check?.run()]);
  }

  /** Resolves when nothing of it runs. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const stopped = Promise.all([this.#compactor?.stop(), this.#check?.stop()]);
    this.#stopping.abort();
    await stopped;
  }

  async #runCheck(): Promise<void> {
    if (this.#check === undefined) return;
    const { at, lines, of, tilesRepaired, error } = await this.#check.run();
    const details = { log: this.#o.layout.log, lines, of, tilesRepaired };
    if (error === undefined) this.#o.report(`ledger.check_${at}`, details);
    else this.#o.report(`ledger.check_${at}`, { ...details, code: error.code, message: error.message });
    if (at === "damaged" && error !== undefined) this.#o.onDamage(error);
  }
}
