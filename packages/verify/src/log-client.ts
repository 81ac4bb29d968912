// log-client.ts: fetches a log's files over HTTP, within limits of size and time whatever the server does. Knows C2SP paths, no lines and no
// hashes. Source: c2sp.org/tlog-tiles.

import { setTimeout as pause } from "node:timers/promises";
import { type Tile, tilePath } from "@proofline/tlog";
import { VerifyError } from "./errors.ts";

/** What is used of a fetch function. */
export type LogFetch = (
  url: string,
  init: { headers: Record<string, string>; signal: AbortSignal; redirect: "follow" },
) => Promise<LogResponse>;

export interface LogResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** Decoded from any content encoding. */
  readonly body: AsyncIterable<Uint8Array> | null;
}

export interface LogClientOptions {
  /** Of the log: `<url>/checkpoint` is its checkpoint. User and password in it become a header. */
  readonly url: string;
  /** A bearer token. */
  readonly token?: string | undefined;
  readonly fetch?: LogFetch | undefined;
  /** Pauses before a request that failed is made again; as many tries as there are pauses, and one. */
  readonly retryDelaysMs?: readonly number[] | undefined;
  /** For one answer, to its last byte. */
  readonly timeoutMs?: number | undefined;
}

const RETRY_DELAYS_MS = [250, 1_000, 3_000];
const TIMEOUT_MS = 30_000;
/** A server may ask for a longer pause than ours; a hostile one for a very long one. */
const MAX_PAUSE_MS = 10_000;
const MAX_NOTE_BYTES = 1_000_000;
const MAX_TILE_BYTES = 256 * 32;
/** 256 of the longest entries, each with its length. */
const MAX_BUNDLE_BYTES = 256 * (2 + 65_535);
const PASSING = new Set([408, 425, 429]);

export class LogClient {
  readonly #o: LogClientOptions;
  readonly #base: string;
  readonly #closed = new AbortController();
  readonly #headers: Record<string, string> = { "accept-encoding": "gzip, identity" };

  /** @throws {VerifyError} UNREACHABLE when the URL is none */
  constructor(o: LogClientOptions) {
    this.#o = o;
    const url = URL.canParse(o.url) ? new URL(o.url) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw new VerifyError("UNREACHABLE", {
        message: "not a URL",
        expected: "a URL as https://logs.example/tlog/NAME",
        where: o.url.replace(/\/\/[^/@]*@/, "//"),
      });
    }
    if (o.token !== undefined) this.#headers.authorization = `Bearer ${o.token}`;
    else if (url.username !== "") {
      const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
      this.#headers.authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
    }
    url.username = "";
    url.password = "";
    url.search = "";
    url.hash = "";
    this.#base = url.href.replace(/\/+$/, "");
  }

  /** The URL without credentials: for messages. */
  get url(): string {
    return this.#base;
  }

  /** Gives up what is under way. */
  close(): void {
    this.#closed.abort(new Error("no longer wanted"));
  }

  tileUrl(tile: Tile): string {
    return `${this.#base}/${tilePath(tile)}`;
  }

  bundleUrl(index: number, width: number): string {
    return `${this.#base}/${bundlePath(index, width)}`;
  }

  /** @throws {VerifyError} UNREACHABLE, BAD_ANSWER; NO_LOG when there is none */
  async checkpoint(): Promise<Buffer> {
    const bytes = await this.#get("checkpoint", MAX_NOTE_BYTES);
    if (bytes !== undefined) return bytes;
    const where = `${this.#base}/checkpoint`;
    throw new VerifyError("NO_LOG", { message: "404, no such file", expected: "a log's checkpoint", where });
  }

  /** A tile's bytes, as they were sent; of the full tile when the partial one is gone. @throws {VerifyError} UNREACHABLE, BAD_ANSWER */
  async tile(tile: Tile): Promise<{ tile: Tile; bytes: Buffer } | undefined> {
    for (const width of new Set([tile.width, 256])) {
      const asked = { ...tile, width };
      const bytes = await this.#get(tilePath(asked), MAX_TILE_BYTES);
      if (bytes !== undefined) return { tile: asked, bytes };
    }
    return undefined;
  }

  /** The bytes of an entry bundle, or of the full one that it became. @throws {VerifyError} UNREACHABLE, BAD_ANSWER */
  async bundle(index: number, width: number): Promise<{ width: number; bytes: Buffer } | undefined> {
    for (const asked of new Set([width, 256])) {
      const bytes = await this.#get(bundlePath(index, asked), MAX_BUNDLE_BYTES);
      if (bytes !== undefined) return { width: asked, bytes };
    }
    return undefined;
  }

  /** @returns undefined when there is no such file */
  async #get(path: string, mostBytes: number): Promise<Buffer | undefined> {
    const { timeoutMs = TIMEOUT_MS, retryDelaysMs = RETRY_DELAYS_MS } = this.#o;
    const url = `${this.#base}/${path}`;
    const fetch: LogFetch = this.#o.fetch ?? ((await import("undici")).fetch as unknown as LogFetch);
    for (let tried = 0; ; tried++) {
      const delayMs = retryDelaysMs[tried];
      let asked = 0;
      try {
        const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#closed.signal]);
        const response = await fetch(url, { headers: this.#headers, signal, redirect: "follow" });
        if (response.status === 200) return await readBody(response, mostBytes, url);
        await discard(response);
        if (response.status === 404 || response.status === 410) return undefined;
        const mayPass = response.status >= 500 || PASSING.has(response.status);
        if (!mayPass || delayMs === undefined) throw unreachable(url, `status ${response.status}`);
        asked = Number(response.headers.get("retry-after") ?? 0) * 1_000;
      } catch (error) {
        if (error instanceof VerifyError) throw error;
        if (this.#closed.signal.aborted) throw unreachable(url, "no longer wanted", error);
        if (delayMs === undefined) throw unreachable(url, reasonOf(error), error);
      }
      await pause(Math.min(MAX_PAUSE_MS, Math.max(delayMs, asked || 0)), undefined, { signal: this.#closed.signal }).catch(
        () => undefined,
      );
    }
  }
}

function bundlePath(index: number, width: number): string {
  return tilePath({ level: 0, index, width }).replace("tile/0/", "tile/entries/");
}

/** The limit is held while the body comes in: what it says of its own length is not believed. */
async function readBody({ body }: LogResponse, mostBytes: number, where: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body ?? []) {
    length += part.length;
    if (length > mostBytes)
      throw new VerifyError("BAD_ANSWER", { message: "more", expected: `at most ${mostBytes} bytes`, where });
    parts.push(part);
  }
  return Buffer.concat(parts, length);
}

/** An answer that is not read keeps its connection. */
async function discard({ body }: LogResponse): Promise<void> {
  for await (const _ of body ?? []) break;
}

function unreachable(where: string, message: string, cause?: unknown): VerifyError {
  return new VerifyError("UNREACHABLE", { message, expected: "an answer", where, cause });
}

/** fetch says "fetch failed" and keeps the reason in `cause`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code || error.message : error.message;
}
