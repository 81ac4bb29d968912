// sender.ts: takes parcels from the streams to the receiver: one batch in flight, each stream in its order, for ever. A record
// leaves a stream when the receiver has acknowledged it, or when it has refused that very record and it has been parked.

import type { Parcel, StreamReader } from "../spool/stream-reader.ts";
import { type BackoffOptions, pauseMs } from "./backoff.ts";
import type { LedgerReceipt } from "./otlp-answer.ts";
import type { SetTimer } from "./timers.ts";
import type { Transport } from "./transport.ts";

export interface SenderOptions {
  readonly maxBatchRecords: number;
  readonly maxBatchBytes: number;
  readonly backoff: BackoffOptions;
  /** Between attempts that need a person's help first. */
  readonly slowMs: number;
  readonly random: () => number;
  readonly setTimer: SetTimer;
}

export interface SenderEvents {
  /** Whether somebody waits for the receiver's receipts for these. */
  wantsReceipts(stream: StreamReader, parcels: readonly Parcel[]): boolean;
  /** The stream has moved on; `parcels` are what was acknowledged. */
  acknowledged(stream: StreamReader, parcels: readonly Parcel[], receipts?: readonly LedgerReceipt[]): void;
  /** Resolves when the record is parked. */
  refused(stream: StreamReader, parcel: Parcel, status: number, reason: string): Promise<void>;
  failed(reason: string, needsHelp: boolean): void;
  /** A stream cannot be read. */
  unreadable(stream: StreamReader, error: unknown): void;
  /** A stream has nothing more for now. */
  drained(stream: StreamReader): Promise<void>;
}

/** So many refusals with no acknowledgement between them are believed. */
const TRUSTED_REFUSALS = 8;

class Stopped extends Error {}

export class Sender {
  readonly #transport: Transport;
  readonly #streams: () => readonly StreamReader[];
  readonly #events: SenderEvents;
  readonly #options: SenderOptions;
  #failures = 0;
  #refusalsInARow = 0;
  #turn = 0;
  #stopped = false;
  #running: Promise<void> | undefined;
  #woken = false;
  /** Ends the wait that is going on, if one is. */
  #hurry: (() => void) | undefined;

  constructor(o: { transport: Transport; streams: () => readonly StreamReader[]; events: SenderEvents; options: SenderOptions }) {
    this.#transport = o.transport;
    this.#streams = o.streams;
    this.#events = o.events;
    this.#options = o.options;
  }

  /** There may be something to send. Costs nothing when a run is under way. */
  wake(): void {
    this.#woken = true;
    if (this.#stopped || this.#running !== undefined) return;
    this.#running = this.#run()
      .catch((error: unknown) => this.#stumble(error))
      .finally(() => {
        this.#running = undefined;
        if (this.#woken && !this.#stopped) this.wake();
      });
  }

  /** Does not wait out a pause: somebody is about to leave. */
  hurry(): void {
    this.#hurry?.();
    this.wake();
  }

  /** After this no batch is begun; one in flight may still end. */
  stop(): void {
    this.#stopped = true;
    this.#hurry?.();
  }

  /** Resolves when nothing is left to do for now, or after `stop`. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#woken) {
        this.#woken = false;
        while (await this.#round());
      }
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
  }

  /** A mistake of ours must neither end the application nor the delivery. */
  #stumble(error: unknown): void {
    this.#events.failed(`internal: ${error instanceof Error ? error.message : String(error)}`, true);
    this.#options.setTimer(() => this.wake(), this.#options.slowMs);
  }

  /** One batch of each stream, so that a large backlog does not keep what is new waiting. */
  async #round(): Promise<boolean> {
    const streams = this.#streams();
    let sent = false;
    for (let i = 0; i < streams.length; i++) {
      if (this.#stopped) throw new Stopped();
      const stream = streams[this.#turn++ % streams.length]!;
      const parcels = await this.#read(stream);
      if (parcels === undefined) continue;
      if (parcels.length === 0) await this.#events.drained(stream);
      else await this.#deliver(stream, parcels);
      sent ||= parcels.length > 0;
    }
    return sent;
  }

  async #read(stream: StreamReader): Promise<Parcel[] | undefined> {
    const { maxBatchRecords, maxBatchBytes } = this.#options;
    try {
      return await stream.read({ maxRecords: maxBatchRecords, maxBytes: maxBatchBytes });
    } catch (error) {
      this.#events.unreadable(stream, error);
      return undefined;
    }
  }

  /** Returns when each of the parcels is acknowledged or parked. */
  async #deliver(stream: StreamReader, parcels: readonly Parcel[]): Promise<void> {
    const body = parcels.length === 1 ? parcels[0]!.body : Buffer.concat(parcels.map((parcel) => parcel.body));
    for (;;) {
      const outcome = await this.#transport.send(body, this.#events.wantsReceipts(stream, parcels));
      switch (outcome.at) {
        case "acknowledged":
          this.#failures = 0;
          this.#refusalsInARow = 0;
          this.#advance(stream, parcels, outcome.receipts);
          return;
        case "refused":
          this.#failures = 0;
          return this.#divide(stream, parcels, outcome);
        case "retry":
        case "misconfigured":
          if (this.#stopped) throw new Stopped(); // what we broke off ourselves is no failure
          this.#events.failed(outcome.reason, outcome.at === "misconfigured");
          await this.#pause(pauseMs(outcome, ++this.#failures, this.#options));
          break;
        default:
          outcome satisfies never;
      }
      if (this.#stopped) throw new Stopped();
    }
  }

  /** What was delivered by another way in the meantime (see block.ts) is not counted again. */
  #advance(stream: StreamReader, parcels: readonly Parcel[], receipts: readonly LedgerReceipt[] | undefined): void {
    const before = stream.acknowledged;
    stream.advance(parcels.at(-1)!);
    const more = parcels.filter(({ number }) => number > before);
    this.#events.acknowledged(stream, more, receipts);
  }

  /** Halves what was refused until the bad record stands alone. What was taken already is recognised by the receiver. */
  async #divide(stream: StreamReader, parcels: readonly Parcel[], refusal: { status: number; reason: string }): Promise<void> {
    if (this.#stopped) throw new Stopped();
    if (parcels.length > 1) {
      const half = Math.ceil(parcels.length / 2);
      await this.#deliver(stream, parcels.slice(0, half));
      await this.#deliver(stream, parcels.slice(half));
      return;
    }
    await this.#park(stream, parcels[0]!, refusal);
  }

  async #park(stream: StreamReader, parcel: Parcel, refusal: { status: number; reason: string }): Promise<void> {
    // Something that refuses everything is not a receiver with an opinion, but a wrong address or a proxy: then one record is
    // parked in a long while, not the whole spool at once.
    if (this.#refusalsInARow >= TRUSTED_REFUSALS) {
      this.#events.failed(`everything is refused: ${refusal.reason}`, true);
      await this.#pause(this.#options.slowMs);
      if (this.#stopped) throw new Stopped();
    }
    this.#refusalsInARow++;
    try {
      await this.#events.refused(stream, parcel, refusal.status, refusal.reason);
    } catch (error) {
      this.#events.failed(`a refused event could not be parked: ${error instanceof Error ? error.message : String(error)}`, true);
      await this.#pause(this.#options.slowMs);
      if (this.#stopped) throw new Stopped();
      return this.#deliver(stream, [parcel]);
    }
    stream.advance(parcel);
    this.#events.acknowledged(stream, []);
  }

  #pause(ms: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#hurry = undefined;
        resolve();
      };
      const cancel = this.#options.setTimer(done, ms);
      this.#hurry = done;
    });
  }
}
