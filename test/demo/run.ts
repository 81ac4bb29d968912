// run.ts: the main job on embedded defaults. Starts the receiver, runs a small AI workflow against it, shows what it left, proves it, and then
// changes one word of history in a copy and shows that the proof fails. Ends with 0 only if all of that went as it should.

import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { freeAddress, proofline, root, serve, start } from "./processes.ts";
import { invoices, kyc, secrets } from "./workload.ts";

const log = "demo.localhost/invoices";
const data = join(root, "demo-data");
const tampered = join(root, "demo-data-tampered");
/** As a person in the project's folder would name it. */
const named = (path: string): string => relative(root, path);
const show = (label: string, text: string): void => console.log(`${label.padEnd(11)}${text}`);

interface Line {
  readonly event?: string;
  readonly attributes?: Record<string, unknown>;
  readonly redactions?: { rule: string; action: string; policy: string }[];
}

function segment(folder: string): string {
  const segments = join(folder, log, "segments");
  return join(segments, readdirSync(segments).sort()[0]!);
}

/** Counts what the lines say of their redactions: `12 e-mail → token, …`. */
function redactions(lines: Line[]): string {
  const counts = new Map<string, number>();
  const policies = new Set<string>();
  let total = 0;
  for (const { rule, action, policy } of lines.flatMap((line) => line.redactions ?? [])) {
    counts.set(`${rule} → ${action}`, (counts.get(`${rule} → ${action}`) ?? 0) + 1);
    policies.add(policy);
    total += 1;
  }
  const most = [...counts].sort((a, b) => b[1] - a[1]).map(([what, count]) => `${count} ${what}`);
  return `${total} places: ${most.join(", ")}   policy ${[...policies].join(", ")}`;
}

/** The heading, one invoice from end to end, and after it what was decided by people, what failed, and what came from Python. */
function excerpt(table: string): string {
  const [heading = "", date = "", ...rows] = table.trimEnd().split("\n");
  const oneInvoice = rows.findIndex((row) => row.includes("http.request")) + 1;
  const later = rows.slice(oneInvoice).filter((row) => /approval\.|overridden|failure|kyc\./.test(row));
  return [heading, date, ...rows.slice(0, oneInvoice), "    …", ...later, `  ${rows.length} lines in all`].join("\n");
}

async function emit(): Promise<void> {
  const address = await Promise.all([freeAddress(4318), freeAddress(4317)]);
  const receiver = await serve(["--data", data, "--log", log, "--otlp-http", address[0], "--otlp-grpc", address[1]]);
  const [, http, grpc] = receiver.match;
  try {
    show("receiver", `http ${http} · grpc ${grpc} · log ${log} · ./${named(data)}`);
    const service = await start(
      ["--import", "@proofline/instrumentation/register", join(root, "test/demo/service.ts")],
      {
        PROOFLINE_ENDPOINT: `http://${http}`,
        PROOFLINE_SPOOL: join(data, "spool"),
        PROOFLINE_REDACTION_KEY_FILE: join(data, log, "redaction.key"),
        OTEL_SERVICE_NAME: "invoice-service",
      },
      /^listening (\d+)/,
    );
    try {
      const ends = await invoices(`http://127.0.0.1:${service.match[1]}`);
      show("workflow", `10 invoices: ${[...ends].map(([end, count]) => `${count} ${end}`).join(", ")}`);
    } finally {
      await service.stop();
    }
    show("", await kyc(`http://${http}`));
  } finally {
    await receiver.stop();
  }
}

async function main(): Promise<void> {
  for (const folder of [data, tampered]) rmSync(folder, { recursive: true, force: true });
  console.log("Proofline demo: an invoice workflow with a model, a tool and people who decide, audited.\n");
  await emit();

  const table = await proofline("query", "--data", named(data));
  console.log(`\n${excerpt(table.stdout)}\n`);

  const bytes = readFileSync(segment(data), "utf8");
  const texts = bytes.split("\n").slice(0, -1);
  show("redacted", redactions(texts.map((text) => JSON.parse(text) as Line)));
  const leaked = secrets.filter((secret) => bytes.includes(secret));
  if (leaked.length > 0) throw new Error(`${leaked.length} of the planted secrets stand in the ledger`);
  show("", `none of the ${secrets.length} planted secrets stands in the ledger`);

  const key = join(data, log, "vkey");
  const whole = await proofline("verify", "--data", named(data), "--key", named(key));
  console.log(
    `\n$ proofline verify --data ${named(data)} --key ${named(key)}\n${whole.stdout.trimEnd()}\n$ echo $?\n${whole.status}`,
  );
  if (whole.status !== 0) throw new Error(`the untouched ledger should verify:\n${whole.stderr}`);

  const seq = texts.findIndex((text) => text.includes('"event":"approval.refused"'));
  const changed = texts.map((text, index) => (index === seq ? text.replaceAll("refused", "granted") : text));
  cpSync(data, tampered, { recursive: true });
  const file = segment(tampered);
  writeFileSync(file, `${changed.join("\n")}\n`, { mode: 0o600 });
  console.log(`\nnow history is changed: in line ${seq}, "refused" becomes "granted", in a copy`);
  const broken = await proofline("verify", "--data", named(tampered), "--key", named(key));
  console.log(
    `\n$ proofline verify --data ${named(tampered)} --key ${named(key)}\n${broken.stdout.trimEnd()}\n$ echo $?\n${broken.status}`,
  );
  if (broken.status !== 1) throw new Error("the changed copy should not verify");
  const report = JSON.parse((await proofline("verify", "--data", tampered, "--key", key, "--json")).stdout) as {
    findings: { seq: number }[];
  };
  if (report.findings[0]?.seq !== seq) throw new Error(`verify names line ${report.findings[0]?.seq}, but ${seq} was changed`);

  console.log("\nto look around: npx proofline query --data demo-data --json | head -1");
}

await main();
