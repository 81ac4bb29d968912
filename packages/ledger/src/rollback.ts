// rollback.ts: what is kept of a rollback that a person accepted: the checkpoint that was given up, for an auditor; and until it is a line
// of the log, a file that says so. Knows these files; deciding is accept-rollback.ts.

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { parseLine } from "@proofline/event";
import type { Hash } from "@proofline/tlog";
import type { Disk } from "./disk.ts";
import { Directories, replaceFile } from "./durable.ts";
import type { Entry } from "./entry.ts";
import { LedgerError } from "./errors.ts";
import type { Layout } from "./layout.ts";
import { type Actor, ownLine } from "./own-line.ts";

const EVENT = "proofline.log.rollback_accepted";

/** A rollback that was accepted. */
export interface Rollback {
  /** Of the line that will tell it. */
  readonly id: string;
  /** Unix nanoseconds, in decimal. */
  readonly time: string;
  readonly actor: Actor;
  readonly because: string;
  /** Lines that there are. */
  readonly lines: number;
  /** Lines that had been promised, as far as is known. */
  readonly promised: number;
  /** The checkpoints that are given up, by the names of their files. The log's own one is the first, when it is among them. */
  readonly givenUp: readonly { readonly name: string; readonly note: string }[];
  /** Whether the log's own one is. */
  readonly isOwn: boolean;
  /** Sinks that have more than there is. */
  readonly cursors: readonly { readonly sink: string; readonly next: number }[];
}

/** What a given-up checkpoint's file is called: the same for the same tree, whoever kept the note. */
export function rollbackName(size: number, root: Hash): string {
  return `${size}-${Buffer.from(root).toString("hex").slice(0, 16)}`;
}

/** Names of the checkpoints that were given up. */
export async function givenUp(disk: Disk, layout: Layout): Promise<ReadonlySet<string>> {
  return new Set(await disk.list(layout.rolledBack));
}

/** Keeps a checkpoint that is given up. Durable when it resolves; again is fine. */
export async function keepGivenUp(disk: Disk, layout: Layout, name: string, note: string): Promise<void> {
  await new Directories(disk, layout.folder).ensure(layout.rolledBack);
  await replaceFile(disk, join(layout.rolledBack, name), Buffer.from(note));
}

/** Durable when it resolves. */
export async function writeRollback(disk: Disk, layout: Layout, rollback: Rollback): Promise<void> {
  await replaceFile(disk, layout.rollback, Buffer.from(`${JSON.stringify(rollback)}\n`));
}

/**
 * Writes an accepted rollback into the log, and then forgets it. Part of every start, before anything else is written: so that no log
 * goes on after a rollback without saying so.
 * @param note the log's checkpoint at this start
 * A crash within: the file is still there, and the line perhaps too; the next start finds it under its id.
 */
export async function finishRollback(o: {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly note: string;
  readonly random: (bytes: Uint8Array) => void;
  readonly ledger: Pick<LineKeeper, "append" | "places" | "read">;
}): Promise<void> {
  const { disk, layout, ledger } = o;
  const rollback = await readRollback(disk, layout);
  if (rollback === undefined) return;
  // With the checkpoint that was to be given up still in its place, the lines have been put back since: nothing was given up.
  const isUndone = rollback.isOwn && rollback.givenUp[0]?.note === o.note;
  if (!isUndone && !(await isThere(ledger, rollback.id))) await ledger.append([lineOf(rollback, o.random)]);
  await disk.unlink(layout.rollback);
}

/** The lines were put back: nothing is given up. A crash within: the next call goes on. */
export async function forgetRollback(disk: Disk, layout: Layout): Promise<void> {
  const rollback = await readRollback(disk, layout);
  if (rollback === undefined) return;
  for (const { name } of rollback.givenUp) await disk.unlink(join(layout.rolledBack, name));
  await disk.unlink(layout.rollback);
}

interface LineKeeper {
  append(entries: readonly Entry[]): Promise<unknown>;
  places(id: string): readonly number[];
  read(from: number, o: { maxBytes: number; maxLines: number }): Promise<{ line: Uint8Array }[]>;
}

async function isThere(ledger: Pick<LineKeeper, "places" | "read">, id: string): Promise<boolean> {
  for (const seq of ledger.places(id)) {
    const [found] = await ledger.read(seq, { maxBytes: 0, maxLines: 1 });
    if (found !== undefined && parseLine(found.line).id === id) return true;
  }
  return false;
}

function lineOf(rollback: Rollback, random: (bytes: Uint8Array) => void): Entry {
  const { id, time, actor, because, lines, promised, cursors } = rollback;
  const attributes = {
    "audit.action": "ACCEPT_ROLLBACK",
    "audit.outcome": "success",
    "proofline.because": because,
    "proofline.rollback.lines": lines,
    "proofline.rollback.promised": promised,
    "proofline.rollback.checkpoints": rollback.givenUp.map(({ note }) => note).join("\n"),
    "proofline.rollback.sinks": cursors.map(({ sink, next }) => `${sink}=${next}`).join(" "),
  };
  return ownLine({ event: EVENT, time: BigInt(time), actor, attributes, id }, random);
}

async function readRollback(disk: Disk, layout: Layout): Promise<Rollback | undefined> {
  const bytes = await disk.readFile(layout.rollback);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as Rollback;
  } catch (error) {
    const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
    throw new LedgerError("CORRUPT", `${layout.rollback} is not what accept-rollback writes (SHA-256 ${digest}…)`, {
      fatal: true,
      cause: error,
    });
  }
}
