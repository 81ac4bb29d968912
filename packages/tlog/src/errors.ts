// errors.ts: the one error of this room. A code for each check, so that a caller, and a test, can tell which one fired.

export type TlogErrorCode =
  // hashes and base64
  | "BAD_BASE64" // not the one padded standard spelling of its bytes
  | "BAD_HASH_LENGTH" // a hash is 32 bytes
  // trees and proofs
  | "SIZE_OUT_OF_RANGE" // a size is a safe integer, 0 or more (1 or more where a tree must have an entry)
  | "INDEX_OUT_OF_RANGE" // an index is a safe integer, 0 <= index < size
  | "SIZES_OUT_OF_ORDER" // the old size is beyond the new one
  | "WRONG_RANGE_LENGTH" // a compact range has one hash for each bit set in its size
  | "SUBTREE_MISALIGNED" // a subtree of 2^level leaves may only follow a multiple of 2^level leaves
  | "WRONG_PROOF_LENGTH" // hashes are missing, or left over
  | "ROOT_MISMATCH" // the proof leads to another root
  | "OLD_ROOT_MISMATCH" // the consistency proof does not contain the old tree
  // tiles
  | "BAD_TILE" // level, index or width out of range
  | "BAD_TILE_PATH" // not the one spelling of a tile's path
  | "BAD_TILE_LENGTH" // a tile of width W is 32 * W bytes
  // keys
  | "BAD_KEY_NAME" // empty, ill-formed, or with a space, a control character or a plus sign
  | "BAD_VKEY" // not `name+8 hex digits+base64`
  | "BAD_SKEY" // not `PRIVATE+KEY+name+8 hex digits+base64`
  | "BAD_SEED" // an Ed25519 seed is 32 bytes
  | "KEY_ID_MISMATCH" // the id in the key's text is not the one of its bytes
  | "UNKNOWN_ALGORITHM" // only Ed25519, type 0x01, is implemented
  | "BAD_KEY_LENGTH" // an Ed25519 key is 32 bytes
  // notes
  | "NOTE_TOO_LARGE" // over a million bytes
  | "NOTE_NOT_UTF8"
  | "NOTE_CONTROL_CHARACTER" // a byte below 0x20 that is not a newline
  | "NOTE_NOT_TERMINATED" // text and signatures both end in a newline
  | "NOTE_WITHOUT_SIGNATURES" // no blank line, or nothing after it
  | "NOTE_BAD_SIGNATURE_LINE" // not `— name base64`
  | "NOTE_TOO_MANY_SIGNATURES" // over a hundred
  | "NO_SIGNERS" // a note is signed by one key at least
  | "AMBIGUOUS_KEY" // two keys share name and id
  | "BAD_SIGNATURE" // a known key's signature does not fit the text
  | "NO_KNOWN_SIGNATURE" // none of the signatures is by a key that was given
  // checkpoints
  | "BAD_CHECKPOINT" // fewer than three lines, or no final newline
  | "BAD_ORIGIN" // empty, ill-formed or with a control character
  | "BAD_SIZE" // not a decimal number without leading zeros, up to 2^53-1
  | "BAD_ROOT" // not 32 bytes in base64
  | "BAD_EXTENSION"; // an empty extension line

/** Thrown for every refused input of this room, and for nothing else. */
export class TlogError extends Error {
  override readonly name = "TlogError";
  readonly code: TlogErrorCode;
  constructor(code: TlogErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
