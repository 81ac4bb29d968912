// served.ts: the built `proofline serve` in a process of its own, for the points that are about a process.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { undoAfter } from "../../packages/receiver/test/support/receiver.ts";
import { Receiver } from "../real/receiver.ts";
import type { Case } from "./case.ts";

export interface Served {
  readonly url: string;
  readonly grpcAddress: string;
  readonly process: Receiver;
}

/** Starts with a new log; ended with the test. */
export async function serve(c: Case): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), "proofline-conformance-"));
  undoAfter(c.t, () => rm(folder, { recursive: true, force: true }));
  const process = await Receiver.start({ folder, say: () => {}, defer: (cleanup) => undoAfter(c.t, cleanup) });
  return { url: `http://${process.http}`, grpcAddress: process.grpc, process };
}
