// log-server.ts: serves a log's folder as a C2SP tlog-tiles log, and lies about any of its files when told to.
import { existsSync, readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { parseTilePath, TILE_WIDTH } from "@proofline/tlog";

export type Lie = Buffer | string | number | ((response: ServerResponse) => void);

export interface LogServer {
  readonly url: string;
  /** The log's folder, and its lines. */
  folder: string;
  lines: readonly string[];
  /** By path: other bytes, a status, or an answer of its own. */
  readonly lies: Map<string, Lie>;
  readonly requests: { path: string; authorization: string | undefined }[];
}

export async function serveLog(t: TestContext, folder: string, lines: readonly string[]): Promise<LogServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").slice("/log/".length);
    log.requests.push({ path, authorization: request.headers.authorization });
    const lie = log.lies.get(path);
    if (typeof lie === "function") return lie(response);
    if (typeof lie === "number") return response.writeHead(lie).end("no\n");
    const bytes = lie ?? fileOf(log, path);
    if (bytes === undefined) return response.writeHead(404).end("no such file\n");
    return response.writeHead(200).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/log`;
  const log: LogServer = { url, folder, lines, lies: new Map(), requests: [] };
  return log;
}

function fileOf({ folder, lines }: LogServer, path: string): Buffer | undefined {
  if (path.startsWith("tile/entries/")) {
    const { index, width } = parseTilePath(path.replace("entries", "0"));
    const wanted = lines.slice(index * TILE_WIDTH, index * TILE_WIDTH + width);
    return wanted.length === width ? bundleOf(wanted) : undefined;
  }
  const file = join(folder, path);
  return existsSync(file) ? readFileSync(file) : undefined;
}

export function bundleOf(lines: readonly string[]): Buffer {
  return Buffer.concat(
    lines.flatMap((line) => {
      const bytes = Buffer.from(line);
      return [Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes];
    }),
  );
}
