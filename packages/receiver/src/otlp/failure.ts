// failure.ts: every way in which a request can end badly, and what each transport says then. The one table of that mapping.
// Knows no HTTP and no gRPC library. Source: OTLP specification 1.11, "Failures"; RFC 9110.

export type FailureCode =
  | "malformed"
  | "bad_compression"
  | "too_large"
  | "too_many_records"
  | "unsupported_media_type"
  | "unsupported_encoding"
  | "not_found"
  | "method_not_allowed"
  | "unsupported_call"
  | "conflict"
  | "unauthenticated"
  | "forbidden"
  | "auth_undecided"
  | "no_room"
  | "busy"
  | "stopping"
  | "body_timeout"
  | "deadline"
  | "upstream_down"
  | "upstream_refused"
  | "not_durable"
  | "unexpected";

/** `http` status, `grpc` code (google.rpc.Code), and whether the same request may pass later. */
export interface Mapping {
  readonly http: number;
  readonly grpc: number;
  readonly retryable: boolean;
}

/**
 * A client drops what fails for good, so whatever may pass next time must be told so: 503 and UNAVAILABLE, never 500, 408,
 * UNKNOWN or INTERNAL.
 */
export const FAILURES: Readonly<Record<FailureCode, Mapping>> = {
  malformed: { http: 400, grpc: 3, retryable: false },
  bad_compression: { http: 400, grpc: 3, retryable: false },
  too_large: { http: 413, grpc: 8, retryable: false },
  too_many_records: { http: 413, grpc: 8, retryable: false },
  unsupported_media_type: { http: 415, grpc: 3, retryable: false },
  unsupported_encoding: { http: 415, grpc: 12, retryable: false },
  not_found: { http: 404, grpc: 12, retryable: false },
  unsupported_call: { http: 400, grpc: 12, retryable: false },
  method_not_allowed: { http: 405, grpc: 12, retryable: false },
  conflict: { http: 409, grpc: 6, retryable: false },
  unauthenticated: { http: 401, grpc: 16, retryable: false },
  forbidden: { http: 403, grpc: 7, retryable: false },
  auth_undecided: { http: 503, grpc: 14, retryable: true },
  no_room: { http: 503, grpc: 14, retryable: true },
  busy: { http: 503, grpc: 14, retryable: true },
  stopping: { http: 503, grpc: 14, retryable: true },
  body_timeout: { http: 503, grpc: 14, retryable: true },
  deadline: { http: 504, grpc: 4, retryable: true },
  upstream_down: { http: 503, grpc: 14, retryable: true },
  upstream_refused: { http: 502, grpc: 14, retryable: true },
  not_durable: { http: 503, grpc: 14, retryable: true },
  unexpected: { http: 503, grpc: 14, retryable: true },
};

/** Why a request was not accepted. The message is for the client: no payload, no path of this host. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly code: FailureCode;
  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Another endpoint's refusal, told in its own terms; the table says only what it would be without them. */
export class RelayedError extends RequestError {
  readonly told: Pick<Failure, "http" | "grpc"> & { readonly retryAfterSeconds: number | undefined };
  constructor(message: string, told: RelayedError["told"]) {
    super("upstream_refused", message);
    this.told = told;
  }
}

/** A failure as a client is told of it. */
export interface Failure {
  readonly code: FailureCode;
  readonly http: number;
  /** google.rpc.Code. */
  readonly grpc: number;
  readonly message: string;
  /** Whole seconds to wait, 1 to 3; absent when trying again is of no use. */
  readonly retryAfterSeconds?: number;
}

const MAX_MESSAGE = 512;

/**
 * @param random in [0, 1): spreads the clients' next tries. JavaScript's exporter gives up when it is asked to wait for more than
 * it has left of its ten seconds, so the wait stays within three.
 */
export function toFailure(error: RequestError, random: () => number): Failure {
  const { http, grpc, retryable } = FAILURES[error.code];
  const message = error.message.length <= MAX_MESSAGE ? error.message : `${error.message.slice(0, MAX_MESSAGE)}…`;
  const failure = { code: error.code, http, grpc, message };
  if (error instanceof RelayedError) {
    const { retryAfterSeconds, ...codes } = error.told;
    return { ...failure, ...codes, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
  }
  return retryable ? { ...failure, retryAfterSeconds: 1 + Math.floor(random() * 3) } : failure;
}
