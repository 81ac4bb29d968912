// spell.ts: any value as text, for tokens and digests of what is not a string. The same value is always the same text;
// it is not meant to be read back, and it is not the spelling of any file format.

const MAX_DEPTH = 128;

/** A string as it is; everything else as JSON, bytes in base64, unknown objects by their own properties. */
export function spell(value: unknown): string {
  return typeof value === "string" ? value : spellValue(value, 0);
}

function spellValue(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "object":
      return value === null ? "null" : depth >= MAX_DEPTH ? '"…"' : spellObject(value, depth + 1);
    case "function":
    case "symbol":
    case "undefined":
      return "null";
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
  }
}

function spellObject(value: object, depth: number): string {
  if (value instanceof Uint8Array)
    return `{"$bytes":"${Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64")}"}`;
  if (Array.isArray(value)) return `[${value.map((element: unknown) => spellValue(element, depth)).join(",")}]`;
  const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  const members: string[] = [];
  for (const [key, member] of entries) members.push(`${spellValue(key, depth)}:${spellValue(member, depth)}`);
  return `{${members.join(",")}}`;
}
