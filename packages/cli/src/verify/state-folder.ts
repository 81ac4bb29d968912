// state-folder.ts: where a user's own state is, by the XDG base directory specification.

import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** The folder in which checkpoints are remembered. @param given by the user; else below $XDG_STATE_HOME, or ~/.local/state */
export function stateFolder(given: string | boolean | undefined, environment: NodeJS.ProcessEnv = process.env): string {
  if (typeof given === "string") return given;
  const home = environment.XDG_STATE_HOME;
  // The specification has relative paths ignored.
  return join(home !== undefined && isAbsolute(home) ? home : join(homedir(), ".local", "state"), "proofline", "checkpoints");
}
