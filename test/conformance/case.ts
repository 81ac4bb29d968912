// case.ts: what a point's test works with: receivers, and ways to reach them that are remembered for the table.

import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { connect } from "node:net";
import type { TestContext } from "node:test";
import { OTLPLogExporter as GrpcExporter } from "@opentelemetry/exporter-logs-otlp-grpc";
import { OTLPLogExporter as JsonExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtobufExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { CompressionAlgorithm } from "@opentelemetry/otlp-exporter-base";
import type { LogRecordExporter } from "@opentelemetry/sdk-logs";
import { EXPORT_PATH } from "../../packages/receiver/src/grpc/listener.ts";
import { decodeStatus, type GrpcAnswer, grpcClient } from "../../packages/receiver/test/support/grpc.ts";
import { gzipped, type Request, toJson, toProtobuf } from "../../packages/receiver/test/support/otlp.ts";
import { startTestReceiver, type TestReceiver, type TestReceiverOptions } from "../../packages/receiver/test/support/receiver.ts";
import type { Drive, Transport } from "./suite.ts";

export type Encoding = "protobuf" | "json";
export const MEDIA_TYPES: Readonly<Record<Encoding, string>> = { protobuf: "application/x-protobuf", json: "application/json" };

/** An HTTP answer, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly type: string | null;
  readonly bytes: Buffer;
  /** google.rpc.Status out of the body, read in the body's own encoding. @throws when it is none */
  readonly error: { readonly code: number; readonly message: string; readonly retrySeconds: number | undefined };
}

export interface Post {
  readonly path?: string;
  readonly method?: string;
  readonly gzip?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What both transports say, in one form. `retrySeconds` as announced, undefined when trying again is not invited. */
export interface Said {
  readonly transport: Transport;
  readonly ok: boolean;
  /** The HTTP status or gRPC code. */
  readonly code: number;
  /** google.rpc.Code, 0 for success. */
  readonly status: number;
  readonly message: string;
  readonly retrySeconds: number | undefined;
  /** The answer's message. */
  readonly bytes: Buffer;
}

/** What a raw call got. */
export interface RawAnswer {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly status: number;
  readonly message: string;
}

export type ExporterName = "JS http/json" | "JS http/protobuf" | "JS grpc";

export class Case {
  readonly t: TestContext;
  readonly drives: Drive[] = [];

  constructor(t: TestContext) {
    this.t = t;
  }

  start(o: TestReceiverOptions = {}): Promise<TestReceiver> {
    return startTestReceiver(this.t, o);
  }

  #drove(transport: Transport, driver: string): void {
    this.drives.push({ transport, driver });
  }

  async post(r: TestReceiver, encoding: Encoding, body: Uint8Array | string, o: Post = {}): Promise<HttpAnswer> {
    this.#drove(encoding === "json" ? "HTTP/JSON" : "HTTP/protobuf", "fetch");
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    const method = o.method ?? "POST";
    const sent = new Uint8Array(o.gzip ? await gzipped(bytes) : bytes);
    const response = await fetch(r.url + (o.path ?? "/v1/logs"), {
      method,
      headers: { "content-type": MEDIA_TYPES[encoding], ...(o.gzip ? { "content-encoding": "gzip" } : {}), ...o.headers },
      ...(method === "GET" || method === "HEAD" ? {} : { body: sent }),
    });
    const received = Buffer.from(await response.arrayBuffer());
    const type = response.headers.get("content-type");
    return {
      status: response.status,
      headers: response.headers,
      type,
      bytes: received,
      get error() {
        return type === MEDIA_TYPES.protobuf ? decodeStatus(received) : jsonStatus(received);
      },
    };
  }

  call(r: TestReceiver, message: Uint8Array, o: { gzip?: boolean; path?: string } = {}): Promise<GrpcAnswer> {
    this.#drove("gRPC", "grpc-js");
    return grpcClient(this.t, r.grpcAddress, { gzip: o.gzip === true }).call(message, o.path ?? EXPORT_PATH);
  }

  /** The same bytes over HTTP/protobuf and gRPC. */
  async protobuf(r: TestReceiver, message: Uint8Array, o: { gzip?: boolean } = {}): Promise<[Said, Said]> {
    const http = await this.post(r, "protobuf", message, o);
    return [fromHttp("HTTP/protobuf", http), fromGrpc(await this.call(r, message, o))];
  }

  json(r: TestReceiver, text: string | Uint8Array, o: Post = {}): Promise<Said> {
    return this.post(r, "json", text, o).then((answer) => fromHttp("HTTP/JSON", answer));
  }

  /**
   * Six requests that say the same, one after the other: both encodings and gRPC, each with gzip and without.
   * @param make called for each, with a number that makes its ids its own
   */
  async everyWay(r: TestReceiver, make: (way: number) => Request): Promise<Said[]> {
    const said: Said[] = [];
    let way = 0;
    for (const gzip of [false, true]) {
      said.push(...(await this.protobufOnce(r, () => toProtobuf(make(way++)), gzip)));
      said.push(await this.json(r, toJson(make(way++)), { gzip }));
    }
    return said;
  }

  async protobufOnce(r: TestReceiver, make: () => Uint8Array, gzip: boolean): Promise<Said[]> {
    const http = await this.post(r, "protobuf", make(), { gzip });
    return [fromHttp("HTTP/protobuf", http), fromGrpc(await this.call(r, make(), { gzip }))];
  }

  /** Writes bytes to the HTTP port as they are; resolves with everything that came back when it matches or the connection ends. */
  http(r: Pick<TestReceiver, "url">, bytes: string | Buffer, until: RegExp): Promise<string> {
    this.#drove("HTTP/JSON", "raw bytes");
    return new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(r.url).port), "127.0.0.1", () => socket.write(bytes));
      let answer = "";
      const done = (): void => {
        socket.destroy();
        resolve(answer);
      };
      socket.on("data", (chunk) => {
        answer += chunk.toString("latin1");
        if (until.test(answer)) done();
      });
      socket.on("end", done).on("error", reject);
    });
  }

  /** A connection of HTTP/2 to the gRPC port, ended with the test. */
  session(r: Pick<TestReceiver, "grpcAddress">): ClientHttp2Session {
    const session = connectHttp2(`http://${r.grpcAddress}`);
    session.on("error", () => {});
    this.t.after(() => session.destroy());
    return session;
  }

  /** One call whose headers and bytes are made by hand. */
  frames(
    r: Pick<TestReceiver, "grpcAddress">,
    body: Uint8Array,
    headers: Record<string, string> = {},
    session: ClientHttp2Session = this.session(r),
  ): Promise<RawAnswer> {
    this.#drove("gRPC", "raw bytes");
    return new Promise((resolve, reject) => {
      const call = session.request({
        ":method": "POST",
        ":path": EXPORT_PATH,
        "content-type": "application/grpc",
        te: "trailers",
        ...headers,
      });
      let received: IncomingHttpHeaders = {};
      let trailers: IncomingHttpHeaders = {};
      const chunks: Buffer[] = [];
      call.on("response", (head) => (received = head));
      call.on("trailers", (tail) => (trailers = tail));
      call.on("data", (chunk: Buffer) => chunks.push(chunk));
      call.on("error", reject);
      call.on("close", () => {
        const status = Number(trailers["grpc-status"] ?? received["grpc-status"] ?? Number.NaN);
        const message = decodeURIComponent(String(trailers["grpc-message"] ?? received["grpc-message"] ?? ""));
        resolve({ headers: received, trailers, body: Buffer.concat(chunks), status, message });
      });
      if (headers[":method"] !== "GET") call.end(body);
    });
  }

  /** A stock exporter. @param o.retry false: one attempt, for tests of refusals */
  exporter(r: TestReceiver, name: ExporterName, o: { gzip?: boolean; timeoutMillis?: number } = {}): LogRecordExporter {
    const compression = o.gzip ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE;
    const transport = name === "JS grpc" ? "gRPC" : name === "JS http/json" ? "HTTP/JSON" : "HTTP/protobuf";
    this.#drove(transport, o.gzip ? `${name} with gzip` : name);
    const timeout = o.timeoutMillis === undefined ? {} : { timeoutMillis: o.timeoutMillis };
    if (name === "JS grpc")
      return new GrpcExporter({ url: `http://${r.grpcAddress}`, compression: compression as never, ...timeout });
    const options = { url: `${r.url}/v1/logs`, compression, ...timeout };
    return name === "JS http/json" ? new JsonExporter(options) : new ProtobufExporter(options);
  }
}

/** One message as gRPC frames it. */
export function frame(message: Uint8Array, compressed = false): Buffer {
  const head = Buffer.alloc(5);
  head[0] = compressed ? 1 : 0;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** The head of a POST to /v1/logs, with the empty line. */
export function head(length: number | "chunked", more = "", type = "application/json"): string {
  const size = length === "chunked" ? "Transfer-Encoding: chunked" : `Content-Length: ${length}`;
  return `POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\n${size}\r\n${more}\r\n`;
}

function fromHttp(transport: Transport, answer: HttpAnswer): Said {
  const { status: code, bytes, headers } = answer;
  const ok = code === 200;
  const error = ok ? { code: 0, message: "", retrySeconds: undefined } : answer.error;
  const header = headers.get("retry-after");
  const retrySeconds = header === null ? undefined : Number(header);
  if (retrySeconds !== error.retrySeconds) throw new Error(`Retry-After says ${header}, RetryInfo ${error.retrySeconds}`);
  return { transport, ok, code, status: error.code, message: error.message, retrySeconds, bytes };
}

function fromGrpc({ code, details, bytes, status }: GrpcAnswer): Said {
  return {
    transport: "gRPC",
    ok: code === 0,
    code,
    status: code,
    message: details,
    retrySeconds: status?.retrySeconds,
    bytes: bytes ?? Buffer.alloc(0),
  };
}

function jsonStatus(bytes: Buffer): HttpAnswer["error"] {
  const { code, message, details } = JSON.parse(bytes.toString()) as {
    code: number;
    message: string;
    details?: { retryDelay: string }[];
  };
  const delay = details?.[0]?.retryDelay;
  return { code, message, retrySeconds: delay === undefined ? undefined : Number(/^(\d+)s$/.exec(delay)?.[1]) };
}
