// note.ts: signed notes: text, a blank line, signature lines. Knows nothing of what the text says.
// Source: c2sp.org/signed-note. Keys are looked up by name and id, never by pattern: a name in a note is hostile input.

import { Buffer, isUtf8 } from "node:buffer";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { findControl, NEWLINE } from "./control.ts";
import { TlogError } from "./errors.ts";
import { formatKeyId, isKeyName, type NoteSigner, type NoteVerifier } from "./key.ts";

const MAX_NOTE_BYTES = 1_000_000;
const MAX_SIGNATURES = 100;
const KEY_ID_BYTES = 4;

export interface KeyName {
  readonly name: string;
  readonly keyId: number;
}

export interface NoteSignature extends KeyName {
  readonly signature: Uint8Array;
}

/** A note taken apart, with nothing verified. */
export interface ParsedNote {
  /** What is signed, its final newline included. */
  readonly text: string;
  /** In order; 1 to 100. */
  readonly signatures: readonly NoteSignature[];
}

export interface OpenedNote {
  readonly text: string;
  /** The given keys whose signature is on the note and right, each once; at least one. */
  readonly verified: readonly KeyName[];
  /** How many signature lines are by keys that were not given. */
  readonly unknown: number;
}

/**
 * Text, blank line and one signature line for each signer.
 * @param text ends in a newline; no other control characters
 * @throws {TlogError} NO_SIGNERS, NOTE_NOT_TERMINATED, NOTE_NOT_UTF8, NOTE_CONTROL_CHARACTER, NOTE_TOO_MANY_SIGNATURES, NOTE_TOO_LARGE
 */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  if (signers.length === 0) throw new TlogError("NO_SIGNERS", "a note needs a signer");
  // Without its newline, the text's last line would swallow the blank line after it.
  if (!text.endsWith("\n")) throw new TlogError("NOTE_NOT_TERMINATED", "the text does not end in a newline");
  if (!text.isWellFormed()) throw new TlogError("NOTE_NOT_UTF8", "the text has a lone surrogate");
  const bytes = Buffer.from(text);
  const lines = signers.map((signer) => {
    const id = Buffer.alloc(KEY_ID_BYTES);
    id.writeUInt32BE(signer.keyId);
    return `\u2014 ${signer.name} ${encodeBase64(Buffer.concat([id, signer.sign(bytes)]))}\n`;
  });
  const note = `${text}\n${lines.join("")}`;
  parseNote(note); // what we write, we can read
  return note;
}

/**
 * Takes a note apart at its last blank line and verifies nothing.
 * @throws {TlogError} NOTE_TOO_LARGE, NOTE_NOT_UTF8, NOTE_CONTROL_CHARACTER, NOTE_WITHOUT_SIGNATURES, NOTE_NOT_TERMINATED,
 * NOTE_BAD_SIGNATURE_LINE, NOTE_TOO_MANY_SIGNATURES; nothing else, for any input
 */
export function parseNote(note: string | Uint8Array): ParsedNote {
  const whole = decodeNote(note);
  const split = whole.lastIndexOf("\n\n");
  if (split < 0 || split + 2 === whole.length) throw new TlogError("NOTE_WITHOUT_SIGNATURES", "no signature after a blank line");
  if (!whole.endsWith("\n")) throw new TlogError("NOTE_NOT_TERMINATED", "the last line has no newline");
  const lines = whole.slice(split + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) {
    throw new TlogError("NOTE_TOO_MANY_SIGNATURES", `${lines.length} signatures; at most ${MAX_SIGNATURES} are read`);
  }
  return { text: whole.slice(0, split + 1), signatures: lines.map(parseSignatureLine) };
}

/**
 * Verifies a note. Signatures by keys that were not given are counted and ignored.
 * @throws {TlogError} AMBIGUOUS_KEY; all of {@link parseNote}; BAD_SIGNATURE when a given key's signature is wrong, even beside right ones;
 * NO_KNOWN_SIGNATURE. Nothing else, for any input.
 */
export function openNote(note: string | Uint8Array, verifiers: readonly NoteVerifier[]): OpenedNote {
  const known = indexVerifiers(verifiers);
  const { text, signatures } = parseNote(note);
  const bytes = Buffer.from(text);
  const verified = new Map<string, KeyName>();
  let unknown = 0;
  for (const { name, keyId, signature } of signatures) {
    const key = keyLabel({ name, keyId });
    const verifier = known.get(key);
    if (verifier === undefined) unknown++;
    else if (!verifier.verify(bytes, signature))
      throw new TlogError("BAD_SIGNATURE", `the signature by ${key} is not of this text`);
    else verified.set(key, { name, keyId });
  }
  if (verified.size === 0) {
    const names = signatures.map(keyLabel).join(", ");
    throw new TlogError("NO_KNOWN_SIGNATURE", `signed by ${names}; known: ${[...known.keys()].join(", ") || "none"}`);
  }
  return { text, verified: [...verified.values()], unknown };
}

/** `name+id`, as at the beginning of a vkey. */
export function keyLabel({ name, keyId }: KeyName): string {
  return `${name}+${formatKeyId(keyId)}`;
}

function indexVerifiers(verifiers: readonly NoteVerifier[]): Map<string, NoteVerifier> {
  const known = new Map<string, NoteVerifier>();
  for (const verifier of verifiers) {
    const label = keyLabel(verifier);
    const other = known.get(label);
    if (other !== undefined && other.vkey !== verifier.vkey) throw new TlogError("AMBIGUOUS_KEY", `two keys are called ${label}`);
    known.set(label, verifier);
  }
  return known;
}

function decodeNote(note: string | Uint8Array): string {
  if (note.length > MAX_NOTE_BYTES)
    throw new TlogError("NOTE_TOO_LARGE", `${note.length} bytes; at most ${MAX_NOTE_BYTES} are read`);
  if (typeof note === "string" ? !note.isWellFormed() : !isUtf8(note))
    throw new TlogError("NOTE_NOT_UTF8", "the note is not UTF-8");
  const text = typeof note === "string" ? note : Buffer.from(note.buffer, note.byteOffset, note.byteLength).toString("utf8");
  const control = findControl(text, NEWLINE);
  if (control >= 0) throw new TlogError("NOTE_CONTROL_CHARACTER", `a control character at ${control}`);
  return text;
}

function parseSignatureLine(line: string): NoteSignature {
  const refuse = () => new TlogError("NOTE_BAD_SIGNATURE_LINE", `not a signature line: ${JSON.stringify(line.slice(0, 100))}`);
  const [dash, name = "", encoded = "", ...rest] = line.split(" ");
  if (dash !== "\u2014" || !isKeyName(name) || rest.length > 0) throw refuse();
  let blob: Uint8Array;
  try {
    blob = decodeBase64(encoded);
  } catch {
    throw refuse();
  }
  if (blob.length <= KEY_ID_BYTES) throw refuse();
  const keyId = Buffer.from(blob.buffer, blob.byteOffset).readUInt32BE();
  return { name, keyId, signature: blob.subarray(KEY_ID_BYTES) };
}
