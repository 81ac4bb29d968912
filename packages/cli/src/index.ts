// What a program may use of the command: all of it, as one function.
export { type Console, standardConsole } from "./console.ts";
export type { ExitCode } from "./exit.ts";
export { runProgram } from "./program.ts";
