// spool-sink.ts: the durable way: spool, sender, and the streams of dead processes. Composes; each part has a file of its own.

import { setTimeout as sleep } from "node:timers/promises";
import { atRoot } from "../emit/context.ts";
import { AuditError, type AuditErrorCode } from "../errors.ts";
import type { Notices } from "../notices.ts";
import type { SpoolDisk } from "../spool/disk.ts";
import { HEARTBEAT_MS, type Owner } from "../spool/owner.ts";
import { park } from "../spool/refused.ts";
import { Spool, type SpoolLimits } from "../spool/spool.ts";
import type { Damage, Parcel, StreamReader } from "../spool/stream-reader.ts";
import { Inherited } from "./inherited.ts";
import { RecordEncoder } from "./otlp.ts";
import { Sender, type SenderOptions } from "./sender.ts";
import type { AuditLogRecord, Place, Sink, SinkStats } from "./sink.ts";
import type { Transport } from "./transport.ts";
import { Waiters } from "./waiters.ts";

/** What the sink has to say about itself, to be recorded as events. */
export interface SpoolReports {
  dropped(count: number, code: AuditErrorCode, sinceMs: number): void;
  refused(parcel: { stream: string; number: number; bytes: number }, reason: string): void;
  damaged(damage: Damage): void;
}

export interface SpoolSinkOptions {
  readonly root: string;
  readonly limits: SpoolLimits;
  readonly sender: SenderOptions;
  readonly newTransport: () => Transport;
  readonly owner: Owner;
  readonly notices: Notices;
  readonly reports: SpoolReports;
  readonly newStream: () => string;
  readonly now: () => number;
  readonly disk?: SpoolDisk;
  /** What is acknowledged sooner than this after its write is never synced: it is on the receiver's disk. */
  readonly syncAfterMs: number;
}

/** How long after an acknowledgement its position is written down: what `kill -9` makes us send twice. */
const SAVE_AFTER_MS = 200;
const ROOM_CHECK_MS = 100;

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
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #unreported: { count: number; code: AuditErrorCode; sinceMs: number } | undefined;
  readonly #count = { recorded: 0, acknowledged: 0, refused: 0, dropped: 0, failures: 0, damagedBytes: 0 };

  constructor(options: SpoolSinkOptions) {
    this.#o = options;
    this.#inherited = new Inherited({
      root: options.root,
      me: options.owner,
      now: options.now,
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
          acknowledged: (stream, parcels) => this.#acknowledged(stream, parcels),
          refused: (stream, parcel, status, reason) => this.#refused(stream, parcel, status, reason),
          failed: (reason, needsHelp) => this.#failed(reason, needsHelp),
          unreadable: (stream, error) => this.#unreadable(stream, error),
          drained: async (stream) => {
            if (this.#inherited.has(stream)) await this.#inherited.done(stream);
          },
        },
      });
      this.#timers.set("beat", setInterval(() => this.#tick(), HEARTBEAT_MS).unref());
      void this.#inherited.look();
    });
  }

  place(): Place {
    const spool = this.#ready();
    if (spool.isFull(this.#inherited.waitingBytes)) {
      throw new AuditError("SPOOL_FULL", `the spool in ${this.#o.root} holds its limit of ${this.#o.limits.maxBytes} bytes`);
    }
    return { stream: spool.stream, number: spool.next };
  }

  write(record: AuditLogRecord): void {
    const number = this.#ready().append(this.#encoder.encode(record));
    this.#count.recorded++;
    this.#waiters.born(number, this.#o.now());
    this.#later("sync", this.#o.syncAfterMs, () => void this.#spool?.sync());
    atRoot(() => this.#sender?.wake());
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
    this.#count.dropped++;
    this.#unreported ??= { count: 0, code, sinceMs: this.#o.now() };
    this.#unreported.count++;
    this.#o.notices.begin("drop", `events are being dropped (${code}) because the policy says so; stats().dropped counts them`);
  }

  settled(_record: AuditLogRecord | undefined, place: Place | undefined, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const forget = this.#waiters.add(place?.number ?? 0, (outcome) => {
        signal.removeEventListener("abort", onAbort);
        if (outcome.at === "acknowledged") resolve();
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
    await this.settled(undefined, { stream: spool.stream, number: spool.next - 1 }, deadline.signal).catch(() => undefined);
    clearTimeout(timer);
    return spool.waiting;
  }

  async close(timeoutMs: number): Promise<void> {
    await this.flush(timeoutMs);
    this.#stopTimers();
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
    this.#stopTimers();
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
      waiting: spool?.waiting ?? 0,
      waitingBytes: (spool?.reader.waitingBytes ?? 0) + this.#inherited.waitingBytes,
      takenOver: this.#inherited.streams.length,
      oldestWaitingMs: this.#waiters.oldestMs(spool?.reader.acknowledged ?? 0, last, this.#o.now()),
      stream: spool?.stream ?? "",
    };
  }

  #acknowledged(stream: StreamReader, parcels: readonly Parcel[]): void {
    this.#count.acknowledged += parcels.length;
    if (parcels.length > 0) this.#o.notices.end("delivery", `events reach ${this.#transport?.url} again`);
    if (stream === this.#spool?.reader) this.#waiters.settle(stream.acknowledged);
    this.#later(`save ${stream.stream}`, SAVE_AFTER_MS, () => void stream.save());
    this.#reportDropped();
  }

  async #refused(stream: StreamReader, parcel: Parcel, status: number, reason: string): Promise<void> {
    const { root, now, notices, reports } = this.#o;
    const { number, body } = parcel;
    const path = await park(root, { stream: stream.stream, number, status, reason, body }, now());
    this.#count.refused++;
    notices.begin(`refused ${stream.stream}`, `the receiver refuses an event for good (${reason}); it is kept in ${path}`);
    const own = stream === this.#spool?.reader;
    if (own) this.#waiters.settle(number, { number, reason });
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

  /** There is room again: the gap becomes an event of its own. */
  #reportDropped(): void {
    const gap = this.#unreported;
    if (gap === undefined || this.#spool?.isFull(this.#inherited.waitingBytes)) return;
    this.#unreported = undefined;
    this.#o.notices.end("drop", `events are taken again; ${gap.count} were dropped`);
    this.#o.reports.dropped(gap.count, gap.code, gap.sinceMs);
  }

  #tick(): void {
    this.#spool?.beat();
    this.#inherited.beat();
    void this.#inherited.look();
    this.#reportDropped();
    this.#sender?.wake();
  }

  #later(key: string, ms: number, run: () => void): void {
    if (this.#timers.has(key)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      run();
    }, ms);
    this.#timers.set(key, timer.unref());
  }

  #stopTimers(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #sayWhatIsLeft(spool: Spool | undefined): void {
    if (spool !== undefined && spool.waiting > 0)
      this.#o.notices.say(`${spool.waiting} events wait in ${this.#o.root}; the next start delivers them`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
