// fixture.ts: a receiver, a spool folder and audit instances that are gone when the test is.

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type Audit, type AuditOptions, createAudit } from "../../src/audit.ts";
import { Notices } from "../../src/notices.ts";
import type { World } from "../../src/world.ts";
import { OtlpReceiver } from "./otlp-receiver.ts";

export async function tempFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "proofline-spool-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface Fixture {
  readonly receiver: OtlpReceiver;
  readonly spool: string;
  readonly stderr: string[];
  readonly audit: (options?: AuditOptions, world?: Partial<World>) => Audit;
}

/** Pauses are a millisecond or two: tests wait for conditions, never for times. */
export const QUICK = { firstMs: 1, maxMs: 2, slowMs: 5 };

export async function fixture(t: TestContext): Promise<Fixture> {
  const receiver = await new OtlpReceiver().listen();
  const instances: Audit[] = [];
  t.after(async () => {
    await Promise.all(instances.map((audit) => audit.shutdown({ timeoutMs: 0 })));
    await receiver.close();
  });
  const spool = await tempFolder(t);
  const stderr: string[] = [];
  const { endpoint } = receiver;
  return {
    receiver,
    spool,
    stderr,
    audit(options = {}, world = {}) {
      const audit = createAudit(
        { endpoint, spoolFolder: spool, serviceName: "test", exitHooks: false, endMarker: false, ...options },
        { notices: new Notices((line) => void stderr.push(line)), pauses: QUICK, env: {}, ...world },
      );
      instances.push(audit);
      return audit;
    },
  };
}

/** Waits until `check` holds; the runner's own timeout ends what never does. */
export async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** All bytes under a folder, as one latin1 text. */
export async function everything(folder: string): Promise<string> {
  const parts: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) parts.push((await readFile(join(entry.parentPath, entry.name))).toString("latin1"));
  }
  return parts.join("\n");
}

export const event = (n: number | string = 1) =>
  ({ event: "invoice.read", actor: { id: "svc", type: "service" }, action: "READ", outcome: "success", id: `id-${n}` }) as const;
