// collector-secured.ts: TLS and tokens on every way of deploy/collector/secured*.yaml: sender to Collector, Collector to Proofline, and back. The
// certificates are made for the run.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createAuthority, issueServer } from "../../../packages/receiver/test/support/x509.ts";
import { COLLECTOR_FOLDER, startCollector } from "../../support/peers/collector.ts";
import { freePorts, run, waitFor } from "../../support/peers/process.ts";
import type { Context, Scenario } from "../lane.ts";
import type { Peers } from "../peers-here.ts";
import { LOG, Receiver } from "../receiver.ts";

const COUNT = 200;
const TOKENS = {
  senders: "senders-0123456789abcdef",
  proofline: "proofline-0123456789abcdef",
  return: "return-0123456789abcdef",
};

export function collectorSecuredScenarios(peers: Peers): Scenario[] {
  return [
    {
      name: "TLS and tokens between sender, Collector, Proofline and Collector again: the Collector's name is in every line, who has no token is refused",
      run: (context) => secured(peers, context),
    },
  ];
}

async function secured(peers: Peers, context: Context): Promise<void> {
  const binary = await peers.path("otelcol-audit");
  const generator = await peers.path("telemetrygen");
  const file = (name: string): string => join(context.folder, name);
  const authority = createAuthority("proofline test");
  const { cert, key } = issueServer(authority);
  const files = { "ca.crt": authority.cert, "tls.crt": cert, "tls.key": key, ...TOKENS };
  for (const [name, text] of Object.entries(files)) await writeFile(file(name), `${text}\n`, { mode: 0o600 });
  const [back, admin] = await freePorts(2);
  const receiver = await Receiver.start(context, {
    admin: `127.0.0.1:${admin}`,
    environment: {
      PROOFLINE_OTLP_TLS_CERT_FILE: file("tls.crt"),
      PROOFLINE_OTLP_TLS_KEY_FILE: file("tls.key"),
      PROOFLINE_AUTH_TOKENS: JSON.stringify([{ name: "edge-collector", file: file("proofline"), logs: [LOG] }]),
      PROOFLINE_SINKS_OTLP_URL: `https://localhost:${back}`,
      PROOFLINE_SINKS_OTLP_CA_FILE: file("ca.crt"),
      PROOFLINE_SINKS_OTLP_TOKEN_FILE: file("return"),
    },
  });
  const collector = await startCollector({
    binary,
    config: ["processor.yaml", "secured-processor.yaml"].map((name) => join(COLLECTOR_FOLDER, name)),
    proofline: `https://${receiver.http}`,
    loki: "http://127.0.0.1:1",
    environment: {
      RETURN_ENDPOINT: `127.0.0.1:${back}`,
      STORE_FILE: file("store.jsonl"),
      TLS_CERT_FILE: file("tls.crt"),
      TLS_KEY_FILE: file("tls.key"),
      PROOFLINE_CA_FILE: file("ca.crt"),
      SENDERS_TOKEN_FILE: file("senders"),
      PROOFLINE_TOKEN_FILE: file("proofline"),
      RETURN_TOKEN_FILE: file("return"),
    },
  });
  context.defer(() => collector.stop());
  const send = (protocol: "http" | "grpc", token: string) =>
    run(generator, [
      ...["logs", "--ca-cert", file("ca.crt"), "--logs", String(COUNT), "--rate", "0", "--otlp-endpoint", collector[protocol]],
      ...["--telemetry-attributes", 'audit.actor.id="ann"', "--otlp-header", `Authorization="Bearer ${token}"`],
      ...(protocol === "http" ? ["--otlp-http"] : []),
    ]);
  for (const protocol of ["http", "grpc"] as const) {
    const { code, output } = await send(protocol, TOKENS.senders);
    assert.equal(code, 0, `telemetrygen failed: ${output.slice(-600)}`);
  }
  const refused = await send("http", "another-0123456789abcdef");
  assert.match(refused.output, /401/);
  const lines = await receiver.senderLines();
  const writers = new Set(lines.map((line) => (JSON.parse(line) as { writer?: string }).writer));
  context.say(`acknowledged ${2 * COUNT}, arrived ${lines.length}, written by ${[...writers].join(", ")}`);
  assert.equal(lines.length, 2 * COUNT);
  assert.deepEqual([...writers], ["edge-collector"]);
  const size = await receiver.size();
  await waitFor("every record sent on", async () => (await receiver.metric("proofline_sink_next")) === size || undefined);
  const checkpoint = await receiver.checkpointOver(size);
  const verdict = await waitFor("the store to hold", async () => {
    const found = await receiver.verifyLines(file("store.jsonl"), checkpoint);
    return found.code === 0 ? found : undefined;
  });
  assert.equal(verdict.report.records, size);
}
