// auth-kinds.ts: the two lists of a config that say who may write: bearer tokens and client certificates. Knows no file's contents.

import { isMap, type JsonSchema, type Kind, kind, type Parsed } from "./kinds.ts";

/** A writer that shows a token. */
export interface TokenConfig {
  /** The writer, as it stands in the line. */
  readonly name: string;
  /** Holds one token a line. */
  readonly file: string;
  /** Names of logs; a `*` at the end of one stands for any rest. */
  readonly logs: readonly string[];
}

/** A writer that shows a certificate. */
export interface ClientConfig {
  readonly name: string;
  /** `URI:…`, `DNS:…` or `email:…` of the subject's alternative names, or `CN=…`. */
  readonly identity: string;
  readonly logs: readonly string[];
}

const MAX_WRITERS = 10_000;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._@/-]{0,127}$/;
/** Begins the writer of the service's own lines: nobody else may be called so. */
const OWN_NAME = /^proofline\./;

type Entry = Record<string, unknown>;

export const tokenList: Kind<readonly TokenConfig[]> = entries("file", "{name, file, logs}", (entry, at) => {
  const { file } = entry;
  if (typeof file !== "string" || file.trim() === "" || file.includes("\0")) return `has no path as the file of ${at}`;
  return { name: entry.name as string, file, logs: entry.logs as string[] };
});

export const clientList: Kind<readonly ClientConfig[]> = entries("identity", "{name, identity, logs}", (entry, at) => {
  const { identity } = entry;
  if (typeof identity !== "string" || !/^((URI|DNS|email):|CN=)./.test(identity)) {
    return `has no identity for ${at}; expected URI:…, DNS:…, email:… or CN=…`;
  }
  return { name: entry.name as string, identity, logs: entry.logs as string[] };
});

/** A list in the file, the same as JSON in a variable. */
function entries<T>(own: string, shape: string, read: (entry: Entry, at: string) => T | string): Kind<readonly T[]> {
  const text: JsonSchema = { type: "string", minLength: 1 };
  const item = {
    type: "object",
    additionalProperties: false,
    required: ["name", own, "logs"],
    properties: {
      name: { type: "string", pattern: NAME.source },
      [own]: text,
      logs: { type: "array", items: text, minItems: 1 },
    },
  };
  return kind(`list of \`${shape}\``, { type: "array", items: item }, (input): Parsed<readonly T[]> => {
    const list = typeof input === "string" ? parseJson(input) : input;
    if (!Array.isArray(list)) return { expected: "is not a list; in a variable it is one as JSON", hidden: true };
    if (list.length > MAX_WRITERS) return { expected: `has more than ${MAX_WRITERS} entries`, hidden: true };
    const found: T[] = [];
    for (const [i, entry] of list.entries()) {
      const at = `entry ${i + 1}`;
      const wrong = isMap(entry) ? common(entry, own, at) : `has no map as ${at}`;
      const one = wrong ?? read(entry as Entry, at);
      if (typeof one === "string") return { expected: one, hidden: true };
      found.push(one);
    }
    return { value: found };
  });
}

function common(entry: Entry, own: string, at: string): string | undefined {
  const unknown = Object.keys(entry).find((key) => !["name", own, "logs"].includes(key));
  if (unknown !== undefined) return `has the key ${JSON.stringify(unknown.slice(0, 40))} in ${at}; expected name, ${own}, logs`;
  const { name, logs } = entry;
  if (typeof name !== "string" || !NAME.test(name)) {
    return `has no writer's name for ${at}; expected letters, digits and . _ @ / - (at most 128)`;
  }
  if (OWN_NAME.test(name)) return `has the name "${name}" for ${at}: names that begin with "proofline." are the service's own`;
  const isName = (log: unknown): boolean => typeof log === "string" && log !== "" && !log.slice(0, -1).includes("*");
  if (Array.isArray(logs) && logs.length > 0 && logs.every(isName)) return undefined;
  return `has no list of logs for ${at}; expected names, a "*" only at their end`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
