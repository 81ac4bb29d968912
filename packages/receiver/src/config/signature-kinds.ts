// signature-kinds.ts: the list of a config that says which keys sign records. Knows no file's contents.

import { isMap, type JsonSchema, type Kind, kind, type Parsed } from "./kinds.ts";

export interface SignatureKeyConfig {
  /** What `audit.integrity.certificate` says: `sha256:` and the hex of a certificate's DER, a key id; of a certificate's or an HMAC secret's file only a name. */
  readonly id: string;
  readonly file: string;
}

/** Each record without a reference to one is checked with all of them. */
const MAX_KEYS = 32;
const MAX_ID_CHARS = 256;
const TEXT: JsonSchema = { type: "string", minLength: 1 };
const ITEM = { type: "object", additionalProperties: false, required: ["id", "file"], properties: { id: TEXT, file: TEXT } };

/** A list in the file, the same as JSON in a variable. */
export const signatureKeyList: Kind<readonly SignatureKeyConfig[]> = kind(
  "list of `{id, file}`",
  { type: "array", items: ITEM, maxItems: MAX_KEYS },
  (input): Parsed<readonly SignatureKeyConfig[]> => {
    const list = typeof input === "string" ? parseJson(input) : input;
    if (!Array.isArray(list)) return { expected: "is not a list; in a variable it is one as JSON" };
    if (list.length > MAX_KEYS) return { expected: `has more than ${MAX_KEYS} entries` };
    const found: SignatureKeyConfig[] = [];
    for (const [i, entry] of list.entries()) {
      const at = `entry ${i + 1}`;
      if (!isMap(entry)) return { expected: `has no map as ${at}`, hidden: true };
      const unknown = Object.keys(entry).find((key) => key !== "id" && key !== "file");
      if (unknown !== undefined)
        return { expected: `has the key ${JSON.stringify(unknown.slice(0, 40))} in ${at}; expected id, file`, hidden: true };
      const { id, file } = entry;
      if (!isText(id) || id.length > MAX_ID_CHARS) return { expected: `has no id of ${at}`, hidden: true };
      if (!isText(file) || file.includes("\0")) return { expected: `has no path as the file of ${at}`, hidden: true };
      if (found.some((other) => other.id === id)) return { expected: `has the id of ${at} twice`, hidden: true };
      found.push({ id, file });
    }
    return { value: found };
  },
);

function isText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
