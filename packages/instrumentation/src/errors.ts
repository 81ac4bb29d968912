// errors.ts: what can go wrong for the one who emits. Delivery problems are not here: they are waited out, not thrown.

/**
 * - `INVALID_EVENT`: the argument is not an object.
 * - `INVALID_OPTION`: an option or environment variable has a value that cannot be used; the message names it.
 * - `SPOOL_FULL`: the spool has reached its limit and the policy is to throw. Nothing was recorded.
 * - `SPOOL_WRITE`: the disk refused the write. Nothing was recorded.
 * - `REDACTION_FAILED`: the policy could not be applied, and an unredacted record is never written. Nothing was recorded.
 * - `SHUT_DOWN`: after `shutdown()`. From `record`: nothing was recorded. From a waiting `commit`: the event stays in the spool.
 * - `TIMEOUT`, `ABORTED`: the caller's own limit on a `commit` was reached. `spooled` says whether the event was in the spool by then
 *   (it will be delivered) or was still waiting for room (it was not recorded).
 * - `REFUSED`: the receiver refused this very record for good; it is parked in the spool's `refused` folder.
 * - `EXPORT_FAILED`: only with an exporter of one's own, which reported a failure.
 */
export type AuditErrorCode =
  | "INVALID_EVENT"
  | "INVALID_OPTION"
  | "SPOOL_FULL"
  | "SPOOL_WRITE"
  | "REDACTION_FAILED"
  | "SHUT_DOWN"
  | "TIMEOUT"
  | "ABORTED"
  | "REFUSED"
  | "EXPORT_FAILED";

export class AuditError extends Error {
  override readonly name = "AuditError";
  readonly code: AuditErrorCode;
  /** true: the event is on disk and will be delivered; recording it again would make it twice. */
  readonly spooled: boolean;

  constructor(code: AuditErrorCode, message: string, o: { cause?: unknown; spooled?: boolean } = {}) {
    super(message, "cause" in o ? { cause: o.cause } : undefined);
    this.code = code;
    this.spooled = o.spooled ?? false;
  }
}
