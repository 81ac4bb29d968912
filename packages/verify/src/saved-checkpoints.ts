// saved-checkpoints.ts: the checkpoints that a caller kept, out of their files.

import { readNote } from "./log-folder.ts";
import { type OpenOptions, openSavedCheckpoint, type Signed } from "./signed.ts";

/** Those that are of this log. One that cannot be used becomes a finding. @throws {VerifyError} UNREADABLE */
export async function openSavedFiles(files: string | readonly string[] | undefined, o: OpenOptions): Promise<Signed[]> {
  const saved: Signed[] = [];
  for (const path of typeof files === "string" ? [files] : (files ?? [])) {
    const note = await readNote(path);
    if (note === undefined) {
      o.findings.add({
        code: "SAVED_CHECKPOINT_UNUSABLE",
        seq: null,
        expected: "a checkpoint",
        found: "no such file",
        where: path,
      });
      continue;
    }
    const opened = openSavedCheckpoint(note, path, o);
    if (opened !== undefined) saved.push(opened);
  }
  return saved;
}
