// What the other rooms may use of transparency logs: hashes, trees, proofs, tiles, keys, notes, checkpoints.
export {
  type Checkpoint,
  formatCheckpoint,
  type OpenedCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  signCheckpoint,
} from "./checkpoint.ts";
export { CompactRange, rootOf } from "./compact-range.ts";
export { TlogError, type TlogErrorCode } from "./errors.ts";
export { EMPTY_ROOT, equalHashes, HASH_BYTES, type Hash, hashFromBase64, hashToBase64, leafHash, nodeHash } from "./hash.ts";
export {
  checkKeyName,
  formatKeyId,
  generateSigner,
  type NoteSigner,
  type NoteVerifier,
  signerFromSkey,
  verifierFromVkey,
} from "./key.ts";
export {
  type KeyName,
  keyLabel,
  type NoteSignature,
  type OpenedNote,
  openNote,
  type ParsedNote,
  parseNote,
  signNote,
} from "./note.ts";
export { consistencyProof, type HashAt, inclusionProof, verifyConsistency, verifyInclusion } from "./proof.ts";
export {
  parseTilePath,
  rangeFromTiles,
  rightEdge,
  rootFromTiles,
  splitTile,
  TILE_WIDTH,
  type Tile,
  tileBytes,
  tilePath,
  tileRoot,
  tilesFor,
} from "./tile.ts";
