// grpc-method.ts: TraceService and MetricsService over gRPC: a message's bytes go on as an OTLP/HTTP body, for the two are the same; the
// answer's body comes back as the response's bytes. Source: OTLP specification 1.11.

import type { Method } from "../grpc/call.ts";
import { RelayedError, RequestError } from "../otlp/failure.ts";
import { MEDIA_TYPES, parseMediaType } from "../otlp/media-type.ts";
import { readStatusMessage } from "../otlp/status.ts";
import { grpcOfHttp, UNAVAILABLE } from "./grpc-code.ts";
import { isNoAnswer, isSuccess, type Passed, type Signal, type SignalName } from "./signal.ts";

const PATHS: Readonly<Record<SignalName, string>> = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
};
/** Nobody is asked to wait for longer, whatever was said elsewhere. */
const MAX_RETRY_SECONDS = 3600;
const NOTHING = new Uint8Array(0);

/** The path of the signal's one method, and what it does. */
export function signalMethod(signal: Signal): readonly [path: string, method: Method] {
  return [
    PATHS[signal.name],
    async (body, _headers, stream) => {
      const refusal = signal.refusal();
      if (refusal !== undefined) throw refusal;
      const gone = new AbortController();
      stream.once("close", () => gone.abort());
      return relay(await signal.pass({ body, contentType: MEDIA_TYPES.protobuf, contentEncoding: undefined }, gone.signal));
    },
  ];
}

function relay(answer: Passed): Uint8Array {
  if (answer === undefined) return NOTHING;
  const http = answer.status;
  if (isNoAnswer(http)) throw new RequestError("upstream_down", `the endpoint passed on to answered ${http}`);
  const readable = parseMediaType(answer.contentType) === "protobuf";
  if (isSuccess(http)) return readable ? answer.body : NOTHING;
  const said = readable ? readStatusMessage(answer.body) : "";
  const message = `the endpoint passed on to answered ${http}${said === "" ? "" : `: ${said}`}`;
  const grpc = grpcOfHttp(http);
  // A code that may be tried again is told with a wait, the upstream's when it named one.
  const retryAfterSeconds = grpc === UNAVAILABLE ? (secondsOf(answer.retryAfter) ?? 1) : undefined;
  throw new RelayedError(message, { http, grpc, retryAfterSeconds });
}

/** Of Retry-After in seconds; a date is left out: the two clocks may differ. */
function secondsOf(retryAfter: string | undefined): number | undefined {
  return retryAfter !== undefined && /^\d{1,9}$/.test(retryAfter) ? Math.min(Number(retryAfter), MAX_RETRY_SECONDS) : undefined;
}
