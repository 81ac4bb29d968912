// workload.ts: what the demo does to the service, and the secrets that it plants on the way. Ten invoices: seven are approved by the model,
// one is granted and one refused by a reviewer… see `outcomes`; the last one fails at the model's provider.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./processes.ts";

/** Everything here goes in; none of it may be found in the ledger. */
export const secrets: readonly string[] = [
  "ann.lee@example.com",
  "billing@acme.example",
  "maria.lopez@example.com",
  "liu.wei@example.org",
  "4111111111111111",
  "4111 1111 1111 1111",
  "correct horse battery staple",
  "hunter2",
  "sk-proj-0f8b1c2d3e4f5a6b7c8d9e0f1a2b3c4d",
  "536-22-8714",
  "219-09-9999",
];

interface Answer {
  readonly status: number;
  readonly state: string;
}

async function post(url: string, path: string, user: string, content: unknown): Promise<Answer> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json", "x-user": user, authorization: "Bearer demo-session-5b1d9c" },
    body: JSON.stringify(content),
  });
  const answer = (await response.json()) as { state?: string };
  return { status: response.status, state: answer.state ?? "failed" };
}

/** Sends ten invoices and the decisions on them. @returns how many ended how */
export async function invoices(url: string): Promise<Map<string, number>> {
  const ends = new Map<string, number>();
  const count = (end: string): void => void ends.set(end, (ends.get(end) ?? 0) + 1);
  for (let number = 4710; number < 4720; number++) {
    const id = String(number);
    const large = number === 4714 || number === 4717;
    const answer = await post(url, "/invoices", "ann.lee@example.com", {
      id,
      supplier: "Acme Tools",
      contact: number % 2 === 0 ? "ann.lee@example.com" : "billing@acme.example",
      amount: large ? 48_000 : 100 + number,
      ...(number % 3 === 0 ? { card: number % 2 === 0 ? "4111111111111111" : "4111 1111 1111 1111" } : {}),
      portal: {
        user: "acme",
        password: "correct horse battery staple",
        ...(number % 4 === 0 ? { api_key: "sk-proj-0f8b1c2d3e4f5a6b7c8d9e0f1a2b3c4d" } : {}),
      },
    });
    if (answer.state === "approved") count("approved by the model");
    if (answer.state === "failed") count("failed");
    if (id === "4714") {
      await post(url, `/invoices/${id}/refuse`, "ann.lee@example.com", {
        reason: "the bank account is new; call billing@acme.example",
      });
      count("refused by a reviewer");
    }
    if (id === "4717") {
      await post(url, `/invoices/${id}/refuse`, "ann.lee@example.com", { reason: "amount above the order" });
      await post(url, `/invoices/${id}/override`, "max.roth", { reason: "order 88 was extended" });
      count("overridden by a manager");
    }
  }
  return ends;
}

/**
 * Runs the Python service, with its stock OpenTelemetry SDK, in an environment of its own that is made once.
 * @returns what it did, or why it was skipped
 */
export async function kyc(endpoint: string): Promise<string> {
  const home = join(root, ".cache/demo-python");
  const python = join(home, "bin/python");
  if (!existsSync(join(home, "ready"))) {
    const made = await run("python3", ["-m", "venv", home]);
    if (made.status !== 0) return "skipped: no python3 with venv here";
    const packages = ["opentelemetry-sdk==1.45.2", "opentelemetry-exporter-otlp-proto-http==1.45.2", "structlog==26.1.0"];
    const installed = await run(python, ["-m", "pip", "install", "--quiet", ...packages]);
    if (installed.status !== 0) return "skipped: pip could not install opentelemetry-sdk and structlog";
    await run(python, ["-c", `open(${JSON.stringify(join(home, "ready"))}, "w").close()`]);
  }
  const done = await run(python, [join(root, "test/demo/kyc.py")], { OTLP_ENDPOINT: endpoint });
  if (done.status !== 0) throw new Error(`kyc.py ended with ${done.status}:\n${done.stderr}`);
  return "2 customers checked by a Python service with the stock OpenTelemetry SDK";
}
