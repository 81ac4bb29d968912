// listener.ts: OTLP/gRPC: one unary method. Bytes come in and go out as they are (grpc-js would answer INTERNAL for a decoder
// that throws); what happens to records is the intake's. Source: OTLP specification 1.11, "OTLP/gRPC".

import {
  logVerbosity,
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type StatusObject,
  type sendUnaryData,
  setLogVerbosity,
} from "@grpc/grpc-js";
import { type Address, formatAddress } from "../config/units.ts";
import type { Listener } from "../http/listener.ts";
import { RequestError, toFailure } from "../otlp/failure.ts";
import { encodeStatus, SUCCESS_PROTOBUF } from "../otlp/status.ts";
import type { ByteBudget } from "../pipeline/budget.ts";
import type { Gate } from "../pipeline/gate.ts";
import { type Intake, toRequestError } from "../pipeline/intake.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { neverInternal } from "./never-internal.ts";

export const EXPORT_PATH = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

export interface GrpcOptions {
  readonly gate: Gate;
  readonly intake: Intake;
  readonly budget: ByteBudget;
  readonly metrics: Metrics;
  readonly log: { error(details: object, message: string): void };
  /** Largest message, before and after inflating; grpc-js holds it and answers RESOURCE_EXHAUSTED, without RetryInfo. */
  readonly maxRequestBytes: number;
  readonly random: () => number;
}

const asItIs = (bytes: Buffer): Buffer => bytes;

const logsService: ServiceDefinition = {
  Export: {
    path: EXPORT_PATH,
    requestStream: false,
    responseStream: false,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  },
};

/** Without a limit one connection could open streams without end; clients queue what is beyond. */
const MAX_STREAMS_A_CONNECTION = 1_000;

export async function listenGrpc(address: Address, o: GrpcOptions): Promise<Listener> {
  // It would write lines of its own between the service's; what matters in them comes back as an error.
  setLogVerbosity(logVerbosity.NONE);
  // Connections are neither aged out nor pinged: a GOAWAY in the middle of an export costs JavaScript clients the export.
  const server = new Server({
    "grpc.max_receive_message_length": o.maxRequestBytes,
    "grpc.max_concurrent_streams": MAX_STREAMS_A_CONNECTION,
    interceptors: [neverInternal],
  });
  server.addService(logsService, {
    Export: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
      // `answer` throws nothing and rejects nothing: both would end as UNKNOWN, or not at all.
      void o.gate.hold(() => answer(call.request, o)).then(({ error, bytes }) => callback(error, bytes));
    },
  });
  const port = await bind(server, formatAddress(address));
  return { address: { host: address.host, port }, close: (signal) => close(server, signal) };
}

type Answer = { readonly error: StatusObject | null; readonly bytes: Buffer | null };

async function answer(body: Buffer, o: GrpcOptions): Promise<Answer> {
  const reservation = o.budget.open();
  try {
    if (!reservation.take(body.length)) throw new RequestError("busy", "too many bytes of requests are under way");
    await o.intake.take(body, "protobuf", "grpc");
    o.metrics.count("requests", 1, { transport: "grpc", code: "0" });
    return { error: null, bytes: Buffer.from(SUCCESS_PROTOBUF) };
  } catch (error) {
    return { error: fail(toRequestError(error), o), bytes: null };
  } finally {
    reservation.close();
  }
}

function fail(error: RequestError, o: GrpcOptions): StatusObject {
  const failure = toFailure(error, o.random);
  if (error.code === "unexpected") o.log.error({ err: error.cause }, "request failed unexpectedly");
  o.metrics.count("requests", 1, { transport: "grpc", code: String(failure.grpc) });
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(encodeStatus(failure)));
  return { code: failure.grpc, details: failure.message, metadata };
}

function bind(server: Server, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}

function close(server: Server, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cut = (): void => server.forceShutdown();
    signal.addEventListener("abort", cut);
    server.tryShutdown(() => {
      signal.removeEventListener("abort", cut);
      resolve();
    });
    if (signal.aborted) cut();
  });
}
