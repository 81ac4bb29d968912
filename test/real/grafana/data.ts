// data.ts: what stands in Loki when the questions are asked: a receiver's log with the demo's workflow and planted records, lines of the week
// before, and a log that lacks a line.

import { join } from "node:path";
import { Double, type Fields } from "@proofline/event";
import { startLokiSink } from "@proofline/receiver/loki";
import { MemoryLedger } from "../../../packages/receiver/test/loki/memory-ledger.ts";
import { start } from "../../demo/processes.ts";
import { invoices, kyc } from "../../demo/workload.ts";
import { waitFor } from "../../support/peers/process.ts";
import type { Context } from "../lane.ts";
import { LOG, Receiver } from "../receiver.ts";
import type { Stored } from "./expected-lines.ts";
import type { DeployedLoki } from "./loki.ts";
import { type Scrape, scrape } from "./metrics.ts";
import { forPanels, send } from "./planted.ts";

export const GAP = "audit.example.com/gap";
const WEEK_NS = 7n * 86_400_000_000_000n;
export const MINUTE_NS = 60_000_000_000n;
export const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n;

/** A receiver whose log has the demo's workflow and the planted records, all of it in Loki. */
export async function filledReceiver(context: Context, loki: DeployedLoki): Promise<{ receiver: Receiver; before: Scrape }> {
  const environment = {
    PROOFLINE_SERVE_LOG_ENABLED: "true",
    PROOFLINE_SEGMENTS_BYTES: "64KiB", // sealed ones are read back
    PROOFLINE_SINKS_LOKI_LABELS: "tenant=acme",
    PROOFLINE_SINKS_LOKI_CLASS_LABEL: "true",
  };
  const receiver = await Receiver.start(context, { loki: loki.url, environment });
  const { samples: before } = await scrape(receiver);
  const service = await start(
    ["--import", "@proofline/instrumentation/register", join(import.meta.dirname, "..", "..", "demo", "service.ts")],
    {
      PROOFLINE_ENDPOINT: `http://${receiver.http}`,
      PROOFLINE_SPOOL: join(context.folder, "spool"),
      PROOFLINE_REDACTION_KEY_FILE: join(receiver.data, LOG, "redaction.key"),
      OTEL_SERVICE_NAME: "invoice-service",
    },
    /^listening (\d+)/,
  );
  try {
    await invoices(`http://127.0.0.1:${service.match[1]}`);
  } finally {
    await service.stop();
  }
  context.say(await kyc(`http://${receiver.http}`));
  await send(receiver.http, forPanels(Date.now()));
  await receiver.forwarded();
  return { receiver, before };
}

/** Lines of seven days before, of the same log: what drift and first-seen compare with. */
export async function lastWeek(context: Context, loki: DeployedLoki): Promise<Stored[]> {
  const ledger = new MemoryLedger(LOG);
  const at = nowNs() - WEEK_NS - 5n * MINUTE_NS;
  const outcomes = ["allow", "allow", "allow", "review"];
  outcomes.forEach((outcome, i) => {
    const attributes: Fields = new Map<string, string | Double>([
      ["audit.actor.id", i === 0 ? "ann" : "risk-scorer"],
      ["audit.actor.type", i === 0 ? "user" : "service"],
      ["audit.action", "EXECUTE"],
      ["audit.outcome", "success"],
      ["proofline.decision.outcome", outcome],
      ["proofline.decision.confidence", new Double(0.75)],
    ]);
    ledger.add(at + BigInt(i), { service: "risk", event: "decision.made", attributes });
  });
  await forward(context, loki, ledger);
  return ledger.texts().map(stored);
}

/** A log of which Loki lacks a line. */
export async function withGap(context: Context, loki: DeployedLoki): Promise<Stored[]> {
  const ledger = new MemoryLedger(GAP);
  for (let i = 0; i < 6; i += 1) {
    const attributes: Fields = new Map([
      ["audit.actor.id", "ann"],
      ["audit.actor.type", "user"],
      ["audit.action", "READ"],
      ["audit.outcome", "success"],
    ]);
    ledger.add(nowNs() + BigInt(i), { service: "gap", attributes });
  }
  await forward(context, loki, ledger, 3);
  return ledger
    .texts()
    .map(stored)
    .filter(({ line }) => line.seq !== 3);
}

/** Sends what a ledger has, but for one line. */
export async function forward(context: Context, loki: DeployedLoki, ledger: MemoryLedger, without?: number): Promise<void> {
  const read = ledger.read.bind(ledger);
  ledger.read = async (from, o) => (await read(from, o)).filter(({ seq }) => seq !== without);
  const append = async (): Promise<void> => {};
  const sink = startLokiSink({
    ledger,
    url: loki.url,
    deadLetters: { append },
    lingerMs: 0,
    limits: { maxAgeMs: 30 * 86_400_000 },
  });
  context.defer(() => sink.stop());
  await waitFor("the lines in Loki", () => (sink.status().next >= ledger.size ? true : undefined));
  await sink.stop();
}

export function stored(text: string): Stored {
  return { line: JSON.parse(text) as Stored["line"], text };
}
