import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { nodeDisk } from "../src/disk.ts";
import { FileThread } from "../src/file-thread.ts";
import { createLog, openLedger } from "../src/index.ts";
import { nodeProcesses } from "../src/process-identity.ts";
import { checkWholeLog } from "./support/check-whole-log.ts";
import { entries, LOG, signer } from "./support/fixture.ts";

let data: string;
before(async () => {
  data = await mkdtemp(join(tmpdir(), "proofline-ledger-"));
});
after(() => rm(data, { recursive: true }));

test("the real disk does what the fake one does: modes, missing files, links, empty directories", async () => {
  const path = join(data, "file");
  await assert.rejects(nodeDisk.open(path, "read"), { code: "ENOENT" });
  await assert.rejects(nodeDisk.open(path, "update"), { code: "ENOENT" });
  assert.equal(await nodeDisk.readFile(path), undefined);
  const file = await nodeDisk.open(path, "create", 0o600);
  await file.write(Buffer.from("hello"), 0);
  await file.datasync();
  await file.truncate(4);
  assert.equal(await file.size(), 4);
  const into = Buffer.alloc(10);
  assert.equal(await file.read(into, 1), 3);
  assert.equal(await file.read(into, 4), 0);
  await file.close();
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  await assert.rejects(nodeDisk.open(path, "create"), { code: "EEXIST" });
  assert.equal(await nodeDisk.link(path, `${path}2`), true);
  assert.equal(await nodeDisk.link(path, `${path}2`), false);
  await nodeDisk.rename(`${path}2`, `${path}3`);
  assert.deepEqual(await nodeDisk.list(data), ["file", "file3"]);
  assert.deepEqual(await nodeDisk.list(join(data, "none")), []);
  await (await nodeDisk.open(path, "replace")).close();
  assert.equal((await nodeDisk.readFile(path))?.length, 0);
  for (const name of ["file", "file3", "none"]) await nodeDisk.unlink(join(data, name));
  await nodeDisk.makeDirectory(join(data, "a"));
  await nodeDisk.makeDirectory(join(data, "a"));
  await nodeDisk.makeDirectory(join(data, "a", "b"));
  await nodeDisk.syncDirectory(data);
  await nodeDisk.removeDirectory(join(data, "a"));
  assert.deepEqual(await nodeDisk.list(join(data, "a")), ["b"]);
  await nodeDisk.removeDirectory(join(data, "a", "b"));
  await nodeDisk.removeDirectory(join(data, "a"));
  await nodeDisk.removeDirectory(join(data, "a"));
  assert.deepEqual(await nodeDisk.list(data), []);
  assert.ok(nodeDisk.freeBytes(data) > 0);
});

test("the real disk writes many files in one call, over what was there, and says which it could not write", async () => {
  const folder = join(data, "many");
  await nodeDisk.makeDirectory(folder);
  const files = Array.from({ length: 150 }, (_, i) => ({ path: join(folder, `${i}`), bytes: Buffer.alloc(i * 100, i) }));
  const longer = files.map(({ path }) => ({ path, bytes: Buffer.alloc(20_000, "x") }));
  for (const round of [longer, files]) await nodeDisk.writeFiles!(round, 0o644);
  for (const { path, bytes } of files) assert.ok((await readFile(path)).equals(bytes));
  assert.equal((await stat(files[0]!.path)).mode & 0o777, 0o644);
  const nowhere = { path: join(folder, "none", "file"), bytes: Buffer.alloc(1) };
  await assert.rejects(nodeDisk.writeFiles!([files[0]!, nowhere], 0o644), { code: "ENOENT", message: /none/ });
  await nodeDisk.writeFiles!(files, 0o644);
  await rm(folder, { recursive: true });
});

test("a thread that dies while it writes files fails that call, and no later one", async () => {
  const mortal = (): Worker =>
    new Worker("require('node:worker_threads').parentPort.on('message', () => { throw new Error('out of luck'); });", {
      eval: true,
    });
  const healthy = (): Worker => new Worker(new URL("../src/file-worker.ts", import.meta.url), { workerData: { role: "files" } });
  const starts = [mortal, healthy];
  const thread = new FileThread(() => starts.shift()!());
  const file = { path: join(data, "by-a-thread"), bytes: Buffer.from("hello") };
  await assert.rejects(thread.write([file], 0o600), { message: "out of luck" });
  await thread.write([file], 0o600);
  assert.equal(await readFile(file.path, "utf8"), "hello");
  await rm(file.path);
});

test("this process has a start time of its own, and a pid that nobody has has none", () => {
  assert.equal(nodeProcesses.startOf(process.pid), nodeProcesses.self.started);
  assert.equal(nodeProcesses.startOf(2 ** 30), undefined);
  assert.notEqual(nodeProcesses.startOf(1), undefined);
});

test("a log on the real disk: written, read, rolled, closed, opened again, and it holds", async () => {
  await createLog({ data, log: LOG, signer });
  const o = { data, log: LOG, signer, segmentBytes: 50_000, onFatal: assert.fail };
  const ledger = await openLedger(o);
  await assert.rejects(openLedger(o), { code: "LOCKED", message: new RegExp(`process ${process.pid} `) });
  await Promise.all(Array.from({ length: 10 }, (_, i) => ledger.append(entries(`a${i}`, 100))));
  await ledger.putObject(Buffer.from("large"));
  const cursor = await ledger.openCursor("loki");
  await cursor.save((await ledger.read(0, { maxBytes: 10_000, maxLines: 100 })).length);
  await ledger.close();
  const again = await openLedger(o);
  assert.equal(again.size, 1000);
  assert.equal((await again.openCursor("loki")).next, cursor.next);
  await again.append(entries("b", 1));
  await again.close();
  const folder = join(data, ...LOG.split("/"));
  const files = new Map<string, Uint8Array>();
  for (const name of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(name.parentPath, name.name);
    if (name.isFile()) files.set(path.slice(folder.length + 1), await readFile(path));
  }
  const segments = [...files.keys()].filter((path) => path.startsWith("segments/")).map((path) => path.slice("segments/".length));
  const { lines, checkpointSize } = checkWholeLog(LOG, signer.vkey, {
    segments: segments.sort(),
    read: (path) => files.get(path),
  });
  assert.deepEqual([lines.length, checkpointSize], [1001, 1001]);
  assert.equal((await stat(join(folder, "segments", segments[0]!))).mode & 0o777, 0o400);
});

test("a log that is closed while it is being checked is closed in order, though nothing else keeps the process", async () => {
  const folder = join(data, "checked");
  await createLog({ data: folder, log: LOG, signer });
  const ledger = await openLedger({ data: folder, log: LOG, signer, onFatal: assert.fail });
  for (let i = 0; i < 12; i++) await ledger.append(entries(`a${i}`, 200, 1_000));
  await ledger.close();
  const script = join(import.meta.dirname, "support", "closing-process.ts");
  for (const ms of [0, 5, 10]) {
    const args = ["--conditions=@proofline/source", script, folder, String(ms)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 });
    assert.match(stdout, /^closed, (running|holds)$/m);
  }
});
