// listener.ts: OTLP/gRPC: one unary method on HTTP/2 as Node has it. Every byte of a message is counted while it comes, which a library
// that hands over whole messages cannot do. What happens to records is the intake's. Source: OTLP specification 1.11, "OTLP/gRPC".

import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from "node:http2";
import type { Address } from "../config/units.ts";
import { maxConnections } from "../http/connections.ts";
import type { Listener } from "../http/listening.ts";
import { SUCCESS_PROTOBUF } from "../otlp/status.ts";
import type { Gate } from "../pipeline/gate.ts";
import type { Intake } from "../pipeline/intake.ts";
import { HANDSHAKE_TIMEOUT_MS, type ServerTls } from "../tls/server-tls.ts";
import { answerCall, type CallOptions, type Method } from "./call.ts";

export const EXPORT_PATH = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

export interface GrpcOptions extends Omit<CallOptions, "refusal"> {
  readonly gate: Gate;
  readonly intake: Intake;
  /** What else is served on this port, by path. */
  readonly methods: ReadonlyMap<string, Method>;
  /** Undefined: clear text. */
  readonly tls: ServerTls | undefined;
}

/** A connection of HTTP/2 costs some 50 KB; further ones are closed at once, and their clients come again. */
const MAX_CONNECTIONS = 1_000;
/** Of what the system allows all listeners together. */
const SHARE = 0.3;
/** Without a limit one connection could open streams without end; clients queue what is beyond. */
const MAX_STREAMS_A_CONNECTION = 256;
/** What a client may send ahead of our reading, a call and a connection. */
const WINDOW_BYTES = 1024 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;
/** What one connection may make us hold beside messages, such as answers that it does not read. In MB, as Node counts it. */
const MAX_SESSION_MEMORY_MB = 2;
/** From the connection to the client's first settings. */
const PREFACE_TIMEOUT_MS = 30_000;
/** Of net.Server, which the types of HTTP/2 leave out. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 60_000 };

export async function listenGrpc(address: Address, o: GrpcOptions): Promise<Listener> {
  const methods: ReadonlyMap<string, Method> = new Map<string, Method>([
    ...o.methods,
    [
      EXPORT_PATH,
      async (message, _headers, _stream, writer) => {
        await o.intake.take(message, "protobuf", "grpc", writer);
        return SUCCESS_PROTOBUF;
      },
    ],
  ]);
  const options: CallOptions = { ...o, refusal: () => o.gate.refusal() };
  const server = listener(o.tls, {
    maxSessionMemory: MAX_SESSION_MEMORY_MB,
    settings: {
      enablePush: false,
      initialWindowSize: WINDOW_BYTES,
      maxConcurrentStreams: MAX_STREAMS_A_CONNECTION,
      maxHeaderListSize: MAX_HEADER_BYTES,
    },
  });
  server.maxConnections = maxConnections(MAX_CONNECTIONS, SHARE);
  const sessions = new Set<ServerHttp2Session>();
  // Connections are neither aged out nor pinged: a GOAWAY in the middle of an export costs JavaScript clients the export.
  server.on("session", (session) => {
    sessions.add(session);
    session.setLocalWindowSize(WINDOW_BYTES);
    const greeting = setTimeout(() => session.destroy(), PREFACE_TIMEOUT_MS);
    session.once("remoteSettings", () => clearTimeout(greeting));
    session.once("close", () => {
      clearTimeout(greeting);
      sessions.delete(session);
    });
    // A client that breaks the protocol or its connection is no news.
    session.on("error", () => {});
  });
  server.on("sessionError", () => {});
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const method = headers[":method"] === "POST" ? methods.get(headers[":path"] ?? "") : undefined;
    void o.gate.hold(() => answerCall(stream, headers, method, options));
  });
  const port = await listen(server, address);
  return { address: { host: address.host, port }, close: (signal) => close(server, sessions, signal) };
}

function listener(tls: ServerTls | undefined, options: ServerOptions): Http2Server | Http2SecureServer {
  if (tls === undefined) return createServer({ ...options, ...KEEP_ALIVE });
  const { context } = tls.material;
  const server = createSecureServer({
    ...options,
    ...KEEP_ALIVE,
    ...context,
    ...tls.clientCertificates,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  });
  tls.addServer((next) => server.setSecureContext(next));
  // A client whose handshake fails is no news; without a listener it would be thrown.
  server.on("secureConnection", (socket) => socket.on("error", () => {}));
  return server;
}

function listen(server: Http2Server | Http2SecureServer, { host, port }: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : port);
    });
  });
}

/** Each session ends after the calls that it has begun; its client is told which those are, and sends the others elsewhere. */
function close(
  server: Http2Server | Http2SecureServer,
  sessions: ReadonlySet<ServerHttp2Session>,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const cut = (): void => {
      for (const session of sessions) session.destroy();
    };
    signal.addEventListener("abort", cut);
    server.close(() => {
      signal.removeEventListener("abort", cut);
      resolve();
    });
    for (const session of sessions) session.close();
    if (signal.aborted) cut();
  });
}
