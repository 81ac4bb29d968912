// connection.ts: one POST or GET to a store and its whole answer, bounded in time and size. Retries nothing, follows nothing.

import { type Dispatcher, Pool } from "undici";

export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** Its beginning. */
  readonly body: Buffer;
}

export interface HttpConnectionOptions {
  /** `https://host:port` */
  readonly origin: string;
  /** For connecting, for the answer's head, and for its body; each. */
  readonly timeoutMs: number;
  /** Certificates, PEM, in place of the system's. */
  readonly ca?: string;
  /** In place of connections of its own. Closed by its owner. */
  readonly dispatcher?: Dispatcher;
}

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal: AbortSignal;
  /** How much of the answer is kept, and how much of it may come at all. */
  readonly keepBytes: number;
  readonly maxBytes: number;
}

export interface HttpConnection {
  /** @throws what the network threw; the message says why */
  request(o: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export function openConnection(o: HttpConnectionOptions): HttpConnection {
  const connect = { timeout: o.timeoutMs, ...(o.ca === undefined ? {} : { ca: o.ca }) };
  const pool = o.dispatcher ?? new Pool(o.origin, { connections: 2, connect });
  return {
    async request({ method, path, headers, body, signal, keepBytes, maxBytes }) {
      const response = await pool.request({
        ...{ origin: o.origin, path, method, headers, signal },
        ...(body === undefined ? {} : { body }),
        headersTimeout: o.timeoutMs,
        bodyTimeout: o.timeoutMs,
      });
      const kept = await readBounded(response.body, keepBytes, maxBytes);
      const retryAfter = response.headers["retry-after"];
      return { status: response.statusCode, retryAfter: typeof retryAfter === "string" ? retryAfter : undefined, body: kept };
    },
    async close() {
      if (o.dispatcher === undefined) await pool.destroy();
    },
  };
}

/** The whole body is read, so that the connection can be used again, but only its beginning is kept. */
async function readBounded(body: AsyncIterable<Buffer>, keepBytes: number, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    if (length < keepBytes) chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
  }
  return Buffer.concat(chunks).subarray(0, keepBytes);
}

/** What the network said, for a log line. */
export function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return "no answer";
  const code = (error as NodeJS.ErrnoException).code;
  return code === undefined || error.message.includes(code) ? error.message : `${code} ${error.message}`;
}
