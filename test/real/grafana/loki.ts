// loki.ts: a real Loki that runs deploy/loki/single-binary.yaml itself, with rules of the scenario's choice. What differs from the file is
// said in flags: ports, how soon it is ready, and how old lines may be.

import { join } from "node:path";
import { answersOk, freePorts, spawnProcess, waitFor } from "../../support/peers/process.ts";
import type { Context } from "../lane.ts";

export const DEPLOY: string = join(import.meta.dirname, "..", "..", "..", "deploy");

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** The last value of a metric. */
  readonly value: number;
}
export interface Entry {
  readonly labels: Readonly<Record<string, string>>;
  readonly line: string;
}
export type Answer =
  | { readonly kind: "series"; readonly series: Series[] }
  | { readonly kind: "entries"; readonly entries: Entry[] };

export class DeployedLoki {
  readonly url: string;

  private constructor(url: string) {
    this.url = url;
  }

  static async start(
    context: Context,
    o: { binary: string; config?: string; rules?: string; flags?: readonly string[]; env?: Readonly<Record<string, string>> },
  ): Promise<DeployedLoki> {
    const [http, grpc] = await freePorts(2);
    const args = [
      "-config.expand-env=true",
      `-config.file=${join(DEPLOY, "loki", o.config ?? "single-binary.yaml")}`,
      `-server.http-listen-port=${http}`,
      `-server.grpc-listen-port=${grpc}`,
      "-ingester.min-ready-duration=0s",
      "-validation.reject-old-samples.max-age=30d",
      "-runtime-config.reload-period=1s",
      ...(o.flags ?? []),
    ];
    const env = {
      LOKI_DATA: join(context.folder, "loki"),
      LOKI_RULES: o.rules ?? join(DEPLOY, "loki", "rules"),
      LOKI_OVERRIDES: join(DEPLOY, "loki", "overrides.yaml"),
      ...o.env,
    };
    const child = spawnProcess(o.binary, args, { cwd: context.folder, env });
    context.defer(() => child.stop());
    const url = `http://127.0.0.1:${http}`;
    await waitFor("Loki to be ready", () => {
      if (child.ended) throw new Error(`Loki ended: ${child.output().slice(-800)}`);
      return answersOk(`${url}/ready`);
    });
    return new DeployedLoki(url);
  }

  /** Asks as Grafana does, for one step at `atNs`; lines of the hour before it. @throws what Loki says against the query */
  async ask(query: string, atNs: bigint): Promise<Answer> {
    const isLog = query.startsWith("{");
    const parameters = new URLSearchParams({
      query,
      start: String(isLog ? atNs - 3_600_000_000_000n : atNs),
      end: String(atNs),
      step: "60",
      limit: "1000",
    });
    const text = await this.#get(`/loki/api/v1/query_range?${parameters.toString()}`, query);
    const { data } = JSON.parse(text) as {
      data: {
        resultType: string;
        result: { metric: Record<string, string>; stream: Record<string, string>; values: [string | number, string][] }[];
      };
    };
    if (data.resultType === "matrix") {
      return {
        kind: "series",
        series: data.result.map(({ metric, values }) => ({ labels: metric, value: Number(values.at(-1)![1]) })),
      };
    }
    return {
      kind: "entries",
      entries: data.result.flatMap(({ stream, values }) => values.map(([, line]) => ({ labels: stream, line }))),
    };
  }

  async rules(): Promise<{ name: string; state: string; health: string; lastEvaluation: string; lastError?: string }[]> {
    const text = await this.#get("/prometheus/api/v1/rules", "the rules");
    const { data } = JSON.parse(text) as { data: { groups: { rules: Awaited<ReturnType<DeployedLoki["rules"]>> }[] } };
    return data.groups.flatMap(({ rules }) => rules);
  }

  async push(stream: Readonly<Record<string, string>>, lines: readonly string[], atNs: bigint): Promise<void> {
    const values = lines.map((line, i) => [String(atNs + BigInt(i)), line]);
    const response = await fetch(`${this.url}/loki/api/v1/push`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ streams: [{ stream, values }] }),
    });
    if (response.status !== 204) throw new Error(`Loki answered ${response.status} to a push: ${await response.text()}`);
  }

  /** Asks for the deletion of the last minute's lines. */
  async remove(): Promise<{ status: number; text: string }> {
    const end = Math.floor(Date.now() / 1000) - 1;
    const parameters = new URLSearchParams({ query: '{type="line"}', start: String(end - 60), end: String(end) });
    const response = await fetch(`${this.url}/loki/api/v1/delete?${parameters.toString()}`, { method: "POST" });
    return { status: response.status, text: await response.text() };
  }

  async #get(path: string, what: string): Promise<string> {
    const response = await fetch(this.url + path);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`Loki answered ${response.status} to ${what}: ${text.slice(0, 400)}`);
    return text;
  }
}
