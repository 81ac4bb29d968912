// grpc.ts: a plain OTLP/gRPC client for tests: bytes out, status and bytes in.

import type { TestContext } from "node:test";
import { Client, compressionAlgorithms, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { EXPORT_PATH } from "../../src/grpc/listener.ts";

export interface GrpcAnswer {
  readonly code: number;
  readonly details: string;
  /** The response message, when there is one. */
  readonly bytes: Buffer | undefined;
  /** From grpc-status-details-bin. */
  readonly status: { code: number; message: string; retrySeconds: number | undefined } | undefined;
}

export interface GrpcClient {
  call(body: Uint8Array, path?: string): Promise<GrpcAnswer>;
  close(): void;
}

const asItIs = (bytes: Buffer): Buffer => bytes;

export interface GrpcClientOptions {
  readonly gzip?: boolean;
  /** PEM; without it clear text. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string };
  /** Asked for before each call. */
  readonly token?: () => string;
}

export function grpcClient(t: TestContext, address: string, o: GrpcClientOptions = {}): GrpcClient {
  const pem = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));
  const { tls } = o;
  const security =
    tls === undefined ? credentials.createInsecure() : credentials.createSsl(pem(tls.ca), pem(tls.key), pem(tls.cert));
  const metadata = (): Metadata => {
    const made = new Metadata();
    if (o.token !== undefined) made.set("authorization", `Bearer ${o.token()}`);
    return made;
  };
  const client = new Client(address, security, {
    "grpc.default_compression_algorithm": o.gzip ? compressionAlgorithms.gzip : compressionAlgorithms.identity,
    // The client asks for a name; an address is none.
    ...(tls && { "grpc.ssl_target_name_override": "localhost" }),
    "grpc.max_send_message_length": -1,
    "grpc.max_receive_message_length": -1,
    // A client of its own: shared connections would outlive the test that opened them.
    "grpc.use_local_subchannel_pool": 1,
  });
  t.after(() => client.close());
  return {
    call: (body, path = EXPORT_PATH) =>
      new Promise((resolve) => {
        client.makeUnaryRequest(
          path,
          asItIs,
          asItIs,
          Buffer.from(body),
          metadata(),
          (error: ServiceError | null, bytes?: Buffer) => {
            resolve(
              error === null
                ? { code: 0, details: "", bytes, status: undefined }
                : { code: error.code, details: error.details, bytes, status: statusOf(error.metadata) },
            );
          },
        );
      }),
    close: () => client.close(),
  };
}

const root = protobuf.parse(`
  syntax = "proto3";
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message Duration { int64 seconds = 1; int32 nanos = 2; }
  message RetryInfo { Duration retry_delay = 1; }
`).root;

/** google.rpc.Status, read with a schema of the test's own. */
export function decodeStatus(bytes: Uint8Array): { code: number; message: string; retrySeconds: number | undefined } {
  const status = root.lookupType("Status").toObject(root.lookupType("Status").decode(bytes), { longs: Number, defaults: true });
  const [detail] = status.details as { typeUrl: string; value: Uint8Array }[];
  const { code, message } = status as { code: number; message: string };
  if (detail === undefined) return { code, message, retrySeconds: undefined };
  if (detail.typeUrl !== "type.googleapis.com/google.rpc.RetryInfo") throw new Error(`unexpected detail ${detail.typeUrl}`);
  const retry = root.lookupType("RetryInfo").toObject(root.lookupType("RetryInfo").decode(detail.value), { longs: Number });
  return { code, message, retrySeconds: (retry.retryDelay as { seconds: number }).seconds };
}

function statusOf(metadata: Metadata): GrpcAnswer["status"] {
  const [details] = metadata.get("grpc-status-details-bin");
  return details instanceof Buffer ? decodeStatus(details) : undefined;
}
