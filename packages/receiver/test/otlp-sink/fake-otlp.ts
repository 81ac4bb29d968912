// fake-otlp.ts: an OTLP logs receiver for tests, over HTTP and gRPC, that keeps what it took and can be told to fail in the ways that
// networks, proxies and stores do.

import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { Server as GrpcServer, Metadata, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from "@grpc/grpc-js";
import type { LogRecord } from "@proofline/event";
import protobuf from "protobufjs";
import { decodeLogsProtobuf } from "../../src/decode/protobuf.ts";
import { EXPORT_PATH } from "../../src/grpc/listener.ts";
import { encodeStatus } from "../../src/otlp/status.ts";

/** What happens to one export. `stored`: the records are kept all the same. Over gRPC `status` is the code, and `body` the message. */
export type Fault =
  | { kind: "answer"; status: number; body?: string; headers?: Record<string, string>; retrySeconds?: number; stored?: boolean }
  | { kind: "drop"; stored?: boolean }
  | { kind: "half"; stored?: boolean }
  | { kind: "hang" };

/** How a record that the rule names is refused. `partial`: with success, and a count. */
export interface Rule {
  readonly refuse: (record: LogRecord) => string | undefined;
  readonly how: "partial" | "invalid" | "internal";
}

export interface Export {
  readonly headers: IncomingHttpHeaders;
  readonly ids: readonly string[];
  readonly bytes: number;
}

const response = protobuf
  .parse(`
  syntax = "proto3";
  message Response { Partial partial_success = 1; }
  message Partial { int64 rejected_log_records = 1; string error_message = 2; }
`)
  .root.lookupType("Response");

type Outcome = Uint8Array | { http: number; grpc: number; message: string };

export class FakeOtlp {
  readonly exports: Export[] = [];
  /** What was taken, in the order of arrival. */
  readonly records: LogRecord[] = [];
  rule: Rule | undefined;
  warning = "";
  always: Fault | undefined;
  readonly #faults: Fault[] = [];
  readonly #http: Server;
  readonly #grpc = new GrpcServer({ "grpc.max_receive_message_length": -1 });
  #httpPort = 0;
  #grpcPort = 0;

  private constructor() {
    this.#http = createServer((request, answer) => void this.#onHttp(request, answer));
  }

  static async open(): Promise<FakeOtlp> {
    const fake = new FakeOtlp();
    const asItIs = (bytes: Buffer): Buffer => bytes;
    const call = { path: EXPORT_PATH, requestStream: false, responseStream: false } as const;
    const serialize = {
      requestSerialize: asItIs,
      requestDeserialize: asItIs,
      responseSerialize: asItIs,
      responseDeserialize: asItIs,
    };
    fake.#grpc.addService(
      { Export: { ...call, ...serialize } },
      { Export: (c: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => fake.#onGrpc(c, done) },
    );
    fake.#grpcPort = await new Promise((resolve, reject) => {
      fake.#grpc.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
    await fake.up();
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#httpPort}`;
  }

  get grpcUrl(): string {
    return `http://127.0.0.1:${this.#grpcPort}`;
  }

  fail(...faults: Fault[]): void {
    this.#faults.push(...faults);
  }

  /** Opens the HTTP port, the same one each time. */
  async up(): Promise<void> {
    this.#http.listen(this.#httpPort, "127.0.0.1");
    await once(this.#http, "listening");
    this.#httpPort = (this.#http.address() as AddressInfo).port;
  }

  async down(): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  async close(): Promise<void> {
    await this.down();
    this.#grpc.forceShutdown();
  }

  #next(): Fault | undefined {
    return this.#faults.shift() ?? this.always;
  }

  #note(body: Buffer, headers: IncomingHttpHeaders): LogRecord[] {
    const records = decodeLogsProtobuf(body).records.map(({ record }) => record);
    this.exports.push({ headers, ids: records.map(idOf), bytes: body.length });
    return records;
  }

  #take(records: readonly LogRecord[]): Outcome {
    const { rule } = this;
    const bad = records.map((record) => rule?.refuse(record)).filter((reason) => reason !== undefined);
    if (bad.length > 0 && rule?.how === "invalid") return { http: 400, grpc: 3, message: bad[0]! };
    if (bad.length > 0 && rule?.how === "internal") return { http: 500, grpc: 13, message: bad[0]! };
    this.records.push(...records.filter((record) => rule?.refuse(record) === undefined));
    if (bad.length === 0 && this.warning === "") return new Uint8Array();
    const partialSuccess = { rejectedLogRecords: bad.length, errorMessage: bad[0] ?? this.warning };
    return response.encode(response.create({ partialSuccess })).finish();
  }

  async #onHttp(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const whole = Buffer.concat(chunks);
    const records = this.#note(request.headers["content-encoding"] === "gzip" ? gunzipSync(whole) : whole, request.headers);
    const fault = this.#next();
    if (fault?.kind === "hang") return;
    if (fault !== undefined && fault.stored === true) this.records.push(...records);
    if (fault?.kind === "drop") return void request.socket.destroy();
    if (fault?.kind === "half") {
      answer.writeHead(200, { "content-length": "1000" });
      answer.write("half", () => request.socket.destroy());
      return;
    }
    if (fault?.kind === "answer") {
      answer.writeHead(fault.status, fault.headers);
      return void answer.end(fault.body ?? "");
    }
    const outcome = this.#take(records);
    if (outcome instanceof Uint8Array) {
      answer.writeHead(200, { "content-type": "application/x-protobuf" });
      return void answer.end(outcome);
    }
    answer.writeHead(outcome.http, { "content-type": "application/x-protobuf" });
    answer.end(encodeStatus({ code: "malformed", ...outcome }));
  }

  #onGrpc(call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>): void {
    const records = this.#note(call.request, call.metadata.getMap() as IncomingHttpHeaders);
    const fault = this.#next();
    if (fault?.kind === "hang") return;
    if (fault !== undefined && fault.stored === true) this.records.push(...records);
    const outcome: Outcome =
      fault === undefined
        ? this.#take(records)
        : {
            http: 0,
            grpc: fault.kind === "answer" ? fault.status : 14,
            message: fault.kind === "answer" ? (fault.body ?? "") : "",
          };
    if (outcome instanceof Uint8Array) {
      done(null, Buffer.from(outcome));
      return;
    }
    const metadata = new Metadata();
    if (fault?.kind === "answer" && fault.retrySeconds !== undefined) {
      const status = { code: "busy", ...outcome, retryAfterSeconds: fault.retrySeconds } as const;
      metadata.set("grpc-status-details-bin", Buffer.from(encodeStatus(status)));
    }
    done({ code: outcome.grpc, details: outcome.message, metadata });
  }
}

export function idOf({ attributes }: LogRecord): string {
  const id = attributes.get("audit.record.id");
  return typeof id === "string" ? id : "";
}
