// make-line-vectors.ts: writes the OTLP side of test/vectors/line/*.json from cases.ts. Run: npx node test/vectors/make-line-vectors.ts
// What must come out (`lines`, `objects`) is kept as it stands in the files: it is reasoned from packages/event/SPEC.md and checked by
// spec_check.py, which shares no code with ours. A new case begins with no lines, and fails its tests until they are written.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cases } from "./cases.ts";
import { protobufHex } from "./otlp.ts";

export interface Vector {
  name: string;
  why: string;
  otlp: { protobuf: string | null; json: string | null };
  /** Place of the first line; each further one has the next seq, the leaf hash before it, and is received one nanosecond later. */
  head: { log: string; seq: number; prev: string; received: string };
  /** Assigned to the record that has none. */
  id: string;
  /** Who the receiver found the sender to be; nobody when absent. */
  writer?: string;
  lines: string[];
  /** SHA-256 and length of what the lines refer to, in the order in which it was moved out; quarantined bytes too. */
  objects?: { sha256: string; bytes: number }[];
}

const folder = fileURLToPath(new URL("./line/", import.meta.url));
const head = { log: "audit.example.com/prod-0", seq: 41, prev: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", received: "1795209243123456789" };

for (const { name, why, request, protobuf = same, json = same, writer } of cases) {
  const file = `${folder}${name}.json`;
  const old = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Vector) : undefined;
  const otlp = { protobuf: protobuf && protobuf(protobufHex(request)), json: json && json(request.json) };
  const vector: Vector = { name, why, otlp, head, id: "01JD5ZX8Q5HY0A9G3B4T8R2E7C", ...(writer === undefined ? {} : { writer }), lines: old?.lines ?? [] };
  if (old?.objects) vector.objects = old.objects;
  writeFileSync(file, `${JSON.stringify(vector, null, 2)}\n`);
}
for (const file of readdirSync(folder)) if (!cases.some(({ name }) => file === `${name}.json`)) throw new Error(`${file} has no case`);

function same(text: string): string {
  return text;
}
