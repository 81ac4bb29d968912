// errors.ts: what a caller of the OTLP sink can get wrong. What the other side does wrong is never thrown: it is retried (answer.ts).

export type OtlpSinkErrorCode = "BAD_URL" | "BAD_HEADER";

/** Thrown by startOtlpSink before anything is started. The message names the option, its value (never a secret) and what was expected. */
export class OtlpSinkError extends Error {
  override readonly name = "OtlpSinkError";
  readonly code: OtlpSinkErrorCode;
  constructor(code: OtlpSinkErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
