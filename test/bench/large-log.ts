// large-log.ts: writes a log of any number of lines, as a receiver would have: segments, tiles, a signed checkpoint. Several kinds of event
// take turns without a pattern, each with numbers and names of its own. For benchmarks: fast, and the same bytes for the same number.

import { hash } from "node:crypto";
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { emptyRecord, formatHead, formatTail, type LogRecord, type Value } from "@proofline/event";
import { CompactRange, EMPTY_ROOT, generateSigner, hashToBase64, signCheckpoint, TILE_WIDTH, tilePath } from "@proofline/tlog";

const SEGMENT_BYTES = 64 * 1024 * 1024;
const WRITE_BYTES = 1024 * 1024;
const START = 1_790_000_000_000_000_000n;
/** Stand in the spelled record where a number goes. */
const ID_MARK = "#id-mark#";
const NAME_MARK = "#name-mark#";
const NUMBER_MARK = 123_454_321;

export interface LargeLog {
  readonly name: string;
  readonly vkey: string;
  readonly lines: number;
  readonly bytes: number;
  /** Paths, in order. */
  readonly segments: readonly string[];
}

/** Writes a log into `<data>/<name>`, with lines of 850 bytes on average. Cost: about two microseconds a line. */
export function writeLargeLog(data: string, name: string, lines: number): LargeLog {
  const folder = join(data, name);
  mkdirSync(join(folder, "segments"), { recursive: true });
  const { signer, vkey } = generateSigner(name);
  const tiles = new TileWriter(folder);
  const segments: string[] = [];
  const kinds = KINDS.map(spell);
  const sent = kinds.map(() => 0);
  const buffer = Buffer.alloc(WRITE_BYTES + 65_536);
  let random = 1;
  let prev = hashToBase64(EMPTY_ROOT);
  let bytes = 0;
  let filled = 0;
  let room = 0;
  let file = -1;
  for (let seq = 0; seq < lines; seq++) {
    if (room <= 0) {
      filled = flush(file, buffer, filled);
      if (file >= 0) closeSync(file);
      segments.push(join(folder, "segments", `${String(seq).padStart(20, "0")}.jsonl`));
      file = openSync(segments.at(-1)!, "w");
      room = SEGMENT_BYTES;
    }
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    const kind = (random >>> 24) % kinds.length;
    const number = ++sent[kind]!;
    const head = formatHead({ log: name, seq, prev, received: START + BigInt(seq) * 1_000n });
    const tail = kinds[kind]!(`01JD${String(seq).padStart(22, "0")}`, `user-${(random >>> 12) % 977}`, String(number));
    const start = filled;
    filled += buffer.write(head, filled, "latin1");
    filled += buffer.write(tail, filled, "latin1");
    const leaf = hash("sha256", Buffer.concat([ZERO, buffer.subarray(start, filled)]), "buffer");
    buffer[filled++] = 0x0a;
    tiles.append(leaf);
    prev = leaf.toString("base64");
    room -= filled - start;
    bytes += filled - start;
    if (filled >= WRITE_BYTES) filled = flush(file, buffer, filled);
  }
  flush(file, buffer, filled);
  if (file >= 0) closeSync(file);
  const root = tiles.finish();
  writeFileSync(join(folder, "checkpoint"), signCheckpoint({ origin: name, size: lines, root }, [signer]));
  writeFileSync(join(folder, "vkey"), `${vkey}\n`);
  return { name, vkey, lines, bytes, segments };
}

const ZERO = Buffer.alloc(1);

function flush(file: number, buffer: Buffer, filled: number): number {
  if (filled > 0) writeSync(file, buffer, 0, filled);
  return 0;
}

class TileWriter {
  readonly #folder: string;
  readonly #tree = new CompactRange();
  readonly #levels: { hashes: Uint8Array[]; range: CompactRange; index: number }[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  append(leaf: Uint8Array, level = 0): void {
    if (level === 0) this.#tree.append(leaf);
    this.#levels[level] ??= { hashes: [], range: new CompactRange(), index: 0 };
    const at = this.#levels[level];
    at.hashes.push(leaf);
    at.range.append(leaf);
    if (at.hashes.length < TILE_WIDTH) return;
    this.#write(level, at.index, at.hashes);
    const root = at.range.root();
    this.#levels[level] = { hashes: [], range: new CompactRange(), index: at.index + 1 };
    this.append(root, level + 1);
  }

  finish(): Uint8Array {
    for (const [level, { hashes, index }] of this.#levels.entries()) if (hashes.length > 0) this.#write(level, index, hashes);
    return this.#tree.root();
  }

  #write(level: number, index: number, hashes: readonly Uint8Array[]): void {
    const path = join(this.#folder, tilePath({ level, index, width: hashes.length }));
    if (index % 1_000 === 0 || hashes.length < TILE_WIDTH) mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.concat(hashes));
  }
}

type Spelled = (id: string, name: string, number: string) => string;

/** Spells a kind's record once; from then on only what differs is put in. */
function spell(fill: (record: LogRecord) => void, kind: number): Spelled {
  const record = emptyRecord();
  record.id = ID_MARK;
  record.producer = { stream: `service-${kind}`, number: NUMBER_MARK, end: false };
  const attributes = fields({ "service.name": `service-${kind}`, "service.version": "1.4.2", "host.name": "node-17" });
  record.resource = { ...record.resource, attributes };
  record.scope = { ...record.scope, name: "@proofline/instrumentation" };
  fill(record);
  const [beforeId, afterId] = formatTail(record).split(ID_MARK) as [string, string];
  const [beforeName, afterName] = afterId.split(NAME_MARK) as [string, string];
  const [beforeNumber, afterNumber] = afterName.split(String(NUMBER_MARK)) as [string, string];
  return (id, name, number) => beforeId + id + beforeName + name + beforeNumber + number + afterNumber;
}

function fields(values: Record<string, Value>): Map<string, Value> {
  return new Map(Object.entries(values));
}

const BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0";

const KINDS: readonly ((record: LogRecord) => void)[] = [
  (record) => {
    Object.assign(record, { event: "invoice.approved", time: START, severity: 9, flags: 1 });
    Object.assign(record, { traceId: "5b8efff798038103d269b633813fc60c", spanId: "eee19b7ec3c1b174" });
    record.body = "Invoice approved after a second look at the supplier's bank account";
    record.attributes = fields({
      "audit.actor.id": NAME_MARK,
      "audit.actor.type": "user",
      "audit.action": "APPROVE",
      "audit.outcome": "success",
      "audit.target.id": "invoice-991",
      "audit.target.type": "invoice",
      "proofline.policy.version": "2026-10-01",
      "client.address": "10.20.30.40",
    });
    record.redactions = [{ path: "attributes.enduser.email", rule: "email", action: "token", policy: "0f3a9b27c4de" }];
  },
  (record) => {
    Object.assign(record, { event: "http.server.request", time: START, severity: 9, flags: 1 });
    Object.assign(record, { traceId: "aa8efff798038103d269b633813fc60c", spanId: "eee19b7ec3c1b175" });
    record.attributes = fields({
      "http.request.method": "POST",
      "http.route": "/api/v2/invoices/{id}/approve",
      "http.response.status_code": 200,
      "user.id": NAME_MARK,
      "url.path": "/api/v2/invoices/991/approve",
      "user_agent.original": BROWSER,
      "client.address": "10.20.30.40",
      "audit.action": "READ",
      "audit.outcome": "success",
    });
  },
  (record) => {
    Object.assign(record, { event: "gen_ai.tool.called", time: START, severity: 9 });
    Object.assign(record, { traceId: "bb8efff798038103d269b633813fc60c", spanId: "eee19b7ec3c1b176" });
    record.body = fields({
      tool: "lookup_supplier",
      arguments: fields({ supplier: NAME_MARK, fields: ["iban", "name", "limit"] }),
    });
    record.attributes = fields({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "lookup_supplier",
      "gen_ai.request.model": "risk-scorer-2-2026-10",
      "gen_ai.usage.input_tokens": 412,
      "proofline.input.digest": `sha256:${"8f".repeat(32)}`,
      "audit.actor.type": "agent",
      "audit.outcome": "success",
    });
  },
];
