// errors.ts: why the service could not start, beside what the config and the ledger say themselves.

/**
 * `BAD_KEY_FILE` a key's file is missing, unreadable or not a key; `WRONG_KEY` the key is of another log; `ADDRESS_IN_USE`,
 * `CANNOT_LISTEN` a listener; `BAD_SINK` a sink's settings cannot work; `BAD_TLS` certificate or key cannot be used; `BAD_TOKENS` a token's file cannot.
 */
export type StartErrorCode =
  | "BAD_KEY_FILE"
  | "WRONG_KEY"
  | "ADDRESS_IN_USE"
  | "CANNOT_LISTEN"
  | "BAD_SINK"
  | "BAD_TLS"
  | "BAD_TOKENS";

/** Nothing was started; what had been opened is closed again. The message names key or file, never a secret. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly code: StartErrorCode;
  constructor(code: StartErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
