// upstream.ts: one OTLP/HTTP endpoint elsewhere: bytes to it and its answer back, unchanged, bounded in number, time and size. Knows
// no signal. Source: OTLP specification 1.11, "OTLP/HTTP".

import { Agent, type Dispatcher, request } from "undici";
import { RequestError } from "../otlp/failure.ts";

export interface UpstreamOptions {
  readonly url: string;
  /** Value of the Authorization header. What the client sent is for us, and goes no further. */
  readonly authorization: string | undefined;
  readonly timeoutMs: number;
  /** Requests under way at a time; each has a connection of its own. */
  readonly maxConcurrent: number;
  /** undefined: connections of its own. */
  readonly dispatcher: Dispatcher | undefined;
}

export interface Message {
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly contentEncoding: string | undefined;
}

export interface UpstreamAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly retryAfter: string | undefined;
  readonly body: Buffer;
}

/** OTLP's recommendation for what a client must be ready to read. */
const MAX_ANSWER_BYTES = 4 << 20;

export class Upstream {
  readonly #o: UpstreamOptions;
  readonly #own: Agent | undefined;
  #underWay = 0;

  constructor(o: UpstreamOptions) {
    this.#o = o;
    this.#own = o.dispatcher === undefined ? new Agent({ connections: o.maxConcurrent, pipelining: 1 }) : undefined;
  }

  /**
   * @param gone the client does not wait any more
   * @throws {RequestError} busy; upstream_down, when there was no whole answer in time
   */
  async send(message: Message, gone: AbortSignal): Promise<UpstreamAnswer> {
    if (this.#underWay >= this.#o.maxConcurrent) throw new RequestError("busy", "too many requests are being passed on");
    this.#underWay++;
    try {
      return await this.#send(message, AbortSignal.any([gone, AbortSignal.timeout(this.#o.timeoutMs)]));
    } catch (error) {
      throw new RequestError("upstream_down", "the endpoint that this signal is passed on to did not answer", { cause: error });
    } finally {
      this.#underWay--;
    }
  }

  async #send({ body, contentType, contentEncoding }: Message, signal: AbortSignal): Promise<UpstreamAnswer> {
    const { url, authorization, timeoutMs, dispatcher } = this.#o;
    const answer = await request(url, {
      method: "POST",
      headers: {
        "content-type": contentType,
        "accept-encoding": "identity",
        ...(contentEncoding === undefined ? {} : { "content-encoding": contentEncoding }),
        ...(authorization === undefined ? {} : { authorization }),
      },
      body,
      signal,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      dispatcher: (dispatcher ?? this.#own)!,
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      // Leaving the loop ends the connection.
      if (bytes > MAX_ANSWER_BYTES) throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
      chunks.push(chunk);
    }
    const header = (name: string): string | undefined => [answer.headers[name]].flat()[0];
    return {
      status: answer.statusCode,
      contentType: header("content-type"),
      contentEncoding: header("content-encoding"),
      retryAfter: header("retry-after"),
      body: Buffer.concat(chunks, bytes),
    };
  }

  /** Ends its own connections. */
  async close(): Promise<void> {
    await this.#own?.destroy();
  }
}
