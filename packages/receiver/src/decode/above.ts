// above.ts: joins a record with the resource and scope that stand above it in the request, and settles what is kept of each
// part that could not be understood. The same for both encodings.

import {
  emptyRecord,
  type LogRecord,
  type Note,
  type QuarantineCode,
  type Resource,
  type Scope,
  sortNotes,
} from "@proofline/event";
import { type DecodedRecord, Fault } from "./decoded.ts";

/** A message that could not be understood. */
export interface Unreadable {
  readonly code: QuarantineCode;
  /** Says where in the message, never where in the request: a retry in another batch gives the same reason. */
  readonly reason: string;
  readonly bytes: Uint8Array;
}

/** A resource or a scope, empty when it could not be understood. Shared by the records under it. */
export interface Part<T> {
  readonly value: T;
  readonly notes: readonly Note[];
  readonly unreadable: Unreadable | undefined;
  /** The bytes of `unreadable` were given to a record. */
  kept: boolean;
}

/** Puts unreadable parts into one ResourceLogs of the encoding at hand. */
export type Frame = (
  resource: Uint8Array | undefined,
  scope: Uint8Array | undefined,
  record: Uint8Array | undefined,
) => Uint8Array;

/**
 * The report on a message for a fault in it. Anything that is not a fault is thrown again.
 * @param what "log record", "resource" or "scope"
 * @param from the byte of the request at which the message begins
 */
export function unreadable(thrown: unknown, what: string, from: number, bytes: Uint8Array): Unreadable {
  if (!(thrown instanceof Fault)) throw thrown;
  const code = thrown.code === "TOO_DEEP" || thrown.code === "TOO_LARGE" ? thrown.code : "MALFORMED";
  const place = thrown.offset < 0 ? "" : ` (at byte ${thrown.offset - from})`;
  return { code, reason: `${what}: ${thrown.reason}${place}`, bytes };
}

/** Completes a record that was understood itself. */
export function complete(record: LogRecord, resource: Part<Resource>, scope: Part<Scope>, frame: Frame): DecodedRecord {
  record.resource = resource.value;
  record.scope = scope.value;
  if (resource.notes.length > 0 || scope.notes.length > 0) {
    record.notes = sortNotes([...record.notes, ...scope.notes, ...resource.notes]);
  }
  if (resource.unreadable === undefined && scope.unreadable === undefined) return { record };
  return quarantined(record, undefined, resource, scope, frame);
}

/** The record for bytes that could not be understood. */
export function broken(own: Unreadable, resource: Part<Resource>, scope: Part<Scope>, frame: Frame): DecodedRecord {
  const record = emptyRecord();
  record.resource = resource.value;
  record.scope = scope.value;
  record.notes = sortNotes([...scope.notes, ...resource.notes]);
  return quarantined(record, own, resource, scope, frame);
}

function quarantined(
  record: LogRecord,
  own: Unreadable | undefined,
  resource: Part<Resource>,
  scope: Part<Scope>,
  frame: Frame,
): DecodedRecord {
  const resourceBytes = keep(resource);
  const scopeBytes = keep(scope);
  const parts = [own, scope.unreadable, resource.unreadable].filter((part) => part !== undefined);
  const aboveIsElsewhere = parts.length > (own ? 1 : 0) && resourceBytes === undefined && scopeBytes === undefined;
  const reasons = parts.map(({ reason }) => reason);
  if (aboveIsElsewhere) reasons.push("its bytes are kept with the first record under it");
  record.quarantine = { code: parts[0]!.code, reason: reasons.join("; ") };
  if (resourceBytes !== undefined || scopeBytes !== undefined)
    return { record, raw: frame(resourceBytes, scopeBytes, own?.bytes) };
  return own === undefined ? { record } : { record, raw: own.bytes };
}

/** The bytes of an unreadable part, the first time. */
function keep(part: Part<unknown>): Uint8Array | undefined {
  if (part.kept) return undefined;
  part.kept = true;
  return part.unreadable?.bytes;
}
