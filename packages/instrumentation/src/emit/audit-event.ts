// audit-event.ts: what an application says when it emits an event. Types only; how it becomes a log record is lower.ts.

/** Who did it. Both parts are required: an actor without a type is a type error. */
export interface Actor {
  readonly id: string;
  /** `user` also when an agent acts on a user's behalf and the user answers for it. */
  readonly type: ActorType;
}
export type ActorType = "user" | "service" | "system" | "agent";

/** What it was done to: `{ id: "4711", type: "invoice" }`. */
export interface Target {
  readonly id: string;
  readonly type?: string;
}

/** Where it came from: an address or a host. */
export interface Source {
  readonly id: string;
  readonly type?: "ipv4" | "ipv6" | "hostname";
}

/** Upper-case verbs; the usual ones are offered, any other is taken. */
export type Action =
  | "LOGIN"
  | "LOGOUT"
  | "READ"
  | "WRITE"
  | "CREATE"
  | "UPDATE"
  | "DELETE"
  | "EXECUTE"
  | "APPROVE"
  | "REJECT"
  | "OVERRIDE"
  | "EXPORT"
  | "IMPORT"
  | (string & {});

export type Outcome = "success" | "failure" | "unknown";

/**
 * One audit event. What is left out is taken from the audit context (`withAuditContext`), else it is missing: the event is kept
 * all the same, and the receiver marks it. Values may be anything JSON can say, and also `bigint`, `Date`, `Map`, `Set`,
 * `Uint8Array` and `Error`; secrets in them are redacted before they touch the disk.
 */
export interface AuditEvent {
  /** Dotted, stable, without values in it: `invoice.overridden`. */
  readonly event: string;
  readonly action: Action;
  readonly outcome: Outcome;
  readonly actor?: Actor | undefined;
  readonly target?: Target | undefined;
  readonly source?: Source | undefined;
  /** The value before and after; either may be left out. */
  readonly change?: { readonly old?: unknown; readonly new?: unknown } | undefined;
  readonly reason?: string | undefined;
  /** For whom the actor acted. */
  readonly onBehalfOf?: Actor | undefined;
  /** Further attributes, flat, under names of the OpenTelemetry conventions or of your own. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
  /** For a person, or a payload. */
  readonly body?: unknown;
  /** When it happened: a `Date`, milliseconds, or nanoseconds as `bigint` since 1970. Default: now. */
  readonly time?: Date | number | bigint | undefined;
  /** The same for every retry by the caller; default: a new ULID. */
  readonly id?: string | undefined;
  readonly workflow?: string | undefined;
  readonly task?: string | undefined;
  readonly run?: string | undefined;
  readonly tenant?: string | undefined;
  /** Ids of the records that this one follows from. */
  readonly parents?: readonly string[] | undefined;
  /** OpenTelemetry's severity, 1 to 24. Default: 9 (INFO). */
  readonly severity?: number | undefined;
}

/** What a commit resolves with. */
export interface Receipt {
  readonly id: string;
  /** The producer's stream and this event's place in it, from 1. With an exporter of one's own: "" and 0. */
  readonly stream: string;
  readonly number: number;
  /** Where it is safe now: on the receiver's disk, or on this machine's. */
  readonly durable: Durable;
  /** When that was known here: this process's clock, Unix milliseconds. */
  readonly acknowledgedAtMs: number;
  /** The event's line in the ledger, from Proofline's `/v1/audit`; a receiver that knows only OTLP gives none. */
  readonly ledger?: { readonly log: string; readonly seq: number; readonly leafHash: string } | undefined;
}

/** `receiver`: acknowledged, on the receiver's disk. `disk`: in the spool, synced (`fdatasync`), and survives a power cut here. */
export type Durable = "receiver" | "disk";
