// token-file.ts: bearer tokens as they stand in a file, one a line, turned into digests at once: the tokens themselves are not kept.
// Source: RFC 6750 2.1 (b64token).

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

const MAX_FILE_BYTES = 64 * 1024;
const MIN_TOKEN_CHARS = 16;
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** `reason` names no token. */
export type TokenFile = { readonly digests: readonly Buffer[] } | { readonly reason: string };

/** SHA-256 of a token: 32 bytes. Tokens are long and random, so that a slow hash would protect nothing and cost each request. */
export function tokenDigest(token: string): Buffer {
  return createHash("sha256").update(token, "utf8").digest();
}

/** Never rejects. */
export async function readTokenFile(path: string): Promise<TokenFile> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "error";
    return { reason: code === "ENOENT" ? "there is no such file" : `it cannot be read (${code})` };
  }
  if (bytes.length > MAX_FILE_BYTES) return { reason: `it is longer than ${MAX_FILE_BYTES} bytes` };
  return parseTokens(bytes.toString("utf8"));
}

/** One token a line; empty lines and those that begin with `#` do not count. */
export function parseTokens(text: string): TokenFile {
  const digests: Buffer[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    const token = line.trim();
    if (token === "" || token.startsWith("#")) continue;
    if (token.length < MIN_TOKEN_CHARS) return { reason: `line ${i + 1} has fewer than ${MIN_TOKEN_CHARS} characters` };
    if (!TOKEN.test(token)) return { reason: `line ${i + 1} is not a bearer token` };
    digests.push(tokenDigest(token));
  }
  return digests.length > 0 ? { digests } : { reason: "it holds no token" };
}
