// harness.ts: a sink, a ledger and a fake Loki that share one clock which only the test moves. Waiting costs no time: every sleep
// of the sink is noted and over at once, except that of the linger and of the grace, which a test may hold.

import type { TestContext } from "node:test";
import { type FakeLoki, type Limits, startFakeLoki } from "../../../../test/support/fake-loki.ts";
import type { DeadLetter } from "../../src/sinks/dead-letter.ts";
import { type LokiSink, type LokiSinkOptions, startLokiSink } from "../../src/sinks/loki/sink.ts";
import { MemoryLedger } from "./memory-ledger.ts";

export const SECOND = 1_000_000_000n;
export const HOUR = 3600n * SECOND;
export const DAY = 24n * HOUR;
export const START = BigInt(Date.parse("2026-11-20T12:34:56.789Z")) * 1_000_000n;

export class Harness {
  readonly ledger: MemoryLedger;
  readonly loki: FakeLoki;
  nowNs = START;
  readonly sleeps: number[] = [];
  readonly letters: DeadLetter[] = [];
  readonly logged: { event: string; details: Record<string, unknown> }[] = [];
  readonly counts = { sent: 0, bytes: 0, checkpoints: 0, retried: [] as string[], deadLettered: 0, restamped: 0 };
  /** Called before every sleep ends; a test moves the clock, mends Loki, or holds the sink here. */
  onSleep: (ms: number) => void | Promise<void> = () => {};
  sink: LokiSink | undefined;

  private constructor(ledger: MemoryLedger, loki: FakeLoki) {
    this.ledger = ledger;
    this.loki = loki;
  }

  /** Closed when the test ends. */
  static async open(t: TestContext, o: { limits?: Partial<Limits>; tenants?: boolean; log?: string } = {}): Promise<Harness> {
    let harness: Harness | undefined;
    const wide = { ingestionBytesPerSecond: 1e12, ingestionBurstBytes: 1e12, ...o.limits };
    const loki = await startFakeLoki({ limits: wide, now: () => harness?.nowNs ?? START, tenants: o.tenants ?? false });
    const opened = new Harness(new MemoryLedger(o.log), loki);
    harness = opened;
    t.after(async () => {
      await opened.sink?.stop(0);
      await loki.close();
    });
    return opened;
  }

  start(o: Partial<LokiSinkOptions> = {}): LokiSink {
    this.sink = startLokiSink({
      ledger: this.ledger,
      url: this.loki.url,
      deadLetters: {
        append: (letters) => {
          this.letters.push(...letters);
          return Promise.resolve();
        },
      },
      world: {
        now: () => this.nowNs,
        random: () => 0.5,
        sleep: async (ms, signal) => {
          this.sleeps.push(ms);
          // One turn of the event loop, so that a sink that only waits does not starve the test.
          await new Promise((resolve) => setImmediate(resolve));
          if (!signal.aborted) await this.onSleep(ms);
        },
      },
      lingerMs: 0,
      metrics: {
        sent: (lines, bytes) => {
          this.counts.sent += lines;
          this.counts.bytes += bytes;
        },
        checkpointSent: () => (this.counts.checkpoints += 1),
        retried: (cause) => this.counts.retried.push(cause),
        deadLettered: () => (this.counts.deadLettered += 1),
        asked: () => undefined,
        restamped: (lines) => (this.counts.restamped += lines),
      },
      log: (event, details) => this.logged.push({ event, details }),
      ...o,
    });
    return this.sink;
  }

  /** Resolves when the sink has nothing left to send. */
  async caughtUp(): Promise<void> {
    await this.until(() => this.sink!.status().next === this.ledger.size);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  }

  /** The lines in Loki, by time. */
  lines(): string[] {
    return this.loki.entries({ type: "line" }).map((entry) => entry.line);
  }

  seqsRefused(): number[] {
    return this.letters.map((letter) => letter.seq);
  }
}
