// collector.ts: the real Collector with the repository's own otel-collector-config.yaml, its addresses given by environment.

import { join } from "node:path";
import { answersOk, freePorts, run, spawnProcess, waitFor } from "./process.ts";

export const COLLECTOR_CONFIG: string = join(import.meta.dirname, "..", "..", "..", "otel-collector-config.yaml");

export interface RealCollector {
  /** `127.0.0.1:PORT` */
  readonly http: string;
  readonly grpc: string;
  output(): string;
  stop(): Promise<void>;
}

/** @returns what `validate` says; code 0 when the file is good */
export async function validateCollectorConfig(
  binary: string,
  config: string = COLLECTOR_CONFIG,
): Promise<{ code: number; output: string }> {
  return run(binary, ["validate", "--config", config]);
}

/**
 * @param o.proofline `http://host:port` of a receiver
 * @param o.loki `http://host:port` for ordinary logs
 */
export async function startCollector(o: {
  binary: string;
  proofline: string;
  loki: string;
  config?: string;
}): Promise<RealCollector> {
  const [http, grpc, health] = await freePorts(3);
  const child = spawnProcess(o.binary, ["--config", o.config ?? COLLECTOR_CONFIG], {
    env: {
      OTLP_HTTP_ENDPOINT: `127.0.0.1:${http}`,
      OTLP_GRPC_ENDPOINT: `127.0.0.1:${grpc}`,
      HEALTH_ENDPOINT: `127.0.0.1:${health}`,
      PROOFLINE_ENDPOINT: o.proofline,
      LOKI_OTLP_ENDPOINT: `${o.loki}/otlp`,
    },
  });
  await waitFor("the Collector to be ready", async () => {
    if (child.ended) throw new Error(`the Collector ended: ${child.output().slice(-800)}`);
    return answersOk(`http://127.0.0.1:${health}/`);
  });
  return {
    http: `127.0.0.1:${http}`,
    grpc: `127.0.0.1:${grpc}`,
    output: () => child.output(),
    async stop() {
      await child.stop();
    },
  };
}
