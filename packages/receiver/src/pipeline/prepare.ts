// prepare.ts: from a decoded record to the tail of its line: lifted, named, redacted, made to fit, digested. Synchronous; what
// must be stored beside the line is handed back. Knows neither the ledger nor what came before this record.

import { hash } from "node:crypto";
import { assignId, EventError, emptyRecord, fitRecord, formatTail, type LogRecord, liftAudit, Ref } from "@proofline/event";
import type { Entry } from "@proofline/ledger";
import type { DecodedRecord } from "../decode/decoded.ts";
import type { RecordRedactor } from "./redact.ts";
import type { Tally } from "./tally.ts";

/** A record ready for the ledger. */
export interface Prepared extends Entry {
  readonly id: string;
  readonly record: LogRecord;
}

export interface Preparation {
  readonly redactor: RecordRedactor;
  readonly nextId: () => string;
  /** The ledger's, for head and tail together to be a line. */
  readonly maxTailBytes: number;
  /** Encrypts what could not be redacted. */
  readonly seal: (bytes: Uint8Array) => Uint8Array;
  /** Collects the bytes that lines refer to: they must be durable before the lines. */
  readonly objects: Uint8Array[];
  readonly tally: Tally;
}

/** Kept free in every tail, so that a conflict that is found last can still be said in the line. */
export const CONFLICT_BYTES = 512;
/** Of the fields that a record too large for its line keeps. */
const MAX_KEPT_CHARS = 256;

/** Whether a record carries audit evidence at all. A quarantined one might have. */
export function isAudit({ record }: DecodedRecord): boolean {
  if (record.quarantine !== undefined || record.id !== "") return true;
  for (const key of record.attributes.keys()) if (key.startsWith("audit.")) return true;
  return false;
}

/** Changes the decoded record. Throws only for what a record cannot cause. */
export function prepare(decoded: DecodedRecord, to: Preparation): Prepared {
  const { record } = decoded;
  liftAudit(record);
  if (record.id === "") assignId(record, to.nextId());
  to.tally.addRedactions(to.redactor.redact(record));
  if (record.quarantine !== undefined) keepRaw(record, decoded.raw, to);
  const prepared = fit(record, to);
  to.tally.addNotes(prepared.record);
  return prepared;
}

function keepRaw(record: LogRecord, raw: Uint8Array | undefined, to: Preparation): void {
  if (record.quarantine === undefined || raw === undefined) return;
  const sealed = to.seal(raw);
  to.objects.push(sealed);
  record.quarantine = { ...record.quarantine, bytes: new Ref(hash("sha256", sealed, "hex"), sealed.length) };
}

function fit(record: LogRecord, to: Preparation): Prepared {
  try {
    return fitted(record, to);
  } catch (error) {
    if (!(error instanceof EventError) || error.code !== "TOO_LARGE") throw error;
    return fitted(outline(record, to), to);
  }
}

function fitted(record: LogRecord, to: Preparation): Prepared {
  const { tail, moved } = fitRecord(record, to.maxTailBytes - CONFLICT_BYTES);
  to.objects.push(...moved);
  return { id: record.id, tail, record };
}

/**
 * What is left of a record whose names alone are too long for a line: who, when, and a reference to all of it, redacted, in its
 * JSON spelling. A longer id is replaced by its digest: it must stay comparable.
 */
function outline(record: LogRecord, to: Preparation): LogRecord {
  const whole = Buffer.from(`{${formatTail(record)}`);
  to.objects.push(whole);
  const bytes = new Ref(hash("sha256", whole, "hex"), whole.length);
  const { time, observed, traceId, spanId, flags, severity, writer } = record;
  return {
    ...emptyRecord(),
    ...{ time, observed, traceId, spanId, flags, severity, writer },
    id: record.id.length <= MAX_KEPT_CHARS ? record.id : `sha256:${hash("sha256", record.id, "hex")}`,
    event: record.event.slice(0, MAX_KEPT_CHARS),
    notes: record.notes.filter(({ path, note }) => note === "assigned" && path === "id"),
    quarantine: {
      code: "TOO_LARGE",
      reason: "the record does not fit into a line, even with its values moved out; `bytes` is its JSON, redacted",
      bytes,
    },
  };
}
