import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { leafHash, openCheckpoint, rootOf, verifierFromVkey } from "@proofline/tlog";
import { auditRecord, request, toJson } from "../support/otlp.ts";
import { startTestReceiver, type TestReceiver, temporaryFolder } from "../support/receiver.ts";

const LOG = "audit.example.com/prod-0";
const SETTINGS = { log: LOG, "serve_log.enabled": "true", "serve_log.entries": "true", "checkpoint.interval": "10ms" };
let ids = 0;

/** Appends records, and returns when a checkpoint covers them. */
async function append(r: TestReceiver, count: number): Promise<void> {
  const body = toJson(request(...Array.from({ length: count }, () => auditRecord(`id-${ids++}`))));
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${r.url}/v1/audit?wait=checkpoint`, { method: "POST", headers, body: new Uint8Array(body) });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  assert.match(text, /"checkpoint"/);
}

function get(r: TestReceiver, path: string, o: RequestInit = {}): Promise<Response> {
  return fetch(`${r.url}/tlog/${LOG}/${path}`, o);
}

async function bytesOf(r: TestReceiver, path: string): Promise<Buffer> {
  const response = await get(r, path);
  assert.equal(response.status, 200, path);
  return Buffer.from(await response.arrayBuffer());
}

async function sizeOf(r: TestReceiver): Promise<number> {
  return Number((await bytesOf(r, "checkpoint")).toString().split("\n")[1]);
}

function linesOf(bundle: Buffer): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bundle.length; ) {
    const end = at + 2 + bundle.readUInt16BE(at);
    assert.ok(end <= bundle.length);
    lines.push(bundle.toString("utf8", at + 2, end));
    at = end;
  }
  return lines;
}

describe("GET /tlog/<log>/…", () => {
  test("a log is whole: checkpoint, tiles and entry bundles agree, and the bundles are the lines on disk", async (t) => {
    const r = await startTestReceiver(t, { settings: SETTINGS });
    await append(r, 700);
    const { origin, size, root } = openCheckpoint(await bytesOf(r, "checkpoint"), [verifierFromVkey(r.receiver.vkey)]);
    assert.equal(origin, LOG);
    const lines: string[] = [];
    const leaves: Buffer[] = [];
    for (let index = 0; index * 256 < size; index++) {
      const width = Math.min(256, size - index * 256);
      const suffix = `00${index}${width === 256 ? "" : `.p/${width}`}`;
      lines.push(...linesOf(await bytesOf(r, `tile/entries/${suffix}`)));
      leaves.push(await bytesOf(r, `tile/0/${suffix}`));
    }
    assert.deepEqual(lines, (await r.allLines()).slice(0, size));
    const hashes = lines.map((line) => leafHash(Buffer.from(line)));
    assert.deepEqual(Buffer.concat(leaves), Buffer.concat(hashes));
    assert.deepEqual(rootOf(hashes), root);
    assert.equal((await bytesOf(r, "tile/1/000.p/2")).length, 64);
  });

  test("any width up to the checkpoint is served, also of one that is long superseded; nothing beyond it", async (t) => {
    const r = await startTestReceiver(t, { settings: SETTINGS });
    await append(r, 5);
    const before = await sizeOf(r);
    const tile = await bytesOf(r, `tile/0/000.p/${before}`);
    const entries = await bytesOf(r, `tile/entries/000.p/${before}`);
    await append(r, 7);
    assert.deepEqual(await bytesOf(r, `tile/0/000.p/${before}`), tile);
    assert.deepEqual(await bytesOf(r, `tile/entries/000.p/${before}`), entries);
    const now = await sizeOf(r);
    for (const path of [
      `tile/0/000.p/${now + 1}`,
      `tile/entries/000.p/${now + 1}`,
      "tile/0/000",
      "tile/entries/001.p/1",
      "tile/1/000.p/1",
    ])
      assert.equal((await get(r, path)).status, 404, path);
    await append(r, 300);
    assert.deepEqual(await bytesOf(r, `tile/0/000.p/${before}`), tile);
    assert.deepEqual((await bytesOf(r, "tile/0/000")).subarray(0, tile.length), tile);
  });

  test("tells caches what they may keep, and for how long; HEAD and If-None-Match spare the bytes", async (t) => {
    const r = await startTestReceiver(t, { settings: SETTINGS });
    await append(r, 300);
    const expected = {
      checkpoint: ["text/plain; charset=utf-8", "max-age=1"],
      "tile/0/000": ["application/octet-stream", "max-age=31536000, immutable"],
      "tile/entries/000": ["application/octet-stream", "max-age=31536000, immutable"],
      "tile/0/001.p/5": ["application/octet-stream", "max-age=300"],
    };
    for (const [path, [type, cache]] of Object.entries(expected)) {
      const response = await get(r, path);
      const length = (await response.arrayBuffer()).byteLength;
      assert.equal(response.headers.get("content-type"), type);
      assert.equal(response.headers.get("cache-control"), cache);
      const head = await get(r, path, { method: "HEAD" });
      assert.equal(head.status, 200);
      assert.equal(head.headers.get("content-length"), String(length));
      assert.equal((await head.arrayBuffer()).byteLength, 0);
      const tag = response.headers.get("etag")!;
      if (path === "checkpoint") continue;
      const again = await get(r, path, { headers: { "if-none-match": `"other", ${tag}` } });
      assert.equal(again.status, 304);
      assert.equal(again.headers.get("etag"), tag);
    }
  });

  test("is off by default, and the lines have a switch of their own", async (t) => {
    const off = await startTestReceiver(t, { settings: { log: LOG } });
    assert.equal((await get(off, "checkpoint")).status, 404);
    const hashes = await startTestReceiver(t, { settings: { ...SETTINGS, "serve_log.entries": "false" } });
    await append(hashes, 3);
    assert.equal((await get(hashes, "tile/0/000.p/3")).status, 200);
    const refused = await get(hashes, "tile/entries/000.p/3");
    assert.equal(refused.status, 404);
    assert.match(await refused.text(), /serve_log\.entries/);
  });

  test("where credentials are asked for, only serve_log.readers may read", async (t) => {
    const folder = await temporaryFolder(t);
    const [writer, auditor] = [join(folder, "writer"), join(folder, "auditor")];
    await writeFile(writer, "the-token-of-the-writer-0123456789\n", { mode: 0o600 });
    await writeFile(auditor, "the-token-of-the-auditor-0123456789\n", { mode: 0o600 });
    const tokens = [
      { name: "billing", file: writer, logs: ["*"] },
      { name: "auditor", file: auditor, logs: ["*"] },
    ];
    const settings = { ...SETTINGS, "auth.tokens": JSON.stringify(tokens), "serve_log.readers": "auditor" };
    const r = await startTestReceiver(t, { settings });
    const as = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } });
    assert.equal((await get(r, "checkpoint")).status, 401);
    assert.equal((await get(r, "checkpoint", as("the-token-of-the-writer-0123456789"))).status, 403);
    assert.equal((await get(r, "nothing", as("the-token-of-the-writer-0123456789"))).status, 403);
    assert.equal((await get(r, "checkpoint", as("the-token-of-the-auditor-0123456789"))).status, 200);
  });

  test("nothing else of the folder can be read, however it is spelled", async (t) => {
    const r = await startTestReceiver(t, { settings: SETTINGS });
    for (const path of [
      "key",
      "vkey",
      "lock",
      "tile/../key",
      "tile/0/..%2f..%2fkey",
      "tile%2F..%2F..%2Fkey",
      "segments/00000000000000000000.jsonl",
      "%00",
      "tile/0/000.p/0",
      "",
    ])
      assert.equal((await get(r, path)).status, 404, path);
    assert.equal((await fetch(`${r.url}/tlog/other/checkpoint`)).status, 404);
    assert.equal((await fetch(`${r.url}/tlog/`)).status, 404);
    assert.equal((await get(r, "checkpoint", { method: "POST" })).status, 404);
  });

  test("a log's name may have slashes, letters of any script, and be as long as a name can be", async (t) => {
    const log = `logs/größe/日本/${"n".repeat(180)}`;
    const r = await startTestReceiver(t, { settings: { ...SETTINGS, log } });
    for (const path of [log, encodeURI(log), encodeURIComponent(log)]) {
      const response = await fetch(`${r.url}/tlog/${path}/checkpoint`);
      assert.equal(response.status, 200);
      assert.ok((await response.text()).startsWith(`${log}\n`));
    }
  });

  test("a tile that is gone from the disk is 500, and one that was changed is served as it is: it is the reader who checks", async (t) => {
    const r = await startTestReceiver(t, { settings: SETTINGS });
    await append(r, 600);
    const changed = Buffer.alloc(8192, 7);
    await writeFile(join(r.receiver.folder, "tile/0/000"), changed);
    await rm(join(r.receiver.folder, "tile/0/001"));
    assert.deepEqual(await bytesOf(r, "tile/0/000"), changed);
    assert.equal((await get(r, "tile/0/001")).status, 500);
    assert.ok(r.logged.some(({ msg }) => msg === "a file of the log could not be read"));
  });

  test("while records arrive, what a checkpoint covers can always be read", async (t) => {
    const r = await startTestReceiver(t, { settings: SETTINGS });
    await append(r, 1);
    let done = false;
    const writing = (async () => {
      for (let i = 0; i < 40; i++) await append(r, 13);
      done = true;
    })();
    while (!done) {
      const size = await sizeOf(r);
      const index = Math.floor((size - 1) / 256);
      const name = `00${index}${size % 256 === 0 ? "" : `.p/${size % 256}`}`;
      const [tile, bundle] = await Promise.all([bytesOf(r, `tile/0/${name}`), bytesOf(r, `tile/entries/${name}`)]);
      const hashes = linesOf(bundle).map((line) =>
        createHash("sha256")
          .update(Buffer.concat([Buffer.of(0), Buffer.from(line)]))
          .digest(),
      );
      assert.deepEqual(tile, Buffer.concat(hashes));
    }
    await writing;
  });
});
