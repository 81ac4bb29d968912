// anchors.ts: checkpoints of this log that others hold: what a backup, restored as a whole, cannot know of itself. Knows signatures and
// roots, not where an anchor came from.

import {
  hashToBase64,
  type NoteSigner,
  type OpenedCheckpoint,
  openCheckpoint,
  rightEdge,
  rootFromTiles,
  type Tile,
  TlogError,
  tilePath,
  verifierFromVkey,
} from "@proofline/tlog";
import type { Layout } from "./layout.ts";
import type { Recovered } from "./recover.ts";
import { anchorAhead, anchorForked } from "./refusals.ts";
import type { TileStore } from "./tile-store.ts";

/** A signed note that was kept somewhere else. */
export interface Anchor {
  readonly note: string;
  /** For a person: where it was found. */
  readonly where: string;
}

export interface OpenedAnchor extends OpenedCheckpoint, Anchor {}

/** Those that this log's key has signed. @param ignored told of each other one: anybody may put a note where anchors are kept */
export function openAnchors(
  anchors: readonly Anchor[],
  signer: Pick<NoteSigner, "name" | "vkey">,
  ignored: (where: string, why: string) => void,
): OpenedAnchor[] {
  return anchors.flatMap(({ note, where }) => {
    try {
      const checkpoint = openCheckpoint(note, [verifierFromVkey(signer.vkey)]);
      if (checkpoint.origin === signer.name) return [{ ...checkpoint, note, where }];
      ignored(where, `it is one of ${checkpoint.origin}`);
    } catch (error) {
      if (!(error instanceof TlogError)) throw error;
      ignored(where, error.code);
    }
    return [];
  });
}

/** @throws {LedgerError} ROLLED_BACK when an anchor covers more lines than there are, FORKED when it covers others */
export async function checkAnchors(
  anchors: readonly OpenedAnchor[],
  o: { layout: Layout; recovered: Recovered; checkpoint: OpenedCheckpoint; store: TileStore },
): Promise<void> {
  for (const anchor of anchors) {
    const lines = o.recovered.tip.size;
    if (anchor.size > lines) throw anchorAhead(o.layout, anchor.where, anchor.size, lines);
    const root = o.recovered.roots.get(anchor.size) ?? (await rootAt(anchor.size, o));
    // A tile is missing: the background check writes it again, and the next start compares.
    if (root !== undefined && root !== hashToBase64(anchor.root)) throw anchorForked(o.layout, anchor, root);
  }
}

/** The root at a size that the start did not come by, from the tiles that the signed root has just vouched for. */
async function rootAt(
  size: number,
  { checkpoint, store }: { checkpoint: OpenedCheckpoint; store: TileStore },
): Promise<string | undefined> {
  if (size === checkpoint.size) return hashToBase64(checkpoint.root);
  const bytes = new Map<string, Uint8Array>();
  for (const tile of rightEdge(size)) {
    const found = await readAt(tile, checkpoint.size, store);
    if (found === undefined) return undefined;
    bytes.set(tilePath(tile), found.subarray(0, tile.width * 32));
  }
  return hashToBase64(rootFromTiles(size, (tile) => bytes.get(tilePath(tile))!));
}

/** A tile as wide as it is at `size`: no narrower one of it may be left. */
async function readAt({ level, index, width }: Tile, size: number, store: TileStore): Promise<Uint8Array | undefined> {
  const edge = rightEdge(size).find((tile) => tile.level === level && tile.index === index);
  return await store.read(edge ?? { level, index, width });
}
