// attacks.ts: clients that do what no client should. Each opens what it needs, holds it as long as it is asked to, and lets go.

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
  type IncomingHttpHeaders,
} from "node:http2";
import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { EXPORT_PATH } from "../../packages/receiver/src/grpc/listener.ts";

export interface Target {
  /** `127.0.0.1:PORT` */
  readonly http: string;
  readonly grpc: string;
}

/** What an attack found, for the log, and how to end it. */
export interface Attack {
  readonly said: string;
  release(): void;
}

const MIB = 2 ** 20;
const BODY_BYTES = 64 * MIB;

const portOf = (address: string): number => Number(address.split(":").at(-1));
export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Connections to the HTTP port that each write something. @returns those that stayed open */
async function open(target: Target, count: number, text: string | Buffer): Promise<Socket[]> {
  const sockets: Socket[] = [];
  const one = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(portOf(target.http), "127.0.0.1", () => {
        socket.write(text);
        resolve();
      });
      socket.on("error", () => resolve()).on("close", () => resolve());
      socket.resume();
      sockets.push(socket);
    });
  for (let done = 0; done < count; done += 200) await Promise.all(Array.from({ length: Math.min(200, count - done) }, one));
  await wait(200);
  return sockets.filter((socket) => !socket.destroyed && !socket.closed);
}

const head = (length: number | "chunked", more = "", path = "/v1/logs"): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${length === "chunked" ? "Transfer-Encoding: chunked" : `Content-Length: ${length}`}\r\n${more}\r\n`;

/** Headers, then a body, one byte at a time. */
export async function slowLoris(target: Target, connections: number): Promise<Attack> {
  const headers = await open(target, connections / 2, "POST /v1/logs HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  const bodies = await open(target, connections / 2, `${head(BODY_BYTES)}{"`);
  const sockets = [...headers, ...bodies];
  const drip = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write("x");
  }, 500);
  return {
    said: `${headers.length} with endless headers, ${bodies.length} with slow bodies of 64 MiB`,
    release: () => end(sockets, drip),
  };
}

/** Connections that say nothing, as many as the system lets us have. */
export async function manyConnections(target: Target, connections: number): Promise<Attack> {
  const sockets = await open(target, connections, "");
  return { said: `${sockets.length} of ${connections} connections were kept`, release: () => end(sockets) };
}

/** Whole bodies of 64 MiB of many small values, all at once. @returns how each was answered */
export async function largeBodies(target: Target, count: number): Promise<Attack> {
  const item = '{"attributes":[{"key":"a","value":{"arrayValue":{"values":[{},{"intValue":1},{"stringValue":"x"}]}}}]},';
  const items = Buffer.from(item.repeat(MIB / item.length));
  const open = Buffer.from('{"resourceLogs":[{"scopeLogs":[{"logRecords":[');
  const statuses = await Promise.all(
    Array.from({ length: count }, (_, i) => {
      // Half is one sound request of very many records, half is endless nesting.
      const fill = i % 2 === 0 ? items : Buffer.alloc(MIB, '{"body":[');
      return sendBody(target, [open, ...Array.from({ length: 62 }, () => fill), Buffer.from(i % 2 === 0 ? "{}]}]}]}" : "")]);
    }),
  );
  return { said: `answered ${tally(statuses)}`, release: () => {} };
}

/** Whole bodies of 64 MiB for the audit endpoint, which answers for a request as a whole: a few records of very many small values each. */
export async function largeAuditBodies(target: Target, count: number): Promise<Attack> {
  const values = `{"kvlistValue":{"values":[${'{"key":"a","value":{}},'.repeat(40_000)}{}]}}`;
  const record = Buffer.from(`{"eventName":"e","attributes":[{"key":"a","value":${values}}]},`);
  const records = Array.from({ length: Math.floor((BODY_BYTES - MIB) / record.length) }, () => record);
  const [open, close] = [Buffer.from('{"resourceLogs":[{"scopeLogs":[{"logRecords":['), Buffer.from("{}]}]}]}")];
  const statuses = await Promise.all(
    Array.from({ length: count }, () => sendBody(target, [open, ...records, close], "", "/v1/audit")),
  );
  return { said: `answered ${tally(statuses)}`, release: () => {} };
}

/** Gzip that inflates to more than is allowed, and gzip that stays just below it. */
export async function zipBombs(target: Target, count: number): Promise<Attack> {
  const said: string[] = [];
  for (const mib of [200, 60]) {
    const bomb = gzipSync(Buffer.alloc(mib * MIB, " "), { level: 9 });
    const statuses = await Promise.all(
      Array.from({ length: count }, () => sendBody(target, [bomb], "Content-Encoding: gzip\r\n")),
    );
    const session = connectHttp2(`http://${target.grpc}`);
    session.on("error", () => {});
    const gzip = { "grpc-encoding": "gzip" };
    const calls = await Promise.all(Array.from({ length: count }, () => status(startCall(session, frame(bomb, true), gzip))));
    session.destroy();
    said.push(`${Math.round(bomb.length / 1024)} KiB for ${mib} MiB: HTTP ${tally(statuses)}, gRPC ${tally(calls)}`);
  }
  return { said: said.join("; "), release: () => {} };
}

/** Asks and asks on one connection, and never reads what it is told. */
export async function unreadAnswers(target: Target, connections: number): Promise<Attack> {
  const sockets: Socket[] = [];
  const text = `GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(300);
  for (let i = 0; i < connections; i++) {
    const socket = connect(portOf(target.http), "127.0.0.1", () => socket.write(text));
    sockets.push(socket.on("error", () => {}).pause());
  }
  const session = connectHttp2(`http://${target.grpc}`, { settings: { initialWindowSize: 0 } });
  session.on("error", () => {});
  for (let i = 0; i < 200; i++) startCall(session, frame(Buffer.alloc(0)));
  await wait(1_000);
  return {
    said: `${connections} connections of 300 questions each, and a window of nothing on gRPC`,
    release: () => {
      end(sockets);
      session.destroy();
    },
  };
}

/** Calls on many gRPC connections that announce much, send a little and never end; and ones that send without end. */
export async function endlessStreams(target: Target, connections: number, callsEach: number): Promise<Attack> {
  const sessions: ClientHttp2Session[] = [];
  const calls: ClientHttp2Stream[] = [];
  const announced = Buffer.concat([Uint8Array.of(0, 0x04, 0, 0, 0), Buffer.alloc(1_000)]);
  for (let i = 0; i < connections; i++) {
    const session = connectHttp2(`http://${target.grpc}`);
    session.on("error", () => {});
    sessions.push(session);
    for (let j = 0; j < callsEach; j++) calls.push(startCall(session, announced, {}, false));
    if (i % 20 === 19) await wait(50);
  }
  let sentBytes = 0;
  const chunk = Buffer.alloc(64 * 1024);
  const push = setInterval(() => {
    for (const call of calls.slice(0, 400)) {
      if (call.destroyed || call.writableNeedDrain) continue;
      call.write(chunk);
      sentBytes += chunk.length;
    }
  }, 20);
  await wait(6_000);
  clearInterval(push);
  const open = calls.filter((call) => !call.destroyed && !call.closed).length;
  return {
    said: `${calls.length} calls on ${sessions.length} connections, ${Math.round(sentBytes / MIB)} MiB sent, ${open} still open`,
    release: () => {
      for (const session of sessions) session.destroy();
    },
  };
}

function end(sockets: readonly Socket[], timer?: NodeJS.Timeout): void {
  clearInterval(timer);
  for (const socket of sockets) socket.destroy();
}

/** POSTs pieces one after the other as the socket takes them. @returns the status, or why there was none */
function sendBody(target: Target, pieces: readonly Buffer[], more = "", path = "/v1/logs"): Promise<string> {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return new Promise((resolve) => {
    const socket = connect(portOf(target.http), "127.0.0.1", () => void send());
    let answer = "";
    const done = (): void => {
      resolve(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? "closed");
      socket.destroy();
    };
    const send = async (): Promise<void> => {
      socket.write(head(length, `Connection: close\r\n${more}`, path));
      for (const piece of pieces) {
        if (socket.destroyed || answer !== "") return;
        if (!socket.write(piece)) await new Promise<void>((go) => onceEither(socket, go));
      }
    };
    socket.on("data", (bytes) => {
      answer += bytes.toString("latin1");
      if (answer.includes("\r\n\r\n")) done();
    });
    socket.on("close", done).on("error", done);
  });
}

function onceEither(socket: Socket, go: () => void): void {
  const one = (): void => {
    socket.off("drain", one).off("close", one);
    go();
  };
  socket.on("drain", one).on("close", one);
}

function frame(message: Buffer, compressed = false): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function startCall(
  session: ClientHttp2Session,
  bytes: Buffer,
  more: Record<string, string> = {},
  whole = true,
): ClientHttp2Stream {
  const call = session.request({
    ":method": "POST",
    ":path": EXPORT_PATH,
    "content-type": "application/grpc",
    te: "trailers",
    ...more,
  });
  call.on("error", () => {});
  call.write(bytes);
  if (whole) call.end();
  return call;
}

function status(call: ClientHttp2Stream): Promise<string> {
  return new Promise((resolve) => {
    let found = "closed";
    const look = (headers: IncomingHttpHeaders): void => {
      const said = headers["grpc-status"];
      if (typeof said === "string") found = said;
    };
    call.on("response", look).on("trailers", look).resume();
    call.on("close", () =>
      resolve(found === "closed" && call.rstCode !== constants.NGHTTP2_NO_ERROR ? `reset ${call.rstCode}` : found),
    );
  });
}

function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${count} × ${word}`).join(", ");
}
