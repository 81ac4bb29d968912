// The contract that others program against, seen from outside: the command and its exit codes, the folder, the line, the checkpoint. Nothing of ours is
// imported here: what is expected is computed from DESIGN's words with Node's own crypto.

import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHash, createPublicKey, verify } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const command = join(root, "packages/cli/dist/main.js");
const sha256 = (...parts: (Uint8Array | string)[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const leafHash = (line: string): Buffer => sha256(Buffer.of(0), line);

/** RFC 6962, 2.1, word for word. */
function treeHead(leaves: Buffer[]): Buffer {
  if (leaves.length === 0) return sha256("");
  if (leaves.length === 1) return leaves[0]!;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Buffer.of(1), treeHead(leaves.slice(0, split)), treeHead(leaves.slice(split)));
}

/** What the service says of itself: the first line of a run, the last one. */
const isOwn = (line: string): boolean => (JSON.parse(line) as { writer?: string }).writer === "proofline.receiver";

interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function proofline(...words: string[]): Promise<Run> {
  return new Promise((done) => {
    execFile(process.execPath, [command, ...words], { encoding: "utf8" }, (error, stdout, stderr) => {
      done({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function serve(cwd: string, ...words: string[]): Promise<{ child: ChildProcess; http: string }> {
  const child = spawn(
    process.execPath,
    [command, "serve", "--otlp-http", "127.0.0.1:0", "--otlp-grpc", "127.0.0.1:0", ...words],
    {
      cwd,
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  for await (const line of createInterface({ input: child.stdout! })) {
    const found = /^receiver\s+http (\S+) · grpc (\S+)/.exec(line);
    if (found !== null) return { child, http: `http://${found[1]}` };
  }
  throw new Error("serve ended before it was ready");
}

async function stop(child: ChildProcess): Promise<number | null> {
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const [code] = (await ended) as [number | null];
  return code;
}

const record = (number: number): object => ({
  timeUnixNano: "1763680443120000000",
  eventName: "invoice.approved",
  attributes: [
    { key: "audit.record.id", value: { stringValue: `record-${number}` } },
    { key: "audit.actor.id", value: { stringValue: "ann" } },
    { key: "audit.actor.type", value: { stringValue: "user" } },
    { key: "audit.action", value: { stringValue: "APPROVE" } },
    { key: "audit.outcome", value: { stringValue: "success" } },
    { key: "user.password", value: { stringValue: "hunter2" } },
  ],
});

const send = (url: string, records: object[]): Promise<Response> =>
  fetch(`${url}/v1/logs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: records }] }] }),
  });

describe("the command, with no arguments but free ports", () => {
  const folder = mkdtempSync(join(tmpdir(), "proofline-e2e-"));
  const log = join(folder, "proofline-data/default");
  const segment = join(log, "segments/00000000000000000000.jsonl");
  const vkey = join(log, "vkey");
  const data = join(folder, "proofline-data");
  let lines: string[] = [];
  let pristine = "";

  before(async () => {
    const { child, http } = await serve(folder);
    for (let batch = 0; batch < 6; batch++) {
      const answer = await send(
        http,
        Array.from({ length: 50 }, (_, i) => record(batch * 50 + i)),
      );
      assert.equal(answer.status, 200);
      assert.equal(await answer.text(), "{}");
    }
    assert.equal(await stop(child), 0, "SIGTERM is an orderly end");
    pristine = readFileSync(segment, "utf8");
    lines = pristine.split("\n").slice(0, -1);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const report = async (...words: string[]): Promise<{ status: number; json: Record<string, unknown> }> => {
    const { status, stdout } = await proofline("verify", "--data", data, "--json", ...words);
    return { status, json: JSON.parse(stdout) as Record<string, unknown> };
  };
  const tampered = async (
    change: (lines: string[]) => string[],
    ...words: string[]
  ): Promise<{ status: number; json: Record<string, unknown> }> => {
    writeFileSync(segment, `${change([...lines]).join("\n")}\n`);
    try {
      return await report("--key", vkey, ...words);
    } finally {
      writeFileSync(segment, pristine);
    }
  };
  const firstSeq = (json: Record<string, unknown>): unknown => (json.findings as { seq: number }[])[0]?.seq;

  test("makes the log's folder as the design lays it out", () => {
    for (const name of ["segments", "checkpoint", "vkey"]) assert.ok(existsSync(join(log, name)), name);
    assert.deepEqual(readdirSync(join(log, "segments")), ["00000000000000000000.jsonl"]);
    assert.deepEqual(readdirSync(join(log, "tile/0")).sort(), ["000", "001.p"]);
  });

  test("writes one line a record, numbered from 0, each bearing the RFC 6962 hash of the one before", () => {
    assert.equal(lines.filter((line) => !isOwn(line)).length, 300);
    let prev = sha256("").toString("base64");
    let received = "";
    for (const [index, line] of lines.entries()) {
      const fields = JSON.parse(line) as Record<string, unknown>;
      assert.deepEqual(Object.keys(fields).slice(0, 6), ["v", "log", "seq", "prev", "received", "id"]);
      assert.equal(fields.v, 1);
      assert.equal(fields.log, "default");
      assert.equal(fields.seq, index);
      assert.equal(fields.prev, prev);
      assert.match(String(fields.received), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
      assert.ok(String(fields.received) > received, "received grows from line to line");
      received = String(fields.received);
      prev = leafHash(line).toString("base64");
    }
  });

  test("says of each run when it began and that it ended in order, before and after what it received", () => {
    const event = (line: string | undefined): unknown => (JSON.parse(line!) as { event?: string }).event;
    assert.deepEqual([event(lines[0]), event(lines.at(-1))], ["proofline.receiver.started", "proofline.receiver.stopped"]);
    assert.equal(lines.filter(isOwn).length, 2);
  });

  test("redacts before it hashes, and says so without the value", () => {
    assert.ok(!pristine.includes("hunter2"));
    const { redactions } = JSON.parse(lines.find((line) => !isOwn(line))!) as { redactions: Record<string, string>[] };
    assert.equal(redactions.length, 1);
    assert.equal(redactions[0]!.path, "attributes.user.password");
    assert.equal(redactions[0]!.action, "mask");
  });

  test("signs a checkpoint that covers every line: C2SP signed note, Ed25519, root of the RFC 6962 tree", () => {
    const note = readFileSync(join(log, "checkpoint"), "utf8");
    const split = note.lastIndexOf("\n\n");
    const text = note.slice(0, split + 1);
    assert.deepEqual(text.split("\n"), ["default", String(lines.length), treeHead(lines.map(leafHash)).toString("base64"), ""]);
    const [, name, signature] = /^— (\S+) (\S+)\n$/.exec(note.slice(split + 2))!;
    assert.equal(name, "default");
    const [origin, id, key] = readFileSync(vkey, "utf8")
      .trim()
      .split("+", 2)
      .concat(readFileSync(vkey, "utf8").trim().split("+").slice(2).join("+"));
    const typed = Buffer.from(key!, "base64");
    assert.equal(sha256(`${origin}\n`, typed).subarray(0, 4).toString("hex"), id);
    const publicKey = createPublicKey({
      key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), typed.subarray(1)]),
      format: "der",
      type: "spki",
    });
    const blob = Buffer.from(signature!, "base64");
    assert.equal(blob.subarray(0, 4).toString("hex"), id);
    assert.ok(verify(null, Buffer.from(text), publicKey, blob.subarray(4)));
  });

  test("verify with the pinned key: 0, and the object that the design names", async () => {
    const { status, json } = await report("--key", vkey);
    assert.equal(status, 0);
    assert.equal(json.result, "holds");
    assert.equal(json.log, "default");
    assert.deepEqual([json.from, json.to, json.records], [0, lines.length - 1, lines.length]);
    const checkpoint = json.checkpoint as Record<string, unknown>;
    assert.equal(checkpoint.size, lines.length);
    assert.equal(checkpoint.root, treeHead(lines.map(leafHash)).toString("base64"));
    assert.deepEqual(json.findings, []);
    assert.ok(Array.isArray(json.notProven));
  });

  test("verify without a key: 2, for the key in the folder proves nothing about the folder", async () => {
    const { status, json } = await report();
    assert.equal(status, 2);
    assert.equal(json.result, "unknown");
  });

  test("one changed byte: 1, and the line is named", async () => {
    for (const seq of [1, 137, 298, 300]) {
      const { status, json } = await tampered((all) => all.with(seq, all[seq]!.replace("APPROVE", "APPROVF")));
      assert.equal(status, 1);
      assert.equal(json.result, "broken");
      assert.equal(firstSeq(json), seq);
    }
  });

  test("a deleted, a repeated, a swapped line, a cut tail: 1, and the first seq is named", async () => {
    assert.equal(firstSeq((await tampered((all) => all.toSpliced(100, 1))).json), 100);
    assert.equal(firstSeq((await tampered((all) => all.toSpliced(100, 0, all[99]!))).json), 100);
    assert.equal(firstSeq((await tampered((all) => all.with(100, all[101]!).with(101, all[100]!))).json), 100);
    assert.equal(firstSeq((await tampered((all) => all.slice(0, 290))).json), 290);
  });

  test("a history that was chained anew after a change: 1, and the first changed line is named", async () => {
    const rechain = (all: string[]): string[] => {
      let prev = leafHash(all[119]!).toString("base64");
      return all.map((line, seq) => {
        if (seq < 120) return line;
        const forged = line.replace(/"prev":"[^"]*"/, `"prev":"${prev}"`).replace(seq === 120 ? "success" : "\u0000", "failure");
        prev = leafHash(forged).toString("base64");
        return forged;
      });
    };
    const { status, json } = await tampered(rechain);
    assert.equal(status, 1);
    assert.equal(firstSeq(json), 120);
  });

  test("words that are off: 64, and nothing is done", async () => {
    for (const words of [
      ["verify"],
      ["verify", "--data"],
      ["frobnicate"],
      ["verify", "--data", data, "--loki", "http://x"],
      ["serve", "--otlp-http", "nowhere"],
    ]) {
      assert.equal((await proofline(...words)).status, 64, words.join(" "));
    }
  });

  test("what is not there: 2, never 0", async () => {
    assert.equal((await proofline("verify", "--data", join(folder, "elsewhere"), "--key", vkey)).status, 2);
    assert.equal((await proofline("verify", "--data", data, "--key", join(folder, "no-key"))).status, 2);
    assert.equal((await proofline("verify", "--loki", "http://127.0.0.1:9", "--key", vkey)).status, 2);
  });

  test("starts again where it stopped, and takes a record that it has seen for the same one", async () => {
    const { child, http } = await serve(folder);
    assert.equal((await send(http, [record(7), record(300)])).status, 200);
    await stop(child);
    const now = readFileSync(segment, "utf8");
    assert.ok(now.startsWith(pristine));
    const added = now.slice(pristine.length).split("\n").slice(0, -1);
    assert.deepEqual(
      added.filter((line) => !isOwn(line)).map((line) => (JSON.parse(line) as { id: string }).id),
      ["record-300"],
    );
    assert.equal((await report("--key", vkey)).status, 0);
  });

  test("keeps a record that it cannot understand, sealed: nothing of it in the clear anywhere, all of it with the key", async () => {
    const { child, http } = await serve(folder);
    const bad = { severityNumber: "INFO", attributes: [{ key: "password", value: { stringValue: "planted-secret" } }] };
    assert.equal((await send(http, [bad, record(301)])).status, 200);
    await stop(child);
    const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { parentPath, name } of files) assert.ok(!readFileSync(join(parentPath, name)).includes("planted-secret"), name);
    const last = readFileSync(segment, "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { seq: number; quarantine?: object });
    const quarantined = last.filter((line) => line.quarantine !== undefined);
    assert.equal(quarantined.length, 1);
    const { status, stdout } = await proofline("inspect", String(quarantined[0]!.seq), "--data", data, "--bytes");
    assert.equal(status, 0);
    assert.deepEqual(JSON.parse(stdout), bad);
    assert.equal((await report("--key", vkey)).status, 0);
  });

  test("a start over a folder that is behind its own checkpoint is refused as ROLLED_BACK", async () => {
    const now = readFileSync(segment, "utf8");
    writeFileSync(segment, pristine);
    const { status, stderr } = await proofline(
      "serve",
      "--data",
      data,
      "--otlp-http",
      "127.0.0.1:0",
      "--otlp-grpc",
      "127.0.0.1:0",
    );
    writeFileSync(segment, now);
    assert.equal(status, 1);
    assert.match(stderr, /ROLLED_BACK/);
  });
});
