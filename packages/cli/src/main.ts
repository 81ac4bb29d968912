// main.ts: what bin/proofline.js starts.

import { readEnvironment } from "@proofline/receiver";
import { standardConsole } from "./console.ts";
import { runProgram } from "./program.ts";

const code = await runProgram(process.argv.slice(2), standardConsole(readEnvironment()));
// A command may have set its own; it is not taken back.
if (code !== 0) process.exitCode = code;
