// otlp-receiver.ts: a receiver for tests, which decodes with protobufjs and the official .proto files, so that our encoder is not
// judged by code of ours. It can be told to misbehave.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import protobuf from "protobufjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../../../test/proto");
const types = new protobuf.Root();
types.resolvePath = (_origin, target) => join(root, target);
types.loadSync("opentelemetry/proto/collector/logs/v1/logs_service.proto", { keepCase: true });
const requestType = types.lookupType("opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest");
const responseType = types.lookupType("opentelemetry.proto.collector.logs.v1.ExportLogsServiceResponse");

export interface SeenRecord {
  readonly id: string;
  readonly event: string;
  readonly stream: string;
  readonly number: number;
  readonly end: boolean;
  readonly traceId: string;
  readonly spanId: string;
  readonly timeNs: string;
  readonly severity: number;
  readonly attributes: Record<string, unknown>;
  readonly body: unknown;
  readonly resource: Record<string, unknown>;
  readonly scope: string;
}

type Json = Record<string, unknown>;

export function decodeRequest(body: Uint8Array): SeenRecord[] {
  const request = requestType.toObject(requestType.decode(body), { longs: String, bytes: Buffer }) as Json;
  return list(request.resource_logs).flatMap((resourceLogs) =>
    list(resourceLogs.scope_logs).flatMap((scopeLogs) =>
      list(scopeLogs.log_records).map((record) => {
        const attributes = fields(record.attributes);
        return {
          id: text(attributes["audit.record.id"]),
          event: text(record.event_name),
          stream: text(attributes["audit.sequence.stream_id"]),
          number: Number(attributes["audit.sequence.number"] ?? 0),
          end: attributes["audit.sequence.end"] === true,
          traceId: hex(record.trace_id),
          spanId: hex(record.span_id),
          timeNs: text(record.time_unix_nano),
          severity: Number(record.severity_number ?? 0),
          attributes,
          body: record.body === undefined ? undefined : anyValue(record.body as Json),
          resource: fields((resourceLogs.resource as Json | undefined)?.attributes),
          scope: text((scopeLogs.scope as Json | undefined)?.name),
        };
      }),
    ),
  );
}

function list(value: unknown): Json[] {
  return (value ?? []) as Json[];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function hex(value: unknown): string {
  return value === undefined ? "" : Buffer.from(value as Uint8Array).toString("hex");
}

function fields(value: unknown): Record<string, unknown> {
  const out: Record<string, unknown> = Object.create(null);
  for (const pair of list(value)) out[String(pair.key)] = anyValue((pair.value ?? {}) as Json);
  return out;
}

/** int64 as number when it is safe, else as `int:<digits>`. */
export function anyValue(value: Json): unknown {
  if ("string_value" in value) return value.string_value;
  if ("bool_value" in value) return value.bool_value;
  if ("double_value" in value) return value.double_value;
  if ("bytes_value" in value) return value.bytes_value;
  if ("int_value" in value) {
    const number = Number(value.int_value);
    return Number.isSafeInteger(number) ? number : `int:${String(value.int_value)}`;
  }
  if ("array_value" in value) return list((value.array_value as Json).values).map(anyValue);
  if ("kvlist_value" in value) return fields((value.kvlist_value as Json).values);
  return null;
}

export type Reply =
  | "ok"
  | "drop"
  | "hang"
  | { status: number; headers?: Record<string, string>; body?: string | Uint8Array }
  | { rejected: number; reason: string };

export class OtlpReceiver {
  readonly requests: SeenRecord[][] = [];
  /** Answered with success only. */
  readonly accepted: SeenRecord[] = [];
  readonly headers: IncomingMessage["headers"][] = [];
  readonly paths: string[] = [];
  /** Whether `/v1/audit` is there and answers with receipts, as Proofline's receiver does. */
  receipts = false;
  reply: (records: SeenRecord[], request: number) => Reply = () => "ok";
  #server: Server;

  constructor() {
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  async listen(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get ids(): string[] {
    return this.accepted.map(({ id }) => id);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      this.paths.push(request.url ?? "");
      const forAudit = request.url === "/v1/audit";
      if (forAudit && !this.receipts) {
        response.writeHead(404).end();
        return;
      }
      const raw = Buffer.concat(chunks);
      const json = request.headers["content-type"] === "application/json";
      const records = json ? [] : decodeRequest(request.headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw);
      this.requests.push(records);
      this.headers.push(request.headers);
      this.#answer(this.reply(records, this.requests.length), records, response, forAudit);
    });
  }

  #answer(reply: Reply, records: SeenRecord[], response: ServerResponse, forAudit: boolean): void {
    if (reply === "hang") return;
    if (reply === "drop") {
      response.socket?.destroy();
      return;
    }
    if (reply === "ok") {
      const receipts = records.map(({ id }, at) => ({
        ...{ log: "test", seq: this.accepted.length + at, id, leaf_hash: Buffer.alloc(32, at).toString("base64") },
      }));
      this.accepted.push(...records);
      if (forAudit) {
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ receipts }));
        return;
      }
      response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
      return;
    }
    if ("rejected" in reply) {
      const partial = { partial_success: { rejected_log_records: reply.rejected, error_message: reply.reason } };
      response.writeHead(200, { "content-type": "application/x-protobuf" });
      response.end(responseType.encode(responseType.fromObject(partial)).finish());
      return;
    }
    response.writeHead(reply.status, reply.headers).end(reply.body ?? "");
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
