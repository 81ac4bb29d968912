// upstream-server.ts: another OTLP/HTTP endpoint for tests: keeps what came, and answers what it is told to.

import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

export interface Came {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

export interface UpstreamServer {
  readonly url: string;
  readonly came: Came[];
  /** What is answered from now on; a promise keeps the client waiting. */
  answer: (came: Came) => Answer | Promise<Answer>;
  close(): Promise<void>;
}

export async function startUpstream(t: TestContext): Promise<UpstreamServer> {
  const came: Came[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("error", () => {});
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const one = { path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks) };
      came.push(one);
      void Promise.resolve(upstream.answer(one)).then(({ status, headers, body }) =>
        response.writeHead(status, headers).end(body),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const upstream: UpstreamServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    came,
    answer: ({ headers }) => ({
      status: 200,
      headers: { "content-type": headers["content-type"] },
      body: headers["content-type"] === "application/json" ? "{}" : "",
    }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  t.after(() => upstream.close());
  return upstream;
}
