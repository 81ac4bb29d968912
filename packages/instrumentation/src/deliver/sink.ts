// sink.ts: what stands behind the processor. Two of them: the spool with its sender, and an exporter of the application's own.

import type { HrTime, SpanContext } from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import type { AuditErrorCode } from "../errors.ts";
import type { LedgerReceipt } from "./otlp-answer.ts";

/** Which code emitted a record: OpenTelemetry's instrumentation scope. */
export interface Scope {
  readonly name: string;
  readonly version?: string | undefined;
  readonly schemaUrl?: string | undefined;
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** A log record as it is written down: redacted, of plain values, with its attributes in a map, which can hold any key. */
export interface AuditLogRecord {
  readonly hrTime: HrTime;
  readonly hrTimeObserved: HrTime;
  readonly severityNumber: number | undefined;
  readonly severityText: string | undefined;
  readonly spanContext: SpanContext | undefined;
  readonly resource: Resource;
  readonly instrumentationScope: Scope;
  readonly droppedAttributesCount: number;
  readonly eventName: string;
  readonly body: unknown;
  readonly attributes: ReadonlyMap<string, unknown>;
}

/** A record's place in its producer's stream. */
export interface Place {
  readonly stream: string;
  readonly number: number;
}

/** A record that the sink has taken. */
export interface Emitted {
  readonly record: AuditLogRecord;
  readonly place: Place | undefined;
  readonly id: string;
}

/** Counters since this process began, and what waits now. */
export interface AuditStats {
  /** Events taken into the spool (or handed to the exporter). */
  readonly recorded: number;
  /** Events that the receiver has acknowledged, those of earlier processes included. */
  readonly acknowledged: number;
  /** Events that the receiver will never take; parked. */
  readonly refused: number;
  /** Events lost because the spool was full or not writable and the policy was to drop. */
  readonly dropped: number;
  /** Events whose `record` or `commit` threw because they could not be taken. */
  readonly thrown: number;
  /** Events without an event name, actor, action or outcome. */
  readonly incomplete: number;
  /** Values redacted. */
  readonly redacted: number;
  /** Own events that the receiver has not acknowledged. */
  readonly waiting: number;
  /** Bytes in the spool that are not acknowledged, those of dead processes included. */
  readonly waitingBytes: number;
  /** Streams of dead processes that are being delivered. */
  readonly takenOver: number;
  /** Age of the oldest own unacknowledged event. */
  readonly oldestWaitingMs: number;
  /** Attempts to deliver that failed. */
  readonly failures: number;
  /** Bytes in spools that could not be read: damaged, or the last write of a dead process. */
  readonly damagedBytes: number;
  /** This process's stream; "" before its first event. */
  readonly stream: string;
}

export type SinkStats = Omit<AuditStats, "thrown" | "incomplete" | "redacted">;

export interface Sink {
  /** Makes ready what need not wait for the first event: the spools of dead processes are delivered. */
  start(): void;
  /**
   * The place that the next record will get; undefined when the sink does not number. Throws AuditError SPOOL_FULL or SPOOL_WRITE.
   * @param beyond also when the limit is reached: for the record that ends a stream, without which a clean end looks like a lost one
   */
  place(beyond: boolean): Place | undefined;
  /** Takes the record, which carries the place last given. Throws AuditError SPOOL_WRITE. */
  write(record: AuditLogRecord): void;
  /** Counts an event that could not be taken and, by policy, is not thrown for. */
  drop(code: AuditErrorCode): void;
  /**
   * Resolves when the record is acknowledged, with what the receiver said of it, if it says such things; rejects with AuditError REFUSED,
   * EXPORT_FAILED or SHUT_DOWN.
   */
  settled(emitted: Emitted, signal: AbortSignal): Promise<LedgerReceipt | undefined>;
  /** Resolves when a power cut here cannot take the record; rejects with AuditError SPOOL_WRITE, or INVALID_OPTION where there is no disk. */
  synced(emitted: Emitted, signal: AbortSignal): Promise<void>;
  /** Holds the thread until there is room, at most so long. @returns whether there is */
  block(timeoutMs: number): boolean;
  /** Resolves when there may be room again. */
  room(signal: AbortSignal): Promise<void>;
  /** Resolves when every record so far is settled or the time is over, with the number of those that are not. */
  flush(timeoutMs: number): Promise<number>;
  /** After this, place() begins a new stream. */
  close(timeoutMs: number): Promise<void>;
  closeNow(): void;
  stats(): SinkStats;
}
