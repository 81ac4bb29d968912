// gauges.ts: what is read off the running parts whenever metrics are served.

import type { Ledger } from "@proofline/ledger";
import type { ByteBudget } from "../pipeline/budget.ts";
import type { Gate } from "../pipeline/gate.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { ServerTls } from "../tls/server-tls.ts";
import type { World } from "./world.ts";

export function addGauges(o: {
  metrics: Metrics;
  ledger: Ledger;
  gate: Gate;
  budget: ByteBudget;
  world: World;
  folder: string;
  tls: ServerTls | undefined;
}): void {
  const { metrics, ledger, world } = o;
  let signedAtMs = world.elapsedMs();
  let signedSize = ledger.checkpoint.size;
  ledger.checkpoints((_note, size) => {
    signedAtMs = world.elapsedMs();
    signedSize = size;
  });
  metrics.gauge("ledgerSize", () => ledger.size);
  metrics.gauge("checkpointSize", () => signedSize);
  metrics.gauge("checkpointAge", () => (signedSize === ledger.size ? 0 : (world.elapsedMs() - signedAtMs) / 1000));
  metrics.gauge("checkedLines", () => ledger.check.lines);
  metrics.gauge("damaged", () => (ledger.check.at === "damaged" ? 1 : 0));
  metrics.gauge("freeBytes", () => world.disk.freeBytes(o.folder));
  metrics.gauge("inflightBytes", () => o.budget.used);
  const { tls } = o;
  if (tls !== undefined) metrics.gauge("certificateExpiry", () => tls.material.certificate.notAfterMs / 1000);
  metrics.gauge("ready", () => (o.gate.refusal() === undefined ? 1 : 0));
}
