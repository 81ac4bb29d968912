// python.ts: Python with the stock OpenTelemetry SDK, in a virtual environment in the cache. Pinned, and made once.

import { access, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Found, peerCache } from "../peers.ts";
import { run } from "./process.ts";

/** One release train of OpenTelemetry Python. */
export const PYTHON_PACKAGES: readonly string[] = [
  "opentelemetry-sdk==1.45.2",
  "opentelemetry-exporter-otlp-proto-http==1.45.2",
  "opentelemetry-exporter-otlp-proto-grpc==1.45.2",
  "structlog==26.1.0",
];
const PROBE =
  "import opentelemetry.sdk._logs, opentelemetry.exporter.otlp.proto.http, opentelemetry.exporter.otlp.proto.grpc, structlog";

/** The interpreter of the environment. @param o.say gets a line when it has to be made */
export async function findPython(o: { say: (line: string) => void }): Promise<Found> {
  const folder = join(peerCache(), `python-otel-${PYTHON_PACKAGES[0]!.split("==")[1]}`);
  const python = join(folder, "bin", "python");
  const works = async (): Promise<boolean> => (await run(python, ["-c", PROBE])).code === 0;
  if (await works()) return { at: "found", path: python };
  o.say(`making a Python environment with ${PYTHON_PACKAGES.join(", ")} …`);
  if (
    await access(folder).then(
      () => true,
      () => false,
    )
  )
    await rm(folder, { recursive: true });
  const made = await run("python3", ["-m", "venv", folder]);
  if (made.code !== 0)
    return { at: "missing", reason: `python3 -m venv failed: ${lastLine(made.output) || "there is no python3"}` };
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...PYTHON_PACKAGES];
  const installed = await run(python, pip, { timeoutMs: 300_000 });
  if (installed.code !== 0) return { at: "missing", reason: `pip install failed: ${lastLine(installed.output)}` };
  if (await works()) return { at: "found", path: python };
  return { at: "missing", reason: "the installed packages cannot be imported" };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
