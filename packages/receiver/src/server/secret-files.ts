// secret-files.ts: keys and passwords in files: made once, for the owner only, durable before they are used. Nothing else reads
// them, and no error quotes them.

import { type FileHandle, link, mkdir, open, readFile, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { StartError } from "./errors.ts";

const OWNER_ONLY = 0o600;
const MAX_SECRET_CHARS = 4_096;

/** The text of a secret's file, without white space around it; undefined when there is no such file. @throws {StartError} BAD_KEY_FILE */
export async function readSecret(path: string, what: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ENOENT") return undefined;
    throw new StartError("BAD_KEY_FILE", `${what}: ${path} cannot be read (${code})`, { cause: error });
  }
  const secret = text.trim();
  if (secret === "" || secret.length > MAX_SECRET_CHARS)
    throw new StartError("BAD_KEY_FILE", `${what}: ${path} is empty or too long`);
  return secret;
}

/**
 * Writes a new file, mode 0600, and makes it and its name durable. Never replaces one.
 * @throws the system's EEXIST when there is one, ENOENT when there is no folder for it
 */
export async function createSecret(path: string, secret: string): Promise<void> {
  const folder = dirname(path);
  const partial = `${path}.${process.pid}.partial`;
  // If we stop before it has its name: a partial file that nobody reads.
  await withFile(partial, "w", async (file) => {
    await file.chmod(OWNER_ONLY);
    await file.writeFile(`${secret}\n`);
    await file.sync();
  });
  // A second name instead of a rename: it fails when the name is taken, so that two processes that start at once cannot each
  // believe in a key of its own.
  try {
    await link(partial, path);
  } finally {
    await unlink(partial);
  }
  await withFile(folder, "r", (file) => file.sync());
}

/**
 * Makes a folder and those above it, as far as they are missing.
 * Not mkdir's `recursive`: where a folder can never be made, in /proc for one, that goes on for ever.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
}

async function withFile(path: string, flags: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags, OWNER_ONLY);
  try {
    await use(file);
  } finally {
    await file.close();
  }
}
