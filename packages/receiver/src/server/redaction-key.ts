// redaction-key.ts: the key behind `token` and `digest`. Whoever has it can find out which value a token stands for by trying; whoever
// loses it cannot compare new tokens with old ones. 32 bytes, in base64.

import { join } from "node:path";
import { StartError } from "./errors.ts";
import { createSecret, readSecret } from "./secret-files.ts";

const KEY_BYTES = 32;

/**
 * @param o.file the configured file, which must be there; undefined: `redaction.key` in `folder`, made when it is not there
 * @throws {StartError} BAD_KEY_FILE
 */
export async function openRedactionKey(o: {
  file: string | undefined;
  folder: string;
  random: (bytes: Uint8Array) => void;
}): Promise<Uint8Array> {
  const path = o.file ?? join(o.folder, "redaction.key");
  const text = await readSecret(path, "redaction.key_file");
  if (text !== undefined) return parse(text, path);
  if (o.file !== undefined) throw new StartError("BAD_KEY_FILE", `redaction.key_file: there is no file ${path}`);
  const key = Buffer.alloc(KEY_BYTES);
  o.random(key);
  await createSecret(path, key.toString("base64"));
  return key;
}

function parse(text: string, path: string): Uint8Array {
  const key = Buffer.from(text, "base64");
  if (key.length === KEY_BYTES && key.toString("base64") === text) return key;
  throw new StartError("BAD_KEY_FILE", `redaction.key_file: ${path} does not hold ${KEY_BYTES} bytes in base64`);
}
