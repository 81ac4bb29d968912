// intake.ts: one request's body, whole and inflated, to its acknowledgement: the part that HTTP and gRPC share. Resolves when
// everything in it is durable; throws RequestError, and nothing else.

import { LedgerError } from "@proofline/ledger";
import { type Decoded, DecodeError, type DecodeLimits } from "../decode/decoded.ts";
import { decodeLogsJson } from "../decode/json.ts";
import { decodeLogsProtobuf } from "../decode/protobuf.ts";
import { RequestError } from "../otlp/failure.ts";
import type { Encoding } from "../otlp/media-type.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Gate } from "./gate.ts";
import type { Pipeline } from "./pipeline.ts";

export type Transport = "http" | "grpc";

export interface Intake {
  /** @throws {RequestError} */
  take(body: Uint8Array, encoding: Encoding, transport: Transport): Promise<void>;
}

export interface IntakeOptions {
  readonly gate: Gate;
  readonly pipeline: Pipeline;
  readonly limits: DecodeLimits;
  readonly metrics: Metrics;
  /** Milliseconds of a clock that never steps. */
  readonly elapsedMs: () => number;
}

export function createIntake({ gate, pipeline, limits, metrics, elapsedMs }: IntakeOptions): Intake {
  return {
    async take(body, encoding, transport) {
      const startedMs = elapsedMs();
      const refusal = gate.refusal();
      if (refusal !== undefined) throw refusal;
      try {
        const decoded: Decoded = (encoding === "json" ? decodeLogsJson : decodeLogsProtobuf)(body, limits);
        metrics.count("received", decoded.records.length, { transport, encoding });
        await pipeline.accept(decoded);
      } catch (error) {
        throw toRequestError(error);
      }
      // The ledger may have failed in the same moment: what it wrote then is not to be relied on.
      if (gate.state === "failed") throw gate.refusal()!;
      metrics.observeAck(transport, (elapsedMs() - startedMs) / 1000);
    },
  };
}

/** What is not known may pass next time: the sender keeps the records and tries again. */
export function toRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  if (error instanceof DecodeError) {
    if (error.code === "TOO_MANY_RECORDS") return new RequestError("too_many_records", error.message, { cause: error });
    if (error.code === "TOO_LARGE") return new RequestError("too_large", error.message, { cause: error });
    return new RequestError("malformed", `not an export request for logs: ${error.message}`, { cause: error });
  }
  if (error instanceof LedgerError) {
    if (error.code === "DISK_FULL" && !error.fatal)
      return new RequestError("no_room", "the ledger's disk is nearly full", { cause: error });
    if (error.code === "CLOSED") return new RequestError("stopping", "the receiver is stopping", { cause: error });
    return new RequestError("not_durable", "the ledger could not make the records durable", { cause: error });
  }
  return new RequestError("unexpected", "the receiver could not handle the request", { cause: error });
}
