// intake.ts: one request's body, whole and inflated, to its acknowledgement: the part that HTTP and gRPC share. Resolves when
// everything in it is durable; throws RequestError, and nothing else.

import { LedgerError } from "@proofline/ledger";
import { DecodeError } from "../decode/decoded.ts";
import { RequestError } from "../otlp/failure.ts";
import type { Encoding } from "../otlp/media-type.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { ByteBudget } from "./budget.ts";
import type { Gate } from "./gate.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Preparation } from "./preparation.ts";

export type Transport = "http" | "grpc";

export interface Intake {
  /**
   * @param body may be given away: do not read it afterwards
   * @param writer who sent it, authenticated; "" for nobody known. Stands in every line of the request.
   * @throws {RequestError}
   */
  take(body: Uint8Array, encoding: Encoding, transport: Transport, writer: string): Promise<void>;
}

export interface IntakeOptions {
  readonly gate: Gate;
  readonly preparation: Preparation;
  readonly pipeline: Pipeline;
  readonly metrics: Metrics;
  /** What is made of requests: of very small records, many times their size. */
  readonly prepared: ByteBudget;
  /** Milliseconds of a clock that never steps. */
  readonly elapsedMs: () => number;
}

export function createIntake({ gate, preparation, pipeline, metrics, prepared, elapsedMs }: IntakeOptions): Intake {
  return {
    async take(body, encoding, transport, writer) {
      const startedMs = elapsedMs();
      const refusal = gate.refusal();
      if (refusal !== undefined) throw refusal;
      const made = prepared.open();
      try {
        const request = await preparation.prepare(body, encoding, writer);
        if (!made.take(request.tails.bytes.byteLength))
          throw new RequestError("busy", "too many bytes of requests are under way");
        metrics.count("received", request.records, { transport, encoding });
        await pipeline.accept(request);
        preparation.release(request);
      } catch (error) {
        throw toRequestError(error);
      } finally {
        made.close();
      }
      // The ledger may have failed in the same moment: what it wrote then is not to be relied on.
      if (gate.state === "failed") throw gate.refusal()!;
      metrics.observe("ack", (elapsedMs() - startedMs) / 1000, { transport });
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
