// errors.ts: what can go wrong in this room. EventError: a record that cannot become a line. LineError: bytes that are not one.

/**
 * `TOO_DEEP` a value is nested deeper than 64 levels; `TOO_LARGE` the record does not fit into a line even with its values
 * moved out; `INVALID_RECORD` a field is outside its type (a bug of the caller); `INVALID_TIME` a clock outside its range.
 */
export type EventErrorCode = "TOO_DEEP" | "TOO_LARGE" | "INVALID_RECORD" | "INVALID_TIME";

export class EventError extends Error {
  override readonly name = "EventError";
  readonly code: EventErrorCode;
  constructor(code: EventErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** One code for each check that a line must pass; SPEC.md, "Reading a line", lists them with their meaning. */
export type LineErrorCode =
  | "TOO_LONG"
  | "NOT_UTF8"
  | "SYNTAX"
  | "BAD_VERSION"
  | "MISSING_FIELD"
  | "UNKNOWN_FIELD"
  | "FIELD_ORDER"
  | "EMPTY_FIELD"
  | "BAD_STRING"
  | "BAD_NUMBER"
  | "OUT_OF_RANGE"
  | "BAD_TIME"
  | "BAD_HASH"
  | "BAD_HEX"
  | "BAD_TAG"
  | "BAD_CODE"
  | "DUPLICATE_KEY"
  | "TOO_DEEP"
  | "TRAILING_BYTES"
  | "NOT_CANONICAL";

/** Bytes that are not a line. Neither the message nor anything else of it repeats a value of the line. */
export class LineError extends Error {
  override readonly name = "LineError";
  readonly code: LineErrorCode;
  /** Byte offset in the line where the check failed. */
  readonly offset: number;
  constructor(code: LineErrorCode, offset: number, message: string) {
    super(`${message} at byte ${offset}`);
    this.code = code;
    this.offset = offset;
  }
}
