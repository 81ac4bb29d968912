// open-keys.ts: the files of the keys that records' signatures are checked with, read once, at the start.

import { readFile } from "node:fs/promises";
import type { SignatureKeyConfig } from "../config/signature-kinds.ts";
import { StartError } from "../server/errors.ts";
import { type SignatureKey, SignatureKeyError, signatureKey } from "./keys.ts";

const MAX_FILE_CHARS = 64 * 1024;

/** @throws {StartError} BAD_KEY_FILE, which names the key and its file and nothing that is in it */
export async function openSignatureKeys(keys: readonly SignatureKeyConfig[]): Promise<readonly SignatureKey[]> {
  const found: SignatureKey[] = [];
  for (const { id, file } of keys) {
    const bad = (reason: string, cause?: unknown): StartError =>
      new StartError("BAD_KEY_FILE", `signatures.keys: the file of ${id}, ${file}, ${reason}`, { cause });
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (error) {
      throw bad(`cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`, error);
    }
    if (text.length > MAX_FILE_CHARS) throw bad(`is longer than ${MAX_FILE_CHARS} characters`);
    try {
      found.push(signatureKey(id, text));
    } catch (error) {
      if (error instanceof SignatureKeyError) throw bad(error.message, error);
      throw error;
    }
  }
  return found;
}
