// java.ts: the jars of the stock OpenTelemetry SDK for Java, fetched by Maven into the cache. Pinned in test/real/java/pom.xml.

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Found, peerCache } from "../peers.ts";
import { run } from "./process.ts";

const POM = join(import.meta.dirname, "..", "..", "real", "java", "pom.xml");
/** The language that Emit.java is written in. */
const LEAST_JAVA = 17;

/** The folder of the jars. @param o.say gets a line when they have to be fetched */
export async function findJava(o: { say: (line: string) => void }): Promise<Found> {
  const java = await run("java", ["-version"]);
  const version = Number(/version "(\d+)/.exec(java.output)?.[1] ?? 0);
  if (java.code !== 0 || version < LEAST_JAVA) return { at: "missing", reason: `there is no Java ${LEAST_JAVA} or newer` };
  const digest = createHash("sha256")
    .update(await readFile(POM))
    .digest("hex")
    .slice(0, 12);
  const folder = join(peerCache(), `java-otel-${digest}`);
  const jars = async (): Promise<number> =>
    (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".jar")).length;
  if ((await jars()) > 0) return { at: "found", path: folder };
  o.say(`fetching the OpenTelemetry SDK for Java into ${folder} …`);
  await mkdir(folder, { recursive: true });
  const mvn = ["-q", "-B", "-f", POM, "dependency:copy-dependencies", `-DoutputDirectory=${folder}`];
  const fetched = await run("mvn", mvn, { timeoutMs: 300_000 });
  if (fetched.code === 0 && (await jars()) > 0) return { at: "found", path: folder };
  return { at: "missing", reason: `mvn failed: ${fetched.output.trim().split("\n").at(-1) || "there is no mvn"}` };
}
