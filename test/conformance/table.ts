// table.ts: from the suite's outcomes to docs/conformance.md.

import { SENDERS } from "../real/senders.ts";
import type { Outcome, Transport } from "./suite.ts";

const TRANSPORTS: readonly Transport[] = ["HTTP/protobuf", "HTTP/JSON", "gRPC"];

const ROOMS: readonly [first: number, title: string][] = [
  [1, "Transport and routing"],
  [6, "Compression and size"],
  [10, "Success"],
  [14, "Partial success"],
  [16, "Errors"],
  [22, "JSON"],
  [31, "Protobuf"],
  [36, "Connections"],
];

export function conformancePage(outcomes: readonly Outcome[]): string {
  const passed = outcomes.filter((outcome) => outcome.passed).length;
  return `# OTLP conformance

${passed} of ${outcomes.length} points hold. Each is one test of [test/conformance](../test/conformance), named by its number; this page is made
from what those tests did (\`node test/conformance/make-docs.ts\`), and one of them holds the two equal. The points follow the OTLP
specification 1.11 and opentelemetry-proto 1.11.0, with the traps that stock exporters and the Collector's own tests are known for.

"Driven by" names who sent the requests: \`JS …\` are the stock JavaScript exporters 0.301.0, \`grpc-js\` and \`fetch\` are plain clients, and
\`raw bytes\` are written to the socket by the test.

${ROOMS.map(([first, title], i) => room(title, inRoom(outcomes, first, ROOMS[i + 1]?.[0] ?? Number.POSITIVE_INFINITY))).join("\n")}
## Stock SDKs of other languages

Each sends several hundred audit records to a \`proofline serve\` of its own; every record must be one line, whole, and \`verify\` must hold.
Run with \`npm run test:real\`; what a machine does not have is skipped by name.

| SDK | version | over |
|---|---|---|
${SENDERS.map(({ language, version, ways }) => `| ${language} | ${version} | ${ways.map(({ protocol, compression }) => `${protocol}${compression === "gzip" ? " with gzip" : ""}`).join(", ")} |`).join("\n")}
`;
}

function inRoom(outcomes: readonly Outcome[], first: number, next: number): Outcome[] {
  return outcomes
    .filter(({ point }) => point.number >= first && point.number < next)
    .sort((a, b) => a.point.number - b.point.number);
}

function room(title: string, outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ point, passed, drives }) => {
    const transports = TRANSPORTS.filter((transport) => drives.some((drive) => drive.transport === transport));
    const drivers = [...new Set(drives.map(({ driver }) => driver))].sort();
    const cells = [point.number, point.requirement, point.answer, transports.join(", ") || "(settings)", drivers.join(", ")];
    return `| ${[...cells, passed ? "yes" : "**no**"].join(" | ")} |`;
  });
  const head = "| | the protocol asks | Proofline | transports | driven by | holds |\n|---|---|---|---|---|---|";
  return `## ${title}\n\n${head}\n${rows.join("\n")}\n`;
}
