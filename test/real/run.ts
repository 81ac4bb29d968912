// run.ts: `npm run test:real`: Proofline against the real Collector, telemetrygen, Loki and Python's SDK. What is not to be had on this
// machine is skipped by name. Arguments pick the scenarios whose names contain one of them.

import { runLane } from "./lane.ts";
import { Peers } from "./peers-here.ts";
import { collectorScenarios } from "./scenarios/collector.ts";
import { grafanaScenarios } from "./scenarios/grafana.ts";
import { helmScenarios } from "./scenarios/helm.ts";
import { helmClusterScenarios } from "./scenarios/helm-cluster.ts";
import { lokiScenarios } from "./scenarios/loki.ts";
import { onwardScenarios } from "./scenarios/onward.ts";
import { sdkScenarios } from "./scenarios/sdks.ts";
import { sendingScenarios } from "./scenarios/sending.ts";
import { sinkScenarios } from "./scenarios/sink.ts";
import { tlogScenarios } from "./scenarios/tlog.ts";

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const peers = new Peers(print);
const all = [
  ...sendingScenarios(peers),
  ...sdkScenarios(peers),
  ...collectorScenarios(peers),
  ...lokiScenarios(peers),
  ...sinkScenarios(peers),
  ...onwardScenarios(peers),
  ...tlogScenarios(peers),
  ...helmScenarios(peers),
  ...helmClusterScenarios(peers),
  ...grafanaScenarios(peers),
];
const wanted = process.argv.slice(2);
const chosen = wanted.length === 0 ? all : all.filter(({ name }) => wanted.some((part) => name.includes(part)));
if (chosen.length === 0) print(`no scenario's name contains ${wanted.map((part) => JSON.stringify(part)).join(" or ")}`);
const { failed } = await runLane(chosen, print);
process.exitCode = failed > 0 || chosen.length === 0 ? 1 : 0;
