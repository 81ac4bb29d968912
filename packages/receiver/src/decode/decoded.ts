// decoded.ts: what both OTLP decoders give back and how they refuse. Knows the event's types, no encoding.

import type { LogRecord } from "@proofline/event";

/** Bounds on one request, so that no body can use more memory than its size accounts for. Nesting is bounded by the line format. */
export interface DecodeLimits {
  /** Log records in one request. More: DecodeError TOO_MANY_RECORDS. */
  readonly maxRecords: number;
  /** Attributes of one record, resource or scope, repeated keys counted. More: quarantine TOO_LARGE. */
  readonly maxAttributes: number;
  /** Values of one record, resource or scope at every depth together. More: quarantine TOO_LARGE. */
  readonly maxValues: number;
}

/**
 * Far above what SDKs and Collectors send: a batch has 512 to 8,192 records, a record 128 attributes at most by default. An empty record of two
 * bytes is a line of hundreds: more of them would turn a small body into very much memory.
 */
export const defaultDecodeLimits: DecodeLimits = {
  maxRecords: 65_536,
  maxAttributes: 65_536,
  maxValues: 262_144,
};

export interface DecodedRecord {
  /** `quarantine` is set (without `bytes`) when the record, or the resource or scope above it, could not be understood. */
  record: LogRecord;
  /**
   * What could not be understood, as received; a copy, independent of the body. The bytes of the one LogRecord; for the first
   * record under an unreadable resource or scope, a ResourceLogs that holds the unreadable parts and nothing else. So every
   * byte is kept, and kept once: a large broken resource above many records cannot multiply itself.
   */
  raw?: Uint8Array;
}

/** The records of a request, in wire order. */
export interface Decoded {
  records: DecodedRecord[];
}

/**
 * TRUNCATED: a length or a number runs past the end of what holds it. BAD_VARINT: more than 64 bits. BAD_TAG: field 0 or above
 * 2^29-1. BAD_WIRE_TYPE: not a wire type, or not the field's. BAD_GROUP: an end without a start, or of another field.
 * BAD_JSON: not JSON. WRONG_SHAPE: JSON, but not an export request. TOO_LARGE: more bytes than a string can have.
 */
export type DecodeErrorCode =
  | "TRUNCATED"
  | "BAD_VARINT"
  | "BAD_TAG"
  | "BAD_WIRE_TYPE"
  | "BAD_GROUP"
  | "BAD_JSON"
  | "WRONG_SHAPE"
  | "TOO_DEEP"
  | "TOO_LARGE"
  | "TOO_MANY_RECORDS";

/** The envelope itself is broken, so that no record in it can be told from another. The same bytes will never be accepted. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
  readonly code: DecodeErrorCode;
  /** What was found and what was expected, without the place. */
  readonly reason: string;
  /** Where in the body, in bytes from its start. */
  readonly offset: number;
  constructor(code: DecodeErrorCode, reason: string, offset: number) {
    super(`${reason} (at byte ${offset})`);
    this.code = code;
    this.reason = reason;
    this.offset = offset;
  }
}

/**
 * Thrown and caught inside this room only: it becomes a quarantine or a DecodeError. Not an Error on purpose: a stack trace
 * for each of many thousand broken records would cost seconds.
 */
export class Fault {
  readonly code: DecodeErrorCode | "MALFORMED";
  /** What was found and what was expected; never a value of the record. */
  readonly reason: string;
  /** Byte in the body, or -1 where the reason itself names the place. */
  readonly offset: number;
  constructor(code: DecodeErrorCode | "MALFORMED", reason: string, offset: number) {
    this.code = code;
    this.reason = reason;
    this.offset = offset;
  }
}

/** The error for a fault in the envelope. Anything that is not a fault is passed on as it is. */
export function envelopeError(thrown: unknown): unknown {
  if (!(thrown instanceof Fault)) return thrown;
  return new DecodeError(thrown.code === "MALFORMED" ? "WRONG_SHAPE" : thrown.code, thrown.reason, Math.max(thrown.offset, 0));
}
