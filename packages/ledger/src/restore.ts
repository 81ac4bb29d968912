// restore.ts: puts lines back that a log had signed or delivered and lost. Nobody is trusted for them: they must go on from the last line that is
// here, and lead to the root that was signed and to what each sink's cursor remembers. All of them, or none.

import { Buffer } from "node:buffer";
import {
  CompactRange,
  equalHashes,
  type Hash,
  hashFromBase64,
  hashToBase64,
  leafHash,
  type OpenedCheckpoint,
} from "@proofline/tlog";
import { type Anchor, type OpenedAnchor, openAnchors } from "./anchors.ts";
import { type ChainEnd, walkChain } from "./chain-walk.ts";
import { readCursors } from "./cursor.ts";
import { type Disk, type DiskFile, nodeDisk } from "./disk.ts";
import { TEMPORARY } from "./durable.ts";
import { asLedgerError, LedgerError } from "./errors.ts";
import { Layout } from "./layout.ts";
import { acquireLock } from "./lock.ts";
import { nodeProcesses, type Processes } from "./process-identity.ts";
import { readCheckpoint, refuseMissing } from "./read-checkpoint.ts";
import { notRolledBack } from "./refusals.ts";
import { LineOrder } from "./restore-order.ts";
import { forgetRollback } from "./rollback.ts";
import { listSegments } from "./segments.ts";

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 0x0a;

export interface RestoreOptions {
  readonly data: string;
  readonly log: string;
  /** The log's public key. */
  readonly key: { readonly name: string; readonly vkey: string };
  /**
   * Lines, without newlines, about in order, some perhaps twice or others' altogether. Called with the first seq that is wanted, and the one
   * after the last.
   */
  readonly lines: (from: number, end: number) => AsyncIterable<Uint8Array>;
  /** Checkpoints of this log that others hold. */
  readonly anchors?: readonly Anchor[];
  readonly disk?: Disk;
  readonly processes?: Processes;
  readonly now?: () => bigint;
}

export interface Restored {
  /** Lines that were here. */
  readonly from: number;
  /** Lines that are here now. */
  readonly lines: number;
  /** Size of the newest checkpoint that they were held against. */
  readonly signed: number;
}

/**
 * Brings back what is missing up to the newest checkpoint and the furthest cursor. One file, one rename: a crash leaves the log as it was,
 * refused, or whole. Memory: bounded, whatever the lines are.
 * @throws {LedgerError} NOT_ROLLED_BACK; INCOMPLETE: lines are missing; FORKED: they are not the ones that were signed; LOCKED, CORRUPT, IO
 */
export async function restoreLines(o: RestoreOptions): Promise<Restored> {
  const { disk = nodeDisk, processes = nodeProcesses, now = () => BigInt(Date.now()) * 1_000_000n } = o;
  const layout = new Layout(o.data, o.log);
  try {
    await refuseMissing(disk, layout);
    const lock = await acquireLock({ disk, processes, since: new Date(Number(now() / 1_000_000n)).toISOString() }, layout.lock);
    try {
      return await restore(o, disk, layout);
    } finally {
      await lock.release();
    }
  } catch (error) {
    throw asLedgerError(`restoring ${layout.folder}`, error);
  }
}

/** What the lines must lead to. */
interface Goal {
  /** seq after the last line that is wanted. */
  readonly end: number;
  /** Roots by size. */
  readonly roots: readonly { readonly size: number; readonly root: Hash; readonly where: string }[];
  /** Leaf hashes, in base64, of the lines before these seqs. */
  readonly leaves: readonly { readonly next: number; readonly prev: string; readonly where: string }[];
}

async function restore(o: RestoreOptions, disk: Disk, layout: Layout): Promise<Restored> {
  const { checkpoint } = await readCheckpoint(disk, layout, o.key);
  const firsts = (await listSegments(disk, layout)).map(({ first }) => first);
  const tree = CompactRange.from(0, []);
  const here = await walkChain({ disk, layout, firsts, onLeaf: (leaf) => tree.append(hashFromBase64(leaf)) });
  const anchors = openAnchors(o.anchors ?? [], o.key, () => {});
  const goal = await goalOf(checkpoint, anchors, disk, layout, here.lines);
  if (goal.end <= here.lines) throw notRolledBack(layout, here.lines);

  const temporary = layout.segment(here.lines) + TEMPORARY;
  await disk.unlink(temporary); // of an earlier try
  const file = await disk.open(temporary, "create");
  let isWhole = false;
  try {
    await writeLines(o.lines(here.lines, goal.end), { file, layout, tree, goal, prev: here.prev });
    await file.datasync();
    isWhole = true;
  } finally {
    await file.close();
    if (!isWhole) await disk.unlink(temporary);
  }
  // A crash up to the rename: a file that the next start, or restore, removes. The log is refused as before.
  await cutTornEnd(disk, layout, here);
  await forgetRollback(disk, layout);
  await disk.rename(temporary, layout.segment(here.lines));
  // A crash here: after a power cut either all of the lines are there, or none.
  await disk.syncDirectory(layout.segments);
  const signed = Math.max(...goal.roots.map(({ size }) => size), checkpoint.size);
  return { from: here.lines, lines: goal.end, signed };
}

async function goalOf(
  checkpoint: OpenedCheckpoint,
  anchors: readonly OpenedAnchor[],
  disk: Disk,
  layout: Layout,
  lines: number,
): Promise<Goal> {
  const roots = [{ ...checkpoint, where: layout.checkpoint }, ...anchors].filter(({ size }) => size > lines);
  const leaves = (await readCursors(disk, layout))
    .filter(({ next }) => next > lines)
    .map(({ sink, next, prev }) => ({ next, prev, where: `the cursor of sink ${sink}` }));
  return { end: Math.max(lines, ...roots.map(({ size }) => size), ...leaves.map(({ next }) => next)), roots, leaves };
}

interface Writing {
  readonly file: DiskFile;
  readonly layout: Layout;
  readonly tree: CompactRange;
  readonly goal: Goal;
  readonly prev: string;
}

async function writeLines(lines: AsyncIterable<Uint8Array>, { file, layout, tree, goal, prev }: Writing): Promise<void> {
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let [position, used] = [0, 0];
  const flush = async (): Promise<void> => {
    await file.write(chunk.subarray(0, used), position);
    position += used;
    used = 0;
  };
  const order = new LineOrder({ log: layout.log, next: tree.size, end: goal.end, prev });
  const take = async (accepted: readonly Uint8Array[]): Promise<void> => {
    for (const line of accepted) {
      const leaf = leafHash(line);
      tree.append(leaf);
      checkGoal(goal, tree, leaf, layout);
      if (used + line.length + 1 > CHUNK_BYTES) await flush();
      chunk.set(line, used);
      chunk[used + line.length] = NEWLINE;
      used += line.length + 1;
    }
  };
  for await (const line of lines) await take(order.add(line));
  await take(order.finish((line) => isTheLast(goal, tree, line)));
  if (tree.size === goal.end) return await flush();
  throw new LedgerError(
    "INCOMPLETE",
    `${layout.folder}: of the lines up to ${goal.end - 1}, line ${tree.size} was not found, or none that goes on from the one before it (${order.passedOver} were passed over). Nothing was changed.`,
  );
}

/** Of several versions of the last line, which no later line tells apart: whether this is the one. */
function isTheLast(goal: Goal, tree: CompactRange, line: Uint8Array): boolean {
  const leaf = leafHash(line);
  const after = CompactRange.from(tree.size, tree.hashes());
  after.append(leaf);
  return (
    goal.roots.every(({ size, root }) => size !== after.size || equalHashes(after.root(), root)) &&
    goal.leaves.every(({ next, prev }) => next !== after.size || hashToBase64(leaf) === prev)
  );
}

function checkGoal({ roots, leaves }: Goal, tree: CompactRange, leaf: Hash, layout: Layout): void {
  const refuse = (where: string, expected: string, found: string) =>
    new LedgerError(
      "FORKED",
      `${layout.folder}: the lines that were found are a chain that holds, but up to ${tree.size - 1} not what ${where} has (FORKED). Nothing was changed.\n` +
        `  expected   ${expected}\n  found      ${found}`,
      { fatal: true },
    );
  for (const { size, root, where } of roots) {
    if (size === tree.size && !equalHashes(tree.root(), root)) throw refuse(where, hashToBase64(root), hashToBase64(tree.root()));
  }
  for (const { next, prev, where } of leaves) {
    if (next === tree.size && hashToBase64(leaf) !== prev) throw refuse(where, prev, hashToBase64(leaf));
  }
}

/** An unfinished write at the end of what is here: nothing of it was promised, and no segment but the last may have one. */
async function cutTornEnd(
  disk: Disk,
  layout: Layout,
  { segment, tornBytes, segmentBytes, isCompressed }: ChainEnd,
): Promise<void> {
  if (segment === undefined || tornBytes === 0 || isCompressed) return;
  const file = await disk.open(layout.segment(segment), "update");
  try {
    await file.truncate(segmentBytes);
    // A crash here: without its torn end, or with it. The log is refused as before.
    await file.datasync();
  } finally {
    await file.close();
  }
}
