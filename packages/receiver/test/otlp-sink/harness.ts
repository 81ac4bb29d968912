// harness.ts: an OTLP sink, a ledger and a fake receiver on a clock that only the test moves. Waiting costs no time: every sleep of the
// sink is noted and over at once.

import type { TestContext } from "node:test";
import type { DeadLetter } from "../../src/sinks/dead-letter.ts";
import { type OtlpSink, type OtlpSinkOptions, startOtlpSink } from "../../src/sinks/otlp/sink.ts";
import { START } from "../loki/harness.ts";
import { MemoryLedger } from "../loki/memory-ledger.ts";
import { FakeOtlp, idOf } from "./fake-otlp.ts";

export class OtlpHarness {
  readonly ledger = new MemoryLedger();
  readonly store: FakeOtlp;
  nowNs = START;
  readonly sleeps: number[] = [];
  readonly letters: DeadLetter[] = [];
  readonly logged: { event: string; details: Record<string, unknown> }[] = [];
  readonly counts = { sent: 0, bytes: 0, retried: [] as string[], deadLettered: 0, partial: 0 };
  onSleep: (ms: number) => void = () => {};
  sink: OtlpSink | undefined;

  private constructor(store: FakeOtlp) {
    this.store = store;
  }

  static async open(t: TestContext): Promise<OtlpHarness> {
    const harness = new OtlpHarness(await FakeOtlp.open());
    t.after(async () => {
      await harness.sink?.stop(0);
      await harness.store.close();
    });
    return harness;
  }

  /** Adds lines with ids `id-0`, `id-1`, …; `bad` ones have the id `bad-N`. */
  fill(count: number, bad: (seq: number) => boolean = () => false): void {
    for (let i = 0; i < count; i += 1) {
      const seq = this.ledger.size;
      this.ledger.add(START + BigInt(seq), { id: `${bad(seq) ? "bad" : "id"}-${seq}` });
    }
  }

  start(o: Partial<OtlpSinkOptions> = {}): OtlpSink {
    this.sink = startOtlpSink({
      ledger: this.ledger,
      url: o.protocol === "grpc" ? this.store.grpcUrl : this.store.url,
      deadLetters: { append: async (letters) => void this.letters.push(...letters) },
      world: {
        now: () => this.nowNs,
        random: () => 0.5,
        sleep: async (ms, signal) => {
          this.sleeps.push(ms);
          await new Promise((resolve) => setImmediate(resolve));
          if (!signal.aborted) this.onSleep(ms);
        },
      },
      lingerMs: 0,
      metrics: {
        sent: (lines, bytes) => {
          this.counts.sent += lines;
          this.counts.bytes += bytes;
        },
        retried: (cause) => this.counts.retried.push(cause),
        deadLettered: () => (this.counts.deadLettered += 1),
        asked: () => undefined,
        partialSuccess: () => (this.counts.partial += 1),
      },
      log: (event, details) => this.logged.push({ event, details }),
      ...o,
    });
    return this.sink;
  }

  async caughtUp(): Promise<void> {
    await this.until(() => this.sink!.status().next === this.ledger.size);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Ids of the records that the store has, each once, by first arrival. */
  ids(): string[] {
    return [...new Set(this.store.records.map(idOf))];
  }

  idsOf(keep: (seq: number) => boolean = () => true): string[] {
    return this.ledger.texts().flatMap((line, seq) => (keep(seq) ? [(JSON.parse(line) as { id: string }).id] : []));
  }
}
