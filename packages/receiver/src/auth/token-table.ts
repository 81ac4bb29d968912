// token-table.ts: which writer a token belongs to. Reads the files of all writers; what cannot be read keeps its last tokens, and makes the
// table unsure: a token that it does not know may then be a good one. Knows no transport.

import { timingSafeEqual } from "node:crypto";
import type { TokenConfig } from "../config/auth-kinds.ts";
import { readTokenFile, type TokenFile, tokenDigest } from "./token-file.ts";

interface Known {
  readonly digest: Buffer;
  readonly writer: TokenConfig;
}

/** A file that could not be used. */
export interface TokenProblem {
  readonly name: string;
  readonly file: string;
  readonly reason: string;
}

export interface TokenReading {
  readonly table: TokenTable;
  /** Writers whose tokens are other ones than before, by name. */
  readonly changed: readonly string[];
  readonly problems: readonly TokenProblem[];
}

export class TokenTable {
  readonly #digests: ReadonlyMap<string, readonly Buffer[]>;
  readonly #known: readonly Known[];
  /** Whether every file could be read, so that an unknown token is a wrong one. */
  readonly sure: boolean;

  private constructor(writers: readonly TokenConfig[], digests: ReadonlyMap<string, readonly Buffer[]>, sure: boolean) {
    this.#digests = digests;
    this.#known = writers.flatMap((writer) => (digests.get(writer.name) ?? []).map((digest) => ({ digest, writer })));
    this.sure = sure;
  }

  static readonly empty: TokenTable = new TokenTable([], new Map(), true);

  /**
   * Reads the files. Never rejects.
   * @param before what is kept of a writer whose file cannot be used now
   */
  static async read(writers: readonly TokenConfig[], before: TokenTable = TokenTable.empty): Promise<TokenReading> {
    const files = await Promise.all(writers.map(({ file }) => readTokenFile(file)));
    const digests = new Map<string, readonly Buffer[]>();
    const owners = new Map<string, string>();
    const problems: TokenProblem[] = [];
    for (const [i, { name, file }] of writers.entries()) {
      const read = sole(files[i]!, name, owners);
      if ("digests" in read) digests.set(name, read.digests);
      else {
        problems.push({ name, file, reason: read.reason });
        digests.set(name, before.#digests.get(name) ?? []);
      }
    }
    const names = new Set([...digests.keys(), ...before.#digests.keys()]);
    const changed = [...names].filter((name) => !isSame(digests.get(name), before.#digests.get(name)));
    return { table: new TokenTable(writers, digests, problems.length === 0), changed, problems };
  }

  /** Cost: a hash, and a comparison with every token there is; how long it takes does not tell how near a guess was, or whose it is. */
  find(token: string): TokenConfig | undefined {
    const digest = tokenDigest(token);
    let found: TokenConfig | undefined;
    for (const known of this.#known) if (timingSafeEqual(known.digest, digest)) found = known.writer;
    return found;
  }
}

/** A token of two writers would make a line say either. */
function sole(file: TokenFile, name: string, owners: Map<string, string>): TokenFile {
  if (!("digests" in file)) return file;
  const keys = file.digests.map((digest) => digest.toString("base64"));
  const other = keys.map((key) => owners.get(key)).find((owner) => owner !== undefined && owner !== name);
  if (other !== undefined) return { reason: `it has a token of the writer ${other} too` };
  for (const key of keys) owners.set(key, name);
  return file;
}

function isSame(a: readonly Buffer[] = [], b: readonly Buffer[] = []): boolean {
  return a.length === b.length && a.every((digest, i) => digest.equals(b[i]!));
}
