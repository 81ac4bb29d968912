// loki.ts: a real Loki in a folder and on ports of its own, with the configuration beside its recipe.

import { join } from "node:path";
import { answersOk, freePorts, type RunningProcess, spawnProcess, waitFor } from "./process.ts";

export interface RealLoki {
  readonly url: string;
  /** Ends it hard, as a crash does; its folder stays. */
  kill(): Promise<void>;
  /** Starts it again on the same folder and port. */
  start(): Promise<void>;
  /** Ends it in order and starts it again. Its queriers cache deletes for minutes; a new process does not. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  push(streams: readonly { stream: Record<string, string>; values: unknown[] }[]): Promise<{ status: number; text: string }>;
  /** All entries of a selector from `startNs` on, by time. */
  readAll(query: string, startNs: bigint, endNs: bigint): Promise<{ ts: bigint; line: string }[]>;
  /** Hides what the query matches between two times, in seconds as Loki wants them. */
  deleteLines(query: string, startNs: bigint, endNs: bigint): Promise<void>;
}

/** Loki's own limit is 5000, but a page of more than 4 MiB is a 500, and that is fewer lines than it sounds. */
const PAGE = 1000;

/** @param o.flags after those for the ports; a flag wins over the file */
export async function startLoki(o: { binary: string; folder: string; flags?: readonly string[] }): Promise<RealLoki> {
  const config = join(import.meta.dirname, "..", "..", "real", "peers", "loki", "loki.yaml");
  const [http, grpc] = await freePorts(2);
  const url = `http://127.0.0.1:${http}`;
  const args = [
    `-config.file=${config}`,
    `-server.http-listen-port=${http}`,
    `-server.grpc-listen-port=${grpc}`,
    ...(o.flags ?? []),
  ];
  let child: RunningProcess | undefined;
  const start = async (): Promise<void> => {
    const started = spawnProcess(o.binary, args, { cwd: o.folder });
    child = started;
    await waitFor("Loki to be ready", async () => {
      if (started.ended) throw new Error(`Loki ended: ${started.output().slice(-500)}`);
      return answersOk(`${url}/ready`);
    });
  };
  const page = async (query: string, from: bigint, to: bigint): Promise<{ ts: bigint; line: string }[]> => {
    const parameters = new URLSearchParams({
      query,
      start: String(from),
      end: String(to),
      limit: String(PAGE),
      direction: "forward",
    });
    const response = await fetch(`${url}/loki/api/v1/query_range?${parameters.toString()}`);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`Loki answered ${response.status} to ${query}: ${text.slice(0, 300)}`);
    const { data } = JSON.parse(text) as { data: { result: { values: [string, string][] }[] } };
    return data.result
      .flatMap(({ values }) => values.map(([ts, line]) => ({ ts: BigInt(ts), line })))
      .sort((a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0));
  };
  await start();
  return {
    url,
    start,
    async kill() {
      await child?.stop("SIGKILL");
    },
    async stop() {
      await child?.stop();
    },
    async restart() {
      await child?.stop();
      await start();
    },
    async push(streams) {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${url}/loki/api/v1/push`, { method: "POST", headers, body: JSON.stringify({ streams }) });
      return { status: response.status, text: (await response.text()).trim() };
    },
    async readAll(query, startNs, endNs) {
      const all: { ts: bigint; line: string }[] = [];
      for (let from = startNs; ; ) {
        const entries = await page(query, from, endNs);
        all.push(...entries);
        if (entries.length < PAGE) return all;
        from = entries.at(-1)!.ts + 1n;
      }
    },
    async deleteLines(query, startNs, endNs) {
      const seconds = (ns: bigint): string => String(ns / 1_000_000_000n);
      const parameters = new URLSearchParams({ query, start: seconds(startNs), end: seconds(endNs) });
      const response = await fetch(`${url}/loki/api/v1/delete?${parameters.toString()}`, { method: "POST" });
      if (response.status !== 204) throw new Error(`Loki answered ${response.status} to a delete: ${await response.text()}`);
    },
  };
}
