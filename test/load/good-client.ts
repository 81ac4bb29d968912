// good-client.ts: a client as it should be: it sends batches over both transports, and again until they are acknowledged.

import type { TestContext } from "node:test";
import { Agent } from "undici";
import { grpcClient } from "../../packages/receiver/test/support/grpc.ts";
import { auditRecord, request, toProtobuf } from "../../packages/receiver/test/support/otlp.ts";

const BATCH = 10;

export class GoodClient {
  readonly #url: string;
  readonly #grpc: ReturnType<typeof grpcClient>;
  readonly #agent = new Agent({ connections: 1, keepAliveTimeout: 60_000 });
  readonly #stop = new AbortController();
  readonly #acknowledged: string[] = [];
  #refused = 0;
  #slowestMs = 0;
  #running: Promise<void> | undefined;

  constructor(t: TestContext, addresses: { http: string; grpc: string }) {
    this.#url = `http://${addresses.http}/v1/logs`;
    this.#grpc = grpcClient(t, addresses.grpc);
  }

  start(): void {
    this.#running = Promise.all([this.#send("http"), this.#send("grpc")]).then(() => {});
  }

  /** Record ids that were acknowledged so far. */
  get acknowledged(): readonly string[] {
    return this.#acknowledged;
  }

  /** How often it was asked to come again, and its longest wait for one batch. */
  get told(): { readonly refused: number; readonly slowestMs: number } {
    return { refused: this.#refused, slowestMs: this.#slowestMs };
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#grpc.close();
    await this.#agent.close();
  }

  async #send(transport: "http" | "grpc"): Promise<void> {
    for (let batch = 0; !this.#stop.signal.aborted; batch++) {
      const ids = Array.from({ length: BATCH }, (_, i) => `${transport}-${batch}-${i}`);
      const body = toProtobuf(request(...ids.map((id) => auditRecord(id))));
      const startedMs = performance.now();
      while (!(await this.#once(transport, body))) {
        this.#refused++;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      this.#slowestMs = Math.max(this.#slowestMs, performance.now() - startedMs);
      this.#acknowledged.push(...ids);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** False when it should come again. @throws {Error} when its records are refused for good */
  async #once(transport: "http" | "grpc", body: Buffer): Promise<boolean> {
    if (transport === "grpc") {
      const { code, details } = await this.#grpc.call(body);
      if (code === 0) return true;
      if (code !== 14 && code !== 4) throw new Error(`refused for good: ${code} ${details}`);
      return false;
    }
    try {
      const response = await this.#agent.request({
        origin: new URL(this.#url).origin,
        path: "/v1/logs",
        method: "POST",
        headers: { "content-type": "application/x-protobuf" },
        body,
      });
      await response.body.dump();
      if (response.statusCode === 200) return true;
      if (response.statusCode !== 503) throw new Error(`refused for good: ${response.statusCode}`);
      return false;
    } catch (error) {
      // The connection was closed under it: nothing was acknowledged.
      if (error instanceof Error && "code" in error) return false;
      throw error;
    }
  }
}
