// dead-letter.ts: the list of records that a store refused for good, as JSON lines beside the sink's cursor. Appended and synced
// before the cursor passes them. The records themselves stay in the ledger; this only says which ones the store does not have, and why.

import { constants } from "node:fs";
import { mkdir, open, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export interface DeadLetter {
  /** Of the line in its log. */
  readonly seq: number;
  /** When it was given up, RFC 3339. */
  readonly time: string;
  /** The store's words, cut. */
  readonly reason: string;
}

/** `<log folder>/cursors/_<sink>.dead-letter.jsonl`: beside the cursor, under a name that no sink's cursor can have. */
export function deadLetterPath(logFolder: string, sink: string): string {
  return join(logFolder, "cursors", `_${sink}.dead-letter.jsonl`);
}

export interface DeadLetters {
  /** Durable when it resolves. After a rejection the same letters are appended again; a reader takes the last of equal ones. */
  append(letters: readonly DeadLetter[]): Promise<void>;
}

/** `<log folder>/cursors/_<sink>.mismatch.jsonl`: lines that the store was found not to hold as they are, in the same form. */
export function mismatchPath(logFolder: string, sink: string): string {
  return join(logFolder, "cursors", `_${sink}.mismatch.jsonl`);
}

/** The seqs in a list; none when there is no file. A torn last line is skipped. */
export async function readDeadLetters(path: string): Promise<Set<number>> {
  const seqs = new Set<number>();
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  for (const line of text.split("\n")) {
    const seq = /^\{"seq":(\d{1,16}),.*\}$/.exec(line)?.[1];
    if (seq !== undefined) seqs.add(Number(seq));
  }
  return seqs;
}

/**
 * Letters in a file. The file is made with the first letter, so that its being there means something.
 * Every append opens it anew: they are rare, and after a failed sync nothing about an open file can be trusted.
 */
export function deadLetterFile(path: string): DeadLetters {
  return {
    async append(letters) {
      await mkdir(dirname(path), { recursive: true });
      const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o644);
      try {
        const { size } = await file.stat();
        const text = letters.map((letter) => `${JSON.stringify(letter)}\n`).join("");
        // If we stop in the middle of this write, the next one starts on a line of its own and the torn one is skipped by readers.
        await file.write(`${(await endsTorn(file, size)) ? "\n" : ""}${text}`);
        await file.sync();
        // If we stop before the folder is synced, the file may be gone after a power cut; the cursor has not passed the letters.
        if (size === 0) await syncFolder(dirname(path));
      } finally {
        await file.close();
      }
    },
  };
}

async function endsTorn(
  file: { read: (b: Buffer, o: number, l: number, p: number) => Promise<unknown> },
  size: number,
): Promise<boolean> {
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  await file.read(last, 0, 1, size - 1);
  return last[0] !== 0x0a;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
