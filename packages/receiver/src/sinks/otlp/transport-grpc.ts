// transport-grpc.ts: OTLP/gRPC: one unary call an export, bytes out and bytes in. Source: OTLP specification 1.11, "OTLP/gRPC".

import {
  Client,
  type ClientUnaryCall,
  credentials as channelCredentials,
  compressionAlgorithms,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { EXPORT_PATH } from "../../grpc/listener.ts";
import { networkReason } from "../connection.ts";
import { type OtlpAnswer, readGrpcAnswer, readResponse } from "./answer.ts";
import { Credentials, type OtlpTransport, type OtlpTransportOptions, parseOtlpUrl } from "./transport.ts";

const asItIs = (bytes: Buffer): Buffer => bytes;

/** @throws {OtlpSinkError} BAD_URL */
export function createGrpcTransport(o: OtlpTransportOptions): OtlpTransport {
  const url = parseOtlpUrl(o.url);
  const secure = url.protocol === "https:";
  const address = `${url.hostname}:${url.port === "" ? (secure ? "443" : "80") : url.port}`;
  const channel = secure
    ? channelCredentials.createSsl(o.ca === undefined ? null : Buffer.from(o.ca))
    : channelCredentials.createInsecure();
  const client = new Client(address, channel, {
    "grpc.default_compression_algorithm": o.gzip ? compressionAlgorithms.gzip : compressionAlgorithms.identity,
    "grpc.max_send_message_length": -1,
    // Retries are the sink's: it knows what is in order and what is known to be there.
    "grpc.enable_retries": 0,
    "grpc.initial_reconnect_backoff_ms": 250,
    "grpc.max_reconnect_backoff_ms": 5_000,
  });
  const credentials = new Credentials(o.headers);
  return {
    async export(request, signal) {
      try {
        const metadata = new Metadata();
        for (const [name, value] of Object.entries(await credentials.headers())) metadata.set(name, value);
        const answer = await call(client, Buffer.from(request), metadata, Date.now() + o.timeoutMs, signal);
        return { answer: credentials.heed(answer), sent: request.length };
      } catch (error) {
        return { answer: { kind: "unreachable", reason: networkReason(error) }, sent: request.length };
      }
    },
    async close() {
      client.close();
    },
  };
}

function call(client: Client, body: Buffer, metadata: Metadata, deadline: number, signal: AbortSignal): Promise<OtlpAnswer> {
  return new Promise((resolve) => {
    const abort = (): void => running.cancel();
    const done = (error: ServiceError | null, bytes?: Buffer): void => {
      signal.removeEventListener("abort", abort);
      resolve(error === null ? readResponse(bytes ?? Buffer.alloc(0)) : readFailure(error));
    };
    const running: ClientUnaryCall = client.makeUnaryRequest(EXPORT_PATH, asItIs, asItIs, body, metadata, { deadline }, done);
    signal.addEventListener("abort", abort, { once: true });
  });
}

function readFailure({ code, details, message, metadata }: ServiceError): OtlpAnswer {
  const [status] = metadata?.get("grpc-status-details-bin") ?? [];
  return readGrpcAnswer(code, details ?? message, status instanceof Buffer ? status : undefined);
}
