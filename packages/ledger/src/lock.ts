// lock.ts: one writer a log. The lock is a file that says who holds it, so that a person, and the next start, can tell whether the
// holder still lives. Knows nothing of what it protects.
// Not synced: a lock that a power cut takes away has no holder any more.

import { hash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Disk } from "./disk.ts";
import { TEMPORARY } from "./durable.ts";
import { LedgerError, systemCode } from "./errors.ts";
import type { Processes, ProcessIdentity } from "./process-identity.ts";

export interface LockOwner extends ProcessIdentity {
  /** RFC 3339. */
  readonly since: string;
  readonly token: string;
}

export interface Lock {
  readonly owner: LockOwner;
  /** Whose lock it was, when its holder was dead; `"unreadable"` when the file held no owner. */
  readonly takenOverFrom: LockOwner | "unreadable" | undefined;
  /** Whether the file still says that this process holds it. Rejects with the system's error. */
  isOurs(): Promise<boolean>;
  /** Gives it back, if it is still ours. Twice is fine. */
  release(): Promise<void>;
}

const MAX_TRIES = 8;
/** Every holder looks after its lock before it writes, at most so often (lock-watch.ts) … */
export const LOCK_CHECK_MS = 1000;
/** … so that after this long a holder that was thought dead has noticed, or will before it writes again. */
const SETTLE_MS = 2 * LOCK_CHECK_MS;

export interface LockWorld {
  readonly disk: Disk;
  readonly processes: Processes;
  readonly since: string;
  /** Token of a holder whom a person has declared dead. */
  readonly unlock?: string | undefined;
  readonly wait?: (ms: number) => Promise<void>;
}

/**
 * Takes the lock at `path`, if need be from a holder that is dead. When that cannot be asked (it is of another pid namespace, or a person
 * said so), it takes two seconds: by then a holder that lives after all has seen that the lock is another's, and writes no more.
 * @throws {LedgerError} LOCKED with the holder named; the system's error when the disk fails
 */
export async function acquireLock(world: LockWorld, path: string): Promise<Lock> {
  const { disk, processes, since } = world;
  const owner: LockOwner = { ...processes.self, since, token: processes.token() };
  const temporary = `${path}.${owner.pid}-${owner.token}${TEMPORARY}`;
  try {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      // Written whole under a name of its own, then linked: no one ever reads half an owner.
      // A crash before the link: a stray temporary file, removed by the next start.
      await writeText(disk, temporary, `${JSON.stringify(owner)}\n`);
      if (await linkExclusively(disk, temporary, path)) return hold(world, path, owner, undefined);
      const found = await readText(disk, path);
      if (found === undefined) continue; // its holder went between the two calls
      const holder = parseOwner(found);
      const standing = holder === undefined ? "dead" : standingOf(holder, world);
      if (holder !== undefined && standing === "alive") throw locked(path, holder);
      if (!(await takeOver(world, path, found, temporary))) continue;
      if (standing === "in doubt") await (world.wait ?? sleep)(SETTLE_MS);
      return hold(world, path, owner, holder ?? "unreadable");
    }
  } finally {
    await disk.unlink(temporary).catch(() => {}); // a stray name; the next start removes it
  }
  throw new LedgerError("LOCKED", `${path}: several processes are trying to take this lock at once`);
}

// Two starts may find the same dead holder. Each must first take a lock named after exactly what it found; so only one at a time
// can replace that very lock, and the other one then sees that it has been replaced. A holder of this second lock that died is
// taken over in the same way.
async function takeOver(world: LockWorld, path: string, found: string, temporary: string): Promise<boolean> {
  const claim = await acquireLock(world, `${path}.${hash("sha256", found).slice(0, 12)}`);
  try {
    if ((await readText(world.disk, path)) !== found) return false;
    await world.disk.rename(temporary, path);
    return true;
  } finally {
    await claim.release();
  }
}

function hold(
  { disk, processes: { held } }: LockWorld,
  path: string,
  owner: LockOwner,
  takenOverFrom: Lock["takenOverFrom"],
): Lock {
  held.add(owner.token);
  return {
    owner,
    takenOverFrom,
    isOurs: async () => parseOwner((await readText(disk, path)) ?? "")?.token === owner.token,
    release: async () => {
      if (!held.delete(owner.token)) return;
      const found = parseOwner((await readText(disk, path)) ?? "");
      if (found?.token === owner.token) await disk.unlink(path);
    },
  };
}

/** What can be said of a lock's holder. `in doubt`: it can be taken over, with care. */
export type Standing = "alive" | "dead" | "in doubt";

/** @param world who asks */
export function standingOf(holder: LockOwner, { processes, unlock }: Pick<LockWorld, "processes" | "unlock">): Standing {
  const { self, held } = processes;
  if (held.has(holder.token)) return "alive";
  const isUnlocked = holder.token === unlock;
  // A process of another machine cannot be asked. To be wrong here would mean two writers.
  if (holder.host !== self.host) return isUnlocked ? "in doubt" : "alive";
  if (holder.boot !== self.boot) return "dead";
  // A container that was started again has its name and its host's boot id, and new pids.
  if (holder.namespace && self.namespace && holder.namespace !== self.namespace) return "in doubt";
  if (holder.pid === self.pid) return "dead";
  return processes.startOf(holder.pid) === holder.started ? "alive" : "dead";
}

/** Who holds the lock at `path`; undefined when nobody does. */
export async function readLock(disk: Disk, path: string): Promise<LockOwner | "unreadable" | undefined> {
  const text = await readText(disk, path);
  return text === undefined ? undefined : (parseOwner(text) ?? "unreadable");
}

function locked(path: string, holder: LockOwner): LedgerError {
  return new LedgerError(
    "LOCKED",
    `${path}: process ${holder.pid} on ${holder.host} has been writing this log since ${holder.since}. A log has one writer.\n` +
      "  to write there             send events to that process\n" +
      "  to write beside it         give this process a log of its own (another name)\n" +
      '  if that process is gone    proofline log unlock --because "…". Do so only when you are sure: two writers destroy a log',
  );
}

/** undefined for anything that is not an owner: what a power cut left of a file that is never synced. */
function parseOwner(text: string): LockOwner | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isOwner(value) ? value : undefined;
}

function isOwner(value: unknown): value is LockOwner {
  if (typeof value !== "object" || value === null) return false;
  const { pid, host, boot, started, namespace = "", since, token } = value as Partial<Record<keyof LockOwner, unknown>>;
  return Number.isSafeInteger(pid) && [host, boot, started, namespace, since, token].every((text) => typeof text === "string");
}

async function linkExclusively(disk: Disk, from: string, to: string): Promise<boolean> {
  try {
    return await disk.link(from, to);
  } catch (error) {
    // Another start cleaned up our temporary file: it holds the lock, or has just let go of it. Look again.
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

async function writeText(disk: Disk, path: string, text: string): Promise<void> {
  const file = await disk.open(path, "replace");
  try {
    await file.write(Buffer.from(text), 0);
  } finally {
    await file.close();
  }
}

async function readText(disk: Disk, path: string): Promise<string | undefined> {
  const bytes = await disk.readFile(path);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8");
}
