// keys.ts: the public keys that a person gives, as text or in files.

import { existsSync, readFileSync } from "node:fs";
import { type NoteVerifier, TlogError, verifierFromVkey } from "@proofline/tlog";
import { VerifyError } from "@proofline/verify";

/** A vkey, or a file with one on each line. @throws {VerifyError} BAD_KEY */
export function readKeys(text: string): NoteVerifier[] {
  // A private key, given by mistake, must not end up in a terminal's or a scheduler's log.
  const isPrivate = /PRIVATE.KEY/.test(text);
  const where = isPrivate ? "(a private key)" : text;
  const bad = (message: string, cause?: unknown) =>
    new VerifyError("BAD_KEY", { message, expected: "a public key, name+id+base64, or a file with such", where, cause });
  if (isPrivate && !existsSync(text)) throw bad("this is a private key, which nobody else should see: give the public one");
  try {
    if (/^[^+\s]+\+[0-9a-f]{8}\+/.test(text)) return [verifierFromVkey(text)];
    const lines = readFileSync(text, "utf8").split(/\r?\n/);
    const keys = lines.filter((line) => line !== "" && !line.startsWith("#")).map(verifierFromVkey);
    if (keys.length > 0) return keys;
  } catch (error) {
    if (error instanceof TlogError) throw bad(`${error.message} (${error.code})`, error);
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error"; // its message would repeat the text
    throw bad(code === "ENOENT" ? "no such file, and not a key (name+id+base64)" : `cannot be read (${code})`);
  }
  throw bad("there is no key in it");
}
