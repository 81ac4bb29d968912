// key-generate.ts: `proofline key generate`: a signing key in a file, its public half on standard output.

import { dirname } from "node:path";
import { createSecret } from "@proofline/receiver";
import { generateSigner } from "@proofline/tlog";
import { Command } from "commander";
import type { Console } from "../console.ts";
import { CommandError, EXIT } from "../exit.ts";

interface GenerateOptions {
  readonly name: string;
  readonly out: string;
}

export function keyCommand(console: Console): Command {
  return new Command("key").description("signing keys").addCommand(
    new Command("generate")
      .description("make an Ed25519 key; the private one goes into a file, the public one is printed")
      .requiredOption("--name <name>", "name of the log that it will sign")
      .requiredOption("--out <file>", "file for the private key; it must not be there yet")
      .action((options: GenerateOptions) => generate(options, console)),
  );
}

async function generate({ name, out }: GenerateOptions, console: Console): Promise<void> {
  const { skey, vkey } = generateSigner(name);
  try {
    await createSecret(out, skey);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (code === "ENOENT")
      throw new CommandError(EXIT.usage, `there is no folder ${dirname(out)}; a key goes where somebody has made a place for it`);
    if (code === "EEXIST") throw new CommandError(EXIT.usage, `${out} is there already; a key is never replaced`);
    throw new CommandError(EXIT.unknown, `${out} cannot be written (${code})`, { cause: error });
  }
  // Alone on its line, without a word around it: it goes straight into a file.
  await console.out(`${vkey}\n`);
}
