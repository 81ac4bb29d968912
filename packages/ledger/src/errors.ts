// errors.ts: the one error of this room, and the list of what can go wrong in it.

/**
 * | code | meaning |
 * |---|---|
 * | `LOCKED` | another process writes this log; the message names it |
 * | `ROLLED_BACK` | the log is behind its own checkpoint or a cursor: acknowledged lines are not here |
 * | `FORKED` | a chain that holds, but not the one that was signed |
 * | `CORRUPT` | bytes that this room did not write, or a chain that does not hold |
 * | `DISK_FULL` | not `fatal`: refused beforehand, nothing was written; `fatal`: the disk said so |
 * | `NO_SUCH_LOG`, `LOG_EXISTS` | creating a log is a deliberate act of its own |
 * | `BAD_NAME` | a log's or a sink's name that cannot be a file's |
 * | `WRONG_KEY` | the signer's key is not the one that the log was created with |
 * | `BAD_ENTRY` | a tail that would break its line, or is too long for one |
 * | `BAD_CURSOR` | a cursor was told to go back, or beyond the log |
 * | `NOT_ROLLED_BACK` | asked to accept or undo a rollback where there is none |
 * | `INCOMPLETE` | the lines that were to be put back do not reach what was signed; nothing was changed |
 * | `IO` | a read, write, sync or rename failed |
 * | `CLOSED` | the ledger was closed |
 */
export type LedgerErrorCode =
  | "LOCKED"
  | "ROLLED_BACK"
  | "FORKED"
  | "CORRUPT"
  | "DISK_FULL"
  | "NO_SUCH_LOG"
  | "LOG_EXISTS"
  | "BAD_NAME"
  | "WRONG_KEY"
  | "BAD_ENTRY"
  | "BAD_CURSOR"
  | "NOT_ROLLED_BACK"
  | "INCOMPLETE"
  | "IO"
  | "CLOSED";

export class LedgerError extends Error {
  override readonly name = "LedgerError";
  readonly code: LedgerErrorCode;
  /** true: memory and disk may disagree; end the process, start again, recover. false: this call failed, the next may pass. */
  readonly fatal: boolean;
  constructor(code: LedgerErrorCode, message: string, o: { fatal?: boolean; cause?: unknown } = {}) {
    super(message, o.cause === undefined ? undefined : { cause: o.cause });
    this.code = code;
    this.fatal = o.fatal ?? false;
  }
}

/** What was thrown, when it is a LedgerError; else one, IO and not fatal, that says what failed. */
export function asLedgerError(doing: string, error: unknown): LedgerError {
  if (error instanceof LedgerError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new LedgerError("IO", `${doing} failed: ${text}`, { cause: error });
}

/** The system's own name for what happened (`ENOSPC`), or "". */
export function systemCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
