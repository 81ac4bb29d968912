// collector.ts: the real Collector with one of the repository's own configurations, its addresses given by environment.

import { join } from "node:path";
import { answersOk, freePorts, type RunningProcess, run, spawnProcess, waitFor } from "./process.ts";

const ROOT: string = join(import.meta.dirname, "..", "..", "..");
export const COLLECTOR_CONFIG: string = join(ROOT, "otel-collector-config.yaml");
export const COLLECTOR_FOLDER: string = join(ROOT, "deploy", "collector");

export interface CollectorOptions {
  readonly binary: string;
  /** `http://host:port` of a receiver */
  readonly proofline: string;
  /** `http://host:port` for ordinary logs */
  readonly loki: string;
  /** One file, or several that the Collector puts one over the other; `otel-collector-config.yaml` by default. */
  readonly config?: string | readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** @returns what `validate` says; code 0 when the files are good */
export async function validateCollectorConfig(
  binary: string,
  config: string | readonly string[] = COLLECTOR_CONFIG,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ code: number; output: string }> {
  return run(binary, ["validate", ...configWords(config)], { env: { ...environment } });
}

/** Ready to receive when it resolves. */
export async function startCollector(o: CollectorOptions): Promise<RealCollector> {
  const [http, grpc, health] = await freePorts(3);
  const collector = new RealCollector(o, { http: http!, grpc: grpc!, health: health! });
  await collector.start();
  return collector;
}

/** It keeps its addresses when it is started again. */
export class RealCollector {
  /** `127.0.0.1:PORT` */
  readonly http: string;
  readonly grpc: string;
  readonly #health: string;
  readonly #options: CollectorOptions;
  #child: RunningProcess | undefined;

  constructor(options: CollectorOptions, ports: { http: number; grpc: number; health: number }) {
    this.#options = options;
    this.http = `127.0.0.1:${ports.http}`;
    this.grpc = `127.0.0.1:${ports.grpc}`;
    this.#health = `127.0.0.1:${ports.health}`;
  }

  async start(): Promise<void> {
    const { binary, config, proofline, loki, environment } = this.#options;
    const child = spawnProcess(binary, configWords(config ?? COLLECTOR_CONFIG), {
      env: {
        OTLP_HTTP_ENDPOINT: this.http,
        OTLP_GRPC_ENDPOINT: this.grpc,
        HEALTH_ENDPOINT: this.#health,
        PROOFLINE_ENDPOINT: proofline,
        LOKI_OTLP_ENDPOINT: `${loki}/otlp`,
        ...environment,
      },
    });
    this.#child = child;
    await waitFor("the Collector to be ready", async () => {
      if (child.ended) throw new Error(`the Collector ended: ${child.output().slice(-800)}`);
      return answersOk(`http://${this.#health}/`);
    });
  }

  output(): string {
    return this.#child?.output() ?? "";
  }

  async stop(): Promise<void> {
    await this.#child?.stop();
    this.#child = undefined;
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    await this.#child?.stop("SIGKILL");
    this.#child = undefined;
  }
}

function configWords(config: string | readonly string[]): string[] {
  return [config].flat().flatMap((file) => ["--config", file]);
}
