// signed.ts: what a log's signers say of it: notes to checkpoints, with every way in which that can fail told apart. Knows keys and notes,
// neither lines nor where a note came from.

import {
  type Checkpoint,
  equalHashes,
  hashToBase64,
  keyLabel,
  type NoteVerifier,
  openNote,
  parseCheckpoint,
  parseNote,
  TlogError,
} from "@proofline/tlog";
import type { Findings } from "./report.ts";

export interface Signed extends Checkpoint {
  /** `name+id` of the given keys that signed it. Empty when no key was given: then nothing is known of who did. */
  readonly keys: readonly string[];
  readonly where: string;
}

export interface OpenOptions {
  /** The log's name: the origin that a checkpoint must bear. */
  readonly log: string;
  /** The pinned keys for this log. Without any, the note is read and believed for the sake of finding contradictions. */
  readonly keys: readonly NoteVerifier[];
  readonly findings: Findings;
}

/** Opens the log's own checkpoint. @returns undefined, with a finding, when it cannot be relied on */
export function openLogCheckpoint(
  note: Uint8Array | string,
  where: string,
  { log, keys, findings }: OpenOptions,
): Signed | undefined {
  const report = (
    code: "BAD_SIGNATURE" | "UNTRUSTED_KEY" | "CHECKPOINT_UNREADABLE" | "WRONG_ORIGIN",
    expected: string,
    found: string,
  ) => {
    findings.add({ code, seq: null, expected, found, where });
    return undefined;
  };
  try {
    const signed = open(note, where, keys);
    return signed.origin === log ? signed : report("WRONG_ORIGIN", log, signed.origin);
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    const pinned = keys.map(keyLabel).join(", ");
    if (error.code === "BAD_SIGNATURE") return report("BAD_SIGNATURE", `a signature by ${pinned}`, error.message);
    if (error.code === "NO_KNOWN_SIGNATURE") return report("UNTRUSTED_KEY", `a signature by ${pinned}`, signersOf(note));
    return report("CHECKPOINT_UNREADABLE", "a signed checkpoint", `${error.code}: ${error.message}`);
  }
}

/** Opens a checkpoint that the caller kept. @returns undefined, with a finding, when it cannot be used; or silently, when it is another log's */
export function openSavedCheckpoint(
  note: Uint8Array | string,
  where: string,
  { log, keys, findings }: OpenOptions,
): Signed | undefined {
  try {
    const signed = open(note, where, keys);
    return signed.origin === log ? signed : undefined;
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    if (originOf(note) !== log && error.code === "NO_KNOWN_SIGNATURE") return undefined;
    findings.add({
      code: "SAVED_CHECKPOINT_UNUSABLE",
      seq: null,
      expected: `a checkpoint of ${log}`,
      found: `${error.code}: ${error.message}`,
      where,
    });
    return undefined;
  }
}

/** The origin that a note claims, whoever signed it. */
export function originOf(note: Uint8Array | string): string | undefined {
  try {
    return parseCheckpoint(parseNote(note).text).origin;
  } catch (error) {
    if (error instanceof TlogError) return undefined;
    throw error;
  }
}

/** Two signed checkpoints of one size with different roots: the log tells two stories, whatever its lines say. */
export function reportForks(signed: readonly Signed[], findings: Findings): void {
  const bySize = new Map<number, Signed>();
  for (const one of signed) {
    const other = bySize.get(one.size);
    if (other === undefined) bySize.set(one.size, one);
    else if (!equalHashes(one.root, other.root)) {
      findings.add({ code: "FORKED", seq: null, expected: describeSigned(other), found: describeSigned(one), where: one.where });
    }
  }
}

/** A checkpoint in words. */
export function describeSigned({ root, size, where }: Signed): string {
  return `root ${hashToBase64(root)} at size ${size} (${where})`;
}

function open(note: Uint8Array | string, where: string, keys: readonly NoteVerifier[]): Signed {
  if (keys.length === 0) return { ...parseCheckpoint(parseNote(note).text), keys: [], where };
  const { text, verified } = openNote(note, keys);
  return { ...parseCheckpoint(text), keys: verified.map(keyLabel), where };
}

function signersOf(note: Uint8Array | string): string {
  return `signatures by ${parseNote(note).signatures.map(keyLabel).join(", ")}`;
}
