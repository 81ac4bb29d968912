// main.ts: what bin/proofline.js starts.

import { standardConsole } from "./console.ts";
import { EXIT } from "./exit.ts";

const words = process.argv.slice(2);
const code = words[0] === "verify" ? await runVerify() : await runAll();
// A command may have set its own; it is not taken back.
if (code !== EXIT.ok) process.exitCode = code;

/** Without the receiver and the ledger: to load them takes longer than to verify a small log. */
async function runVerify() {
  const [{ verifyCommand }, { runCommands }] = await Promise.all([import("./commands/verify.ts"), import("./shell.ts")]);
  return await runCommands(words, standardConsole(new Map()), [verifyCommand()], () => undefined);
}

async function runAll() {
  const [{ readEnvironment }, { runProgram }] = await Promise.all([import("@proofline/receiver"), import("./program.ts")]);
  return await runProgram(words, standardConsole(readEnvironment()));
}
