// grpc-code.ts: an upstream's HTTP status as a gRPC code. What OTLP/HTTP lets a client try again is UNAVAILABLE, what it does not is a
// code that OTLP/gRPC does not retry either. Source: OTLP specification 1.11, "Failures"; google.rpc.Code.

const INVALID_ARGUMENT = 3;
const FAILED_PRECONDITION = 9;
export const UNAVAILABLE = 14;

const CODES: Readonly<Record<number, number>> = {
  400: INVALID_ARGUMENT,
  401: 16, // UNAUTHENTICATED
  403: 7, // PERMISSION_DENIED
  404: 12, // UNIMPLEMENTED
  413: 8, // RESOURCE_EXHAUSTED
  429: UNAVAILABLE,
  502: UNAVAILABLE,
  503: UNAVAILABLE,
  504: UNAVAILABLE,
};

/** FAILED_PRECONDITION for what OTLP/HTTP says not to send again, and that is not known to be the sender's doing. */
export function grpcOfHttp(http: number): number {
  return CODES[http] ?? (http < 500 ? INVALID_ARGUMENT : FAILED_PRECONDITION);
}
