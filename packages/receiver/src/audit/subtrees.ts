// subtrees.ts: roots of full subtrees, out of hash tiles, as inclusion proofs ask for them. The tiles are read beforehand: proofs are made
// in one go. Source: c2sp.org/tlog-tiles, RFC 9162 2.1.3.

import { HASH_BYTES, type Hash, inclusionProof, rootOf, TILE_WIDTH } from "@proofline/tlog";
import { publishedWidth, TileMissing, type TileSource } from "../serve-log/published-tiles.ts";

const TILE_HEIGHT = 8; // 2^8 = 256
const ANY_HASH: Hash = new Uint8Array(HASH_BYTES);

/**
 * Inclusion proofs of leaves in the tree of `size` leaves, in the order of `seqs`.
 * @param size of a checkpoint that the tiles cover
 * @throws {TileMissing} {Error} the disk's
 * Cost: about log256(size) tiles for neighbours, and at most 255 hashes for each.
 */
export async function inclusionProofs(seqs: readonly number[], size: number, tiles: TileSource): Promise<Hash[][]> {
  const loaded = new Map<string, Uint8Array>();
  for (const { level, index } of tilesOf(seqs, size)) {
    const bytes = await tiles.read({ level, index, width: publishedWidth({ level, index }, size) });
    if (bytes === undefined) throw new TileMissing(`no tile of level ${level}, index ${index} for ${size} lines`);
    loaded.set(`${level}/${index}`, bytes);
  }
  const roots = new Map<string, Hash>();
  const hashAt = (level: number, index: number): Hash => {
    const name = `${level}/${index}`;
    const known = roots.get(name);
    if (known !== undefined) return known;
    const root = rootOf(slotsOf(level, index, loaded));
    roots.set(name, root);
    return root;
  };
  return seqs.map((seq) => inclusionProof(seq, size, hashAt));
}

/** The tiles that the proofs will ask for: found by making them without hashes. */
function tilesOf(seqs: readonly number[], size: number): Iterable<{ level: number; index: number }> {
  const asked = new Map<string, { level: number; index: number }>();
  for (const seq of seqs) {
    inclusionProof(seq, size, (level, index) => {
      const { tileLevel, firstSlot } = place(level, index);
      const tile = { level: tileLevel, index: Math.floor(firstSlot / TILE_WIDTH) };
      asked.set(`${tile.level}/${tile.index}`, tile);
      return ANY_HASH;
    });
  }
  return asked.values();
}

function slotsOf(level: number, index: number, loaded: ReadonlyMap<string, Uint8Array>): Hash[] {
  const { tileLevel, firstSlot, slots } = place(level, index);
  const bytes = loaded.get(`${tileLevel}/${Math.floor(firstSlot / TILE_WIDTH)}`)!;
  const from = firstSlot % TILE_WIDTH;
  return Array.from({ length: slots }, (_, i) => bytes.slice((from + i) * HASH_BYTES, (from + i + 1) * HASH_BYTES));
}

/** A subtree of 2^level leaves is a run of neighbours in one tile. */
function place(level: number, index: number): { tileLevel: number; firstSlot: number; slots: number } {
  const slots = 2 ** (level % TILE_HEIGHT);
  return { tileLevel: Math.floor(level / TILE_HEIGHT), firstSlot: index * slots, slots };
}
