// unlock.ts: taking a log from a holder that cannot be asked whether it lives, because a person says that it does not. Said in the log.

import { randomFillSync } from "node:crypto";
import type { NoteSigner } from "@proofline/tlog";
import { type Disk, nodeDisk } from "./disk.ts";
import { LedgerError } from "./errors.ts";
import { Layout } from "./layout.ts";
import { type LockOwner, readLock, standingOf } from "./lock.ts";
import { openLedger } from "./open.ts";
import { type Actor, ownLine } from "./own-line.ts";
import { nodeProcesses, type Processes } from "./process-identity.ts";

const EVENT = "proofline.log.unlocked";

export interface UnlockOptions {
  readonly data: string;
  readonly log: string;
  readonly signer: NoteSigner;
  readonly because: string;
  readonly actor: Actor;
  readonly disk?: Disk;
  readonly processes?: Processes;
  readonly now?: () => bigint;
  readonly random?: (bytes: Uint8Array) => void;
  readonly wait?: (ms: number) => Promise<void>;
}

/**
 * Takes the lock over, waits until its holder, should it live after all, must have noticed (it looks once a second, before it writes), writes
 * that into the log, and gives the lock back. Undefined when nobody holds it.
 * @throws {LedgerError} LOCKED when the holder lives on this host: end it instead; and as openLedger
 */
export async function unlockLog(o: UnlockOptions): Promise<{ readonly holder: LockOwner; readonly seq: number } | undefined> {
  const { disk = nodeDisk, processes = nodeProcesses } = o;
  const now = o.now ?? (() => BigInt(Date.now()) * 1_000_000n);
  const random = o.random ?? ((bytes: Uint8Array) => void randomFillSync(bytes));
  const layout = new Layout(o.data, o.log);
  const holder = await readLock(disk, layout.lock);
  if (holder === undefined || holder === "unreadable") return undefined;
  if (standingOf(holder, { processes, unlock: holder.token }) === "alive") {
    throw new LedgerError(
      "LOCKED",
      `${layout.lock}: process ${holder.pid} lives, on this host. End it; then nothing needs unlocking`,
    );
  }
  const failures: LedgerError[] = [];
  const ledger = await openLedger({
    ...{ data: o.data, log: o.log, signer: o.signer, disk, processes, now, random, unlock: holder.token },
    ...(o.wait && { wait: o.wait }),
    onFatal: (error) => void failures.push(error),
  });
  const attributes = {
    "audit.action": "UNLOCK",
    "audit.outcome": "success",
    "proofline.because": o.because,
    "proofline.lock.host": holder.host,
    "proofline.lock.pid": holder.pid,
    "proofline.lock.since": holder.since,
  };
  const { first } = await ledger.append([ownLine({ event: EVENT, time: now(), actor: o.actor, attributes }, random)]);
  await ledger.close();
  return { holder, seq: first };
}
