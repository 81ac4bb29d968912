// route.ts: GET /tlog/<log>/…: the log as a C2SP tlog-tiles log, read-only, for other people's verifiers. Checkpoint and tiles are
// hashes; entry bundles are the lines themselves, and have a switch of their own. Source: c2sp.org/tlog-tiles.

import { hash } from "node:crypto";
import type { Ledger } from "@proofline/ledger";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { writerOf } from "../http/authenticate.ts";
import type { ExchangeOptions } from "../http/exchange.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { readEntryBundle } from "./entry-bundle.ts";
import { type ReadPace, TooManyReaders } from "./pace.ts";
import { isFull, type LogFile, parseLogPath } from "./path.ts";
import { publishedWidth, type TileSource } from "./published-tiles.ts";

export interface ServeLogOptions {
  readonly ledger: Pick<Ledger, "name" | "checkpoint" | "read">;
  readonly tiles: TileSource;
  readonly pace: ReadPace;
  /** Whether the lines are served, too. */
  readonly entries: boolean;
  /** Writers that may read, where credentials are asked for. */
  readonly readers: readonly string[];
  /** Whether a request must show a credential. */
  readonly credentialsNeeded: () => boolean;
}

export const LOG_PREFIX = "/tlog/";

const TEXT = "text/plain; charset=utf-8";
/** Full tiles and bundles never change. Not `public`: to a request with credentials a shared cache must not answer for others. */
const FOR_EVER = "max-age=31536000, immutable";
/** A partial one never changes either; but soon nobody asks for it any more. */
const FOR_A_WHILE = "max-age=300";
const FOR_A_MOMENT = "max-age=1";
/** A reader that takes longer for one answer is cut off: it would hold its bytes in memory for ever. */
const ANSWER_TIMEOUT_MS = 60_000;

export function addLogFiles(app: FastifyInstance, o: ExchangeOptions, log: ServeLogOptions): void {
  app.get<{ Params: { "*": string } }>(`${LOG_PREFIX}*`, async (request, reply) => {
    const file = parseLogPath(request.params["*"], log.ledger.name);
    const what = file?.what ?? "none";
    const send = await answer(request, reply, file, o, log);
    const sent = send();
    o.metrics.count("logReads", 1, { what, code: String(reply.statusCode) });
    return sent;
  });
}

/** Gives back what sends the answer: a reply must not be awaited, for it resolves when the client has read it. */
async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  file: LogFile | undefined,
  o: ExchangeOptions,
  log: ServeLogOptions,
): Promise<() => FastifyReply> {
  const say = (status: number, text: string) => () => reply.code(status).type(TEXT).send(`${text}\n`);
  if (log.credentialsNeeded() && !log.readers.includes(writerOf(request))) return say(403, "not one of serve_log.readers");
  if (file === undefined) return say(404, `not a file of the log ${log.ledger.name}`);
  if (file.what === "entries" && !log.entries) return say(404, "entries are not served here: serve_log.entries is false");
  try {
    if (o.gate.state === "stopping" || o.gate.state === "failed") throw new TooManyReaders("the receiver is stopping");
    const read = await log.pace.read(() => readFile(file, log));
    if (read === undefined) return say(404, "not covered by the newest checkpoint");
    releaseAfter(reply, () => read.held.close());
    return () => sendFile(request, reply, file, read.bytes, o.metrics);
  } catch (error) {
    if (error instanceof TooManyReaders) {
      reply.header("retry-after", "1");
      return say(503, error.message);
    }
    o.log.error({ err: error, what: file.what }, "a file of the log could not be read");
    return say(500, "this file of the log could not be read; the receiver's own log says why");
  }
}

function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: LogFile,
  bytes: Uint8Array,
  metrics: Metrics,
): FastifyReply {
  reply.header("cache-control", isFull(file) ? FOR_EVER : file.what === "checkpoint" ? FOR_A_MOMENT : FOR_A_WHILE);
  const tag = `"${hash("sha256", bytes, "base64url").slice(0, 22)}"`;
  reply.header("etag", tag).type(file.what === "checkpoint" ? TEXT : "application/octet-stream");
  if (hasTag(request.headers["if-none-match"], tag)) return reply.code(304).send();
  if (request.method === "GET") metrics.count("logReadBytes", bytes.length, { what: file.what });
  return reply.send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

async function readFile(file: LogFile, { ledger, tiles }: ServeLogOptions): Promise<Uint8Array | undefined> {
  switch (file.what) {
    case "checkpoint":
      return Buffer.from(ledger.checkpoint.note);
    case "tile":
      return await tiles.read(file.tile);
    case "entries": {
      if (publishedWidth({ level: 0, index: file.index }, ledger.checkpoint.size) < file.width) return undefined;
      return await readEntryBundle(ledger, file.index, file.width);
    }
  }
}

function releaseAfter(reply: FastifyReply, release: () => void): void {
  const late = setTimeout(() => reply.raw.destroy(), ANSWER_TIMEOUT_MS);
  reply.raw.once("close", () => {
    clearTimeout(late);
    release();
  });
}

function hasTag(header: string | undefined, tag: string): boolean {
  const named = header?.split(",").map((one) => one.trim().replace(/^W\//, "")) ?? [];
  return named.includes(tag) || named.includes("*");
}
