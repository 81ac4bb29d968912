// spool-sink.ts: the durable way: spool, sender, and the streams of dead processes. Composes; each part has a file of its own.

import { setTimeout as sleep } from "node:timers/promises";
import { atRoot } from "../emit/context.ts";
import { AuditError, type AuditErrorCode } from "../errors.ts";
import { FRAME_HEADER_BYTES, sealFrame } from "../spool/frame.ts";
import { HEARTBEAT_MS } from "../spool/owner.ts";
import { park } from "../spool/refused.ts";
import { Spool } from "../spool/spool.ts";
import type { Damage, Parcel, StreamReader } from "../spool/stream-reader.ts";
import { deliverBlocking } from "./block.ts";
import { Dropped } from "./dropped.ts";
import { Inherited } from "./inherited.ts";
import { RecordEncoder } from "./otlp.ts";
import type { LedgerReceipt } from "./otlp-answer.ts";
import { Sender } from "./sender.ts";
import type { AuditLogRecord, Emitted, Place, Sink, SinkStats } from "./sink.ts";
import type { SpoolSinkOptions } from "./spool-sink-options.ts";
import { Timers } from "./timers.ts";
import type { Transport } from "./transport.ts";
import { Waiters } from "./waiters.ts";

/** How long after an acknowledgement its position is written down: what `kill -9` makes us send twice. */
const SAVE_AFTER_MS = 200;
const ROOM_CHECK_MS = 100;
/** Part of the limit from which stderr says that the spool fills up, and below which it is over. */
const DANGER = 0.75;

export class SpoolSink implements Sink {
  readonly #o: SpoolSinkOptions;
  readonly #encoder = new RecordEncoder();
  readonly #waiters = new Waiters();
  readonly #inherited: Inherited;
  #transport: Transport | undefined;
  #sender: Sender | undefined;
  #spool: Spool | undefined;
  /** Own numbers of the events that report a refusal. */
  readonly #refusalReports = new Set<number>();
  readonly #timers: Timers;
  readonly #dropped: Dropped;
  #stirring = false;
  readonly #count = { recorded: 0, acknowledged: 0, refused: 0, failures: 0, damagedBytes: 0 };

  constructor(options: SpoolSinkOptions) {
    this.#o = options;
    this.#timers = new Timers(options.setTimer);
    this.#dropped = new Dropped(options.notices, (...gap) => options.reports.dropped(...gap));
    this.#inherited = new Inherited({
      root: options.root,
      me: options.owner,
      now: options.now,
      monotonicMs: options.monotonicMs,
      onDamage: (damage) => this.#damaged(damage),
      onFound: () => this.#sender?.wake(),
    });
  }

  start(): void {
    if (this.#sender !== undefined) return;
    // Never within the request that happens to come first: its context would live as long as the process.
    atRoot(() => {
      const transport = this.#o.newTransport();
      this.#transport = transport;
      this.#sender = new Sender({
        transport,
        options: this.#o.sender,
        streams: () => (this.#spool === undefined ? this.#inherited.streams : [this.#spool.reader, ...this.#inherited.streams]),
        events: {
          wantsReceipts: (stream, parcels) =>
            stream === this.#spool?.reader && this.#waiters.wantsReceipt(parcels[0]!.number, parcels.at(-1)!.number),
          acknowledged: (stream, parcels, receipts) => this.#acknowledged(stream, parcels.length, receipts),
          refused: (stream, parcel, status, reason) => this.#refused(stream, parcel, status, reason),
          failed: (reason, needsHelp) => this.#failed(reason, needsHelp),
          unreadable: (stream, error) => this.#unreadable(stream, error),
          drained: async (stream) => {
            if (this.#inherited.has(stream)) await this.#inherited.done(stream);
          },
        },
      });
      this.#timers.later("beat", HEARTBEAT_MS, () => this.#tick());
      void this.#inherited.look();
    });
  }

  place(beyond: boolean): Place {
    const spool = this.#ready();
    if (!beyond && spool.isFull(this.#inherited.waitingBytes)) {
      throw new AuditError("SPOOL_FULL", `the spool in ${this.#o.root} holds its limit of ${this.#o.limits.maxBytes} bytes`);
    }
    return { stream: spool.stream, number: spool.next };
  }

  write(record: AuditLogRecord): void {
    const frame = this.#encoder.encode(record, FRAME_HEADER_BYTES);
    sealFrame(frame);
    const number = this.#ready().append(frame);
    this.#count.recorded++;
    this.#waiters.born(number, this.#o.now());
    if (!this.#stirring) this.#stir();
  }

  /** What follows a write, once for all writes of a turn of the event loop, and outside of the request that made them. */
  #stir(): void {
    this.#stirring = true;
    atRoot(() => {
      this.#timers.later("sync", this.#o.syncAfterMs, () => void this.#spool?.sync());
      setImmediate(() => {
        this.#stirring = false;
        this.#sayHowFull();
        this.#sender?.wake();
      });
    });
  }

  /** The spool: opened by the first event, and opened anew when it is not ours any more. */
  #ready(): Spool {
    if (this.#spool?.stillOurs() === false) this.#lose();
    if (this.#spool === undefined) {
      this.start();
      const { root, owner, limits, now, disk } = this.#o;
      this.#spool = new Spool({
        root,
        owner,
        limits,
        now,
        stream: this.#o.newStream(),
        onDamage: (damage) => this.#damaged(damage),
        onSyncFailure: (error) => this.#o.notices.begin("sync", `the disk refused to sync the spool: ${messageOf(error)}`),
        ...(disk && { disk }),
      });
    }
    return this.#spool;
  }

  drop(code: AuditErrorCode): void {
    this.#dropped.add(code, this.#o.now());
  }

  settled({ place, id }: Emitted, signal: AbortSignal): Promise<LedgerReceipt | undefined> {
    return this.#settled(place?.number ?? 0, id, signal);
  }

  #settled(number: number, id: string, signal: AbortSignal): Promise<LedgerReceipt | undefined> {
    return new Promise((resolve, reject) => {
      const forget = this.#waiters.add(number, id, (outcome) => {
        signal.removeEventListener("abort", onAbort);
        if (outcome.at === "acknowledged") resolve(outcome.receipt);
        else if (outcome.at === "refused") reject(new AuditError("REFUSED", `the receiver refused the event: ${outcome.reason}`));
        else reject(new AuditError("SHUT_DOWN", "shut down before the receiver acknowledged the event", { spooled: true }));
      });
      const onAbort = (): void => {
        forget();
        reject(signal.reason as Error);
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  async synced({ place }: Emitted, signal: AbortSignal): Promise<void> {
    const gaveUp = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    });
    await Promise.race([this.#spool?.syncTo(place?.number ?? 0), gaveUp]);
  }

  block(timeoutMs: number): boolean {
    const spool = this.#spool;
    if (spool === undefined) return false;
    this.#o.notices.begin("block", `the spool in ${this.#o.root} is full: the event loop waits, because the policy says so`);
    const { maxBatchRecords, maxBatchBytes, backoff } = this.#o.sender;
    const streams = [spool.reader, ...this.#inherited.streams];
    const before = streams.map((stream) => stream.acknowledged);
    deliverBlocking(streams, {
      transport: this.#o.transport,
      ...{ maxBatchRecords, maxBatchBytes, timeoutMs, retryMs: backoff.firstMs },
      freeBytes: this.#o.limits.maxBytes / 4,
    });
    streams.forEach((stream, at) => {
      const count = stream.acknowledged - before[at]!;
      if (count <= 0) return;
      stream.saveNow(); // in a loop that never turns, nobody else would
      this.#acknowledged(stream, count);
    });
    return !spool.isFull(this.#inherited.waitingBytes);
  }

  async room(signal: AbortSignal): Promise<void> {
    while (this.#spool?.isFull(this.#inherited.waitingBytes)) {
      if (signal.aborted) throw signal.reason;
      await sleep(ROOM_CHECK_MS, undefined, { ref: false });
    }
  }

  async flush(timeoutMs: number): Promise<number> {
    const spool = this.#spool;
    if (spool === undefined || spool.waiting === 0) return 0;
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(new AuditError("TIMEOUT", "flush")), timeoutMs);
    atRoot(() => this.#sender?.hurry());
    // A refusal settles too; what is left is what counts.
    const last = spool.next - 1;
    await this.#settled(last, "", deadline.signal).catch(() => undefined);
    clearTimeout(timer);
    return Math.max(0, last - spool.reader.acknowledged);
  }

  async close(timeoutMs: number): Promise<void> {
    await this.flush(timeoutMs);
    this.#timers.stop();
    this.#sender?.stop();
    await this.#transport?.close();
    await this.#sender?.idle();
    this.#sender = undefined;
    const spool = this.#spool;
    this.#spool = undefined;
    this.#sayWhatIsLeft(spool);
    await spool?.close();
    await this.#inherited.close();
    this.#waiters.abandon();
  }

  closeNow(): void {
    this.#timers.stop();
    const spool = this.#spool;
    this.#spool = undefined;
    this.#sayWhatIsLeft(spool);
    spool?.closeNow();
  }

  stats(): SinkStats {
    const spool = this.#spool;
    const last = spool === undefined ? 0 : spool.next - 1;
    return {
      ...this.#count,
      dropped: this.#dropped.total,
      waiting: spool?.waiting ?? 0,
      waitingBytes: (spool?.reader.waitingBytes ?? 0) + this.#inherited.waitingBytes,
      takenOver: this.#inherited.streams.length,
      oldestWaitingMs: this.#waiters.oldestMs(spool?.reader.acknowledged ?? 0, last, this.#o.now()),
      stream: spool?.stream ?? "",
    };
  }

  #acknowledged(stream: StreamReader, count: number, receipts: readonly LedgerReceipt[] = []): void {
    this.#count.acknowledged += count;
    if (count > 0) this.#o.notices.end("delivery", `events reach ${this.#transport?.url} again`);
    if (stream === this.#spool?.reader) {
      this.#waiters.settle(stream.acknowledged, { receipts });
      for (const number of this.#refusalReports) if (number <= stream.acknowledged) this.#refusalReports.delete(number);
    }
    this.#timers.later(`save ${stream.stream}`, SAVE_AFTER_MS, () => void stream.save());
    this.#sayHowFull();
    this.#reportDropped();
  }

  async #refused(stream: StreamReader, parcel: Parcel, status: number, reason: string): Promise<void> {
    const { root, now, notices, reports } = this.#o;
    const { number, body } = parcel;
    const path = await park(root, { stream: stream.stream, number, status, reason, body }, now());
    this.#count.refused++;
    notices.begin(`refused ${stream.stream}`, `the receiver refuses an event for good (${reason}); it is kept in ${path}`);
    const own = stream === this.#spool?.reader;
    if (own) this.#waiters.settle(number, { refused: { number, reason } });
    // A refused report must not make another one, for ever.
    if (own && this.#refusalReports.delete(number)) return;
    this.#refusalReports.add(this.#spool?.next ?? 1);
    reports.refused({ stream: stream.stream, number, bytes: body.length }, reason);
  }

  #failed(reason: string, needsHelp: boolean): void {
    this.#count.failures++;
    const what = needsHelp ? "does not take events, and will not until something is changed" : "cannot be reached";
    this.#o.notices.begin("delivery", `${this.#transport?.url} ${what} (${reason}); events wait in ${this.#o.root}`);
  }

  #unreadable(stream: StreamReader, error: unknown): void {
    if (stream === this.#spool?.reader && !this.#spool.stillOurs(true)) this.#lose();
    else this.#o.notices.begin(`unreadable ${stream.stream}`, `the spool ${stream.folder} cannot be read: ${messageOf(error)}`);
  }

  /** Another process delivers it, or somebody deleted it: which one cannot be told from here. */
  #lose(): void {
    const spool = this.#spool;
    this.#spool = undefined;
    if (spool === undefined) return;
    if (spool.waiting > 0)
      this.#o.notices.say(`${spool.folder} was taken or deleted with ${spool.waiting} events not yet acknowledged`);
    this.#waiters.abandon();
    void spool.close().catch(() => undefined);
  }

  #damaged(damage: Damage): void {
    this.#count.damagedBytes += damage.bytes;
    const { bytes, segment, stream, torn } = damage;
    const what = torn ? "the last write of a process that died" : "damage; what could be read behind it is delivered";
    this.#o.notices.say(`${bytes} bytes in segment ${segment} of spool ${stream} are no event: ${what}`);
    if (!torn) this.#o.reports.damaged(damage);
  }

  #reportDropped(): void {
    if (!this.#spool?.isFull(this.#inherited.waitingBytes)) this.#dropped.settle();
  }

  #sayHowFull(): void {
    const { notices, limits, root } = this.#o;
    const share = ((this.#spool?.reader.waitingBytes ?? 0) + this.#inherited.waitingBytes) / limits.maxBytes;
    if (share >= DANGER) notices.begin("full", `the spool in ${root} is ${Math.floor(share * 100)} % full`);
    else if (share < DANGER / 2) {
      notices.end("full", `the spool in ${root} has room again`);
      notices.end("block");
    }
  }

  #tick(): void {
    this.#timers.later("beat", HEARTBEAT_MS, () => this.#tick());
    this.#spool?.beat();
    this.#inherited.beat();
    void this.#inherited.look();
    this.#reportDropped();
    this.#sender?.wake();
  }

  #sayWhatIsLeft(spool: Spool | undefined): void {
    if (spool !== undefined && spool.waiting > 0)
      this.#o.notices.say(`${spool.waiting} events wait in ${this.#o.root}; the next start delivers them`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
