// accept-rollback.ts: going on with a log that lost lines which it had acknowledged, because a person says so. What was signed of them is
// kept, and said in the log. Order: nothing is given up before it is written down that it will be.

import { Buffer } from "node:buffer";
import { randomFillSync } from "node:crypto";
import { createUlid } from "@proofline/event";
import { hashFromBase64, type NoteSigner, rightEdge, signCheckpoint, tilePath, tilesFor } from "@proofline/tlog";
import { type Anchor, openAnchors } from "./anchors.ts";
import { type ChainEnd, walkChain } from "./chain-walk.ts";
import { readCursors, replaceCursor } from "./cursor.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { Directories, PUBLIC, replaceFile } from "./durable.ts";
import { asLedgerError, type LedgerError } from "./errors.ts";
import { Layout } from "./layout.ts";
import { acquireLock } from "./lock.ts";
import { openLedger } from "./open.ts";
import type { Actor } from "./own-line.ts";
import { nodeProcesses, type Processes } from "./process-identity.ts";
import { readCheckpoint, refuseMissing } from "./read-checkpoint.ts";
import { notRolledBack } from "./refusals.ts";
import { givenUp, keepGivenUp, type Rollback, rollbackName, writeRollback } from "./rollback.ts";
import { listSegments } from "./segments.ts";
import { TileStore } from "./tile-store.ts";
import { TreeTiles } from "./tiles.ts";

export interface AcceptRollbackOptions {
  readonly data: string;
  readonly log: string;
  readonly signer: NoteSigner;
  readonly because: string;
  /** Who says so. */
  readonly actor: Actor;
  /** Checkpoints of this log that others hold: those that are ahead are given up, too. */
  readonly anchors?: readonly Anchor[];
  readonly disk?: Disk;
  readonly processes?: Processes;
  readonly now?: () => bigint;
  readonly random?: (bytes: Uint8Array) => void;
}

export interface AcceptedRollback {
  /** Lines that are left. */
  readonly lines: number;
  /** Lines that had been promised. */
  readonly promised: number;
  /** Files with the checkpoints that were given up. */
  readonly kept: readonly string[];
  /** Of the line that says so. */
  readonly seq: number;
}

/**
 * Accepts that a log is ROLLED_BACK. Reads every line. After a crash within, call it again, or start: the log is either still refused, or
 * says of itself what was done.
 * @throws {LedgerError} NOT_ROLLED_BACK, LOCKED, CORRUPT, WRONG_KEY, IO
 */
export async function acceptRollback(o: AcceptRollbackOptions): Promise<AcceptedRollback> {
  const { disk = nodeDisk, processes = nodeProcesses } = o;
  const now = o.now ?? (() => BigInt(Date.now()) * 1_000_000n);
  const random = o.random ?? ((bytes: Uint8Array) => void randomFillSync(bytes));
  const layout = new Layout(o.data, o.log);
  try {
    await refuseMissing(disk, layout);
    const lock = await acquireLock({ disk, processes, since: new Date(Number(now() / 1_000_000n)).toISOString() }, layout.lock);
    let accepted: Omit<AcceptedRollback, "seq">;
    try {
      accepted = await accept(o, { disk, layout, now, random });
    } finally {
      await lock.release();
    }
    // The start writes the line that says so.
    let failure: LedgerError | undefined;
    const onFatal = (error: LedgerError) => {
      failure = error;
    };
    const { data, log, signer } = o;
    const ledger = await openLedger({ data, log, signer, disk, processes, now, random, onFatal });
    await ledger.close();
    if (failure !== undefined) throw failure;
    return { ...accepted, seq: accepted.lines };
  } catch (error) {
    throw asLedgerError(`accepting the rollback of ${layout.folder}`, error);
  }
}

interface World {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly now: () => bigint;
  readonly random: (bytes: Uint8Array) => void;
}

async function accept(o: AcceptRollbackOptions, world: World): Promise<Omit<AcceptedRollback, "seq">> {
  const { disk, layout, now, random } = world;
  const { note, checkpoint } = await readCheckpoint(disk, layout, o.signer);
  const firsts = (await listSegments(disk, layout)).map(({ first }) => first);
  const tree = TreeTiles.empty();
  const store = new TileStore(disk, layout, new Directories(disk, layout.folder));
  // The tiles below the right edge are those of the same lines as before.
  const end = await walkChain({ disk, layout, firsts, onLeaf: (leaf) => append(tree, leaf) });
  const known = await givenUp(disk, layout);
  const anchors = openAnchors(o.anchors ?? [], o.signer, () => {}).filter(
    ({ size, root }) => size > end.lines && !known.has(rollbackName(size, root)),
  );
  const cursors = (await readCursors(disk, layout)).filter(({ next }) => next > end.lines);
  const isOwn = checkpoint.size > end.lines;
  if (!isOwn && anchors.length === 0 && cursors.length === 0) throw notRolledBack(layout, end.lines);

  const kept = [
    ...(isOwn ? [{ name: rollbackName(checkpoint.size, checkpoint.root), note }] : []),
    ...anchors.map((anchor) => ({ name: rollbackName(anchor.size, anchor.root), note: anchor.note })),
  ];
  const promised = Math.max(
    ...[...anchors, ...(isOwn ? [checkpoint] : [])].map(({ size }) => size),
    ...cursors.map((c) => c.next),
  );
  const rollback: Rollback = {
    ...{ id: createUlid(Number(now() / 1_000_000n), random), time: String(now()), actor: o.actor, because: o.because },
    ...{ lines: end.lines, promised, givenUp: kept, isOwn },
    cursors: cursors.map(({ sink, next }) => ({ sink, next })),
  };
  // A crash after any of these: still refused as ROLLED_BACK. The last one decides when the log's own checkpoint is ahead; otherwise the
  // last thing that is ahead of the lines does, and the file that says what was done is there before the first.
  await writeRollback(disk, layout, rollback);
  for (const { name, note: text } of kept) await keepGivenUp(disk, layout, name, text);
  for (const { sink } of cursors) await replaceCursor(disk, layout, sink, { next: end.lines, prev: end.prev });
  if (isOwn) await signAgain(o, world, { tree, end, size: checkpoint.size, store });
  return { lines: end.lines, promised, kept: kept.map(({ name }) => `${layout.rolledBack}/${name}`) };
}

async function signAgain(
  { log, signer }: AcceptRollbackOptions,
  { disk, layout }: World,
  { tree, end, size, store }: { tree: TreeTiles; end: ChainEnd; size: number; store: TileStore },
): Promise<void> {
  const edge = tree.edge();
  const current = new Set(rightEdge(end.lines).map(tilePath));
  // Of the lines that are gone: what is read in the place of a narrower tile would be another history's.
  for (const tile of tilesFor(end.lines, size)) if (!current.has(tilePath(tile))) await disk.unlink(layout.tile(tile));
  await store.write(edge);
  const note = signCheckpoint({ origin: log, size: end.lines, root: tree.root() }, [signer]);
  await replaceFile(disk, layout.checkpoint, Buffer.from(note), PUBLIC);
}

/** Full tiles are let go: their memory is bounded. */
function append(tree: TreeTiles, leaf: string): void {
  tree.append(hashFromBase64(leaf));
  if (tree.waiting > 0) tree.takeFull();
}
