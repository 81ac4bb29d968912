// spool-sink-options.ts: what a spool sink is given. Types only.

import type { AuditErrorCode } from "../errors.ts";
import type { Notices } from "../notices.ts";
import type { SpoolDisk } from "../spool/disk.ts";
import type { Owner } from "../spool/owner.ts";
import type { SpoolLimits } from "../spool/spool.ts";
import type { Damage } from "../spool/stream-reader.ts";
import type { SenderOptions } from "./sender.ts";
import type { SetTimer } from "./timers.ts";
import type { HttpTransportOptions, Transport } from "./transport.ts";

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
  readonly monotonicMs: () => number;
  readonly disk?: SpoolDisk;
  /** What is acknowledged sooner than this after its write is never synced: it is on the receiver's disk. */
  readonly syncAfterMs: number;
  readonly setTimer: SetTimer;
  /** For {@link SpoolSink.block}, whose worker has a connection of its own. */
  readonly transport: Omit<HttpTransportOptions, "now">;
}
