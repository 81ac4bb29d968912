// errors.ts: what a caller of the Loki sink can get wrong. What Loki does wrong is never thrown: it is retried (answer.ts).

export type LokiSinkErrorCode = "BAD_URL" | "BAD_TENANT" | "BAD_LABEL" | "TOO_MANY_LABELS" | "BAD_LOG_NAME";

/** Thrown by startLokiSink before anything is started. The message names the option, its value (never a secret) and what was expected. */
export class LokiSinkError extends Error {
  override readonly name = "LokiSinkError";
  readonly code: LokiSinkErrorCode;
  constructor(code: LokiSinkErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
