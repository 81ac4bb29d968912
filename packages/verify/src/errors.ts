// errors.ts: what keeps a copy of a log from being read. Not thrown at callers of this room: it becomes a finding that says why the
// result is "unknown".

import type { UnknownCode } from "./report.ts";

export type VerifyErrorCode = Extract<
  UnknownCode,
  "UNREADABLE" | "UNREACHABLE" | "BAD_ANSWER" | "NO_LOG" | "BAD_KEY" | "BAD_RECEIPT" | "NO_DATA"
>;

export class VerifyError extends Error {
  override readonly name = "VerifyError";
  readonly code: VerifyErrorCode;
  /** What would have made it work. */
  readonly expected: string;
  /** The file, folder or URL. */
  readonly where: string;
  constructor(code: VerifyErrorCode, o: { message: string; expected: string; where: string; cause?: unknown }) {
    super(o.message, { cause: o.cause });
    this.code = code;
    this.expected = o.expected;
    this.where = o.where;
  }
}
