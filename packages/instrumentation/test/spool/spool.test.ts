// Specifies the spool as a whole: spool/segment-writer.ts, stream-reader.ts, takeover.ts, owner.ts.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import fc from "fast-check";
import { AuditError } from "../../src/errors.ts";
import { nodeDisk } from "../../src/spool/disk.ts";
import { Heartbeats } from "../../src/spool/heartbeats.ts";
import {
  folderName,
  isGone,
  type Owner,
  parseFolderName,
  runningSince,
  SILENT_AFTER_MS,
  thisProcess,
} from "../../src/spool/owner.ts";
import { SegmentWriter, segmentName } from "../../src/spool/segment-writer.ts";
import { type Damage, StreamReader } from "../../src/spool/stream-reader.ts";
import { takeOver } from "../../src/spool/takeover.ts";
import { tempFolder } from "../kit/fixture.ts";

const STREAM = "01JD0000000000000000000000";
const LIMITS = { maxRecords: 1000, maxBytes: 1 << 20 };
const body = (text: string): Buffer => Buffer.concat([Buffer.from([0x0a]), Buffer.from(text)]);
const textOf = (bytes: Buffer): string => bytes.subarray(1).toString();

/** The one oracle: everything that can be read, in order, with what was reported as damage. */
async function readAll(folder: string, limits = LIMITS): Promise<{ texts: string[]; numbers: number[]; damage: Damage[] }> {
  const damage: Damage[] = [];
  const reader = await StreamReader.left(folder, STREAM, (found) => damage.push(found));
  const texts: string[] = [];
  const numbers: number[] = [];
  for (;;) {
    const parcels = await reader.read(limits);
    if (parcels.length === 0) break;
    for (const parcel of parcels) {
      texts.push(textOf(parcel.body));
      numbers.push(parcel.number);
    }
    reader.advance(parcels.at(-1)!);
  }
  await reader.close();
  return { texts, numbers, damage };
}

async function written(t: TestContext, texts: readonly string[], segmentBytes = 64): Promise<string> {
  const folder = join(await tempFolder(t), "s");
  const writer = new SegmentWriter(folder, { segmentBytes });
  for (const text of texts) writer.append(body(text));
  await writer.close();
  return folder;
}

const TEXTS = Array.from({ length: 25 }, (_, i) => `record ${i + 1}`);

describe("a spool that is read back", () => {
  test("yields every record in order, with its number, over all segments", async (t) => {
    const folder = await written(t, TEXTS);
    assert.ok(readdirSync(folder).length > 5);
    const { texts, numbers, damage } = await readAll(folder);
    assert.deepEqual(texts, TEXTS);
    assert.deepEqual(
      numbers,
      TEXTS.map((_, i) => i + 1),
    );
    assert.deepEqual(damage, []);
  });

  test("does so with a batch limit smaller than one record, too", async (t) => {
    const folder = await written(t, TEXTS);
    for (const maxBytes of [1, 7, 9, 30]) assert.deepEqual((await readAll(folder, { maxRecords: 2, maxBytes })).texts, TEXTS);
  });

  test("goes on behind the saved position, and deletes the segments before it", async (t) => {
    const folder = await written(t, TEXTS);
    const reader = await StreamReader.left(folder, STREAM, () => undefined);
    for (let read = 0; read < 12; ) {
      const [parcel] = await reader.read({ ...LIMITS, maxRecords: 1 });
      reader.advance(parcel!);
      read = parcel!.number;
    }
    const before = readdirSync(folder).length;
    await reader.save();
    await reader.close();
    assert.ok(readdirSync(folder).length < before);
    const { texts, numbers } = await readAll(folder);
    assert.deepEqual(texts, TEXTS.slice(12));
    assert.equal(numbers[0], 13);
  });

  test("starts at the oldest segment when the position file is damaged: at worst something is sent again", async (t) => {
    const folder = await written(t, TEXTS);
    for (const junk of ["", "{", "null", '{"segment":-1,"offset":0,"number":0}', '{"segment":1,"offset":9999,"number":3}']) {
      writeFileSync(join(folder, "acked"), junk);
      assert.deepEqual((await readAll(folder)).texts, TEXTS);
    }
  });

  test("cut off at any byte loses only what the cut reaches, and says so", async (t) => {
    const texts = ["one", "two", "three"];
    const folder = await written(t, texts, 1 << 20);
    const path = join(folder, segmentName(1));
    const whole = readFileSync(path);
    for (let cut = whole.length; cut >= 0; cut--) {
      writeFileSync(path, whole);
      truncateSync(path, cut);
      const { texts: found, damage } = await readAll(folder);
      assert.deepEqual(found, texts.slice(0, found.length));
      const end = [0, 12, 24, 38].filter((size) => size <= cut).length - 1;
      assert.equal(found.length, end, `cut at ${cut}`);
      assert.equal(damage.length, [0, 12, 24, 38].includes(cut) ? 0 : 1);
      assert.ok(damage.every(({ torn }) => torn));
    }
  });

  test("with any byte changed yields all other records, and no record that was never written", async (t) => {
    const texts = ["one", "two", "three", "four"];
    const folder = await written(t, texts, 1 << 20);
    const path = join(folder, segmentName(1));
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 0x41;
      writeFileSync(path, changed);
      const { texts: found, damage } = await readAll(folder);
      assert.ok(
        found.every((text) => texts.includes(text)),
        `byte ${at}`,
      );
      assert.equal(found.length, texts.length - 1, `byte ${at}`);
      assert.equal(damage.length, 1);
    }
  });

  test("of any bytes at all ends, without an exception", async (t) => {
    const folder = join(await tempFolder(t), "s");
    mkdirSync(folder);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        writeFileSync(join(folder, segmentName(1)), bytes);
        const { texts, damage } = await readAll(folder);
        assert.ok(bytes.length === 0 || texts.length > 0 || damage.length > 0);
      }),
      { numRuns: 60 },
    );
  });
});

describe("a failing disk", () => {
  const failures: Record<string, (file: number, bytes: Uint8Array) => number> = {
    "takes nothing": () => {
      throw Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC" });
    },
    "takes half and then fails": (file, bytes) => {
      if (bytes.length < 10) throw new Error("EIO");
      return nodeDisk.write(file, bytes.subarray(0, 5));
    },
    "says that it took no byte": () => 0,
  };
  for (const [how, write] of Object.entries(failures)) {
    for (const truncates of [true, false]) {
      for (const before of [0, 1, 3]) {
        test(`that ${how} (${truncates ? "and lets us cut" : "and does not let us cut"}) after ${before} records: the number is free again`, async (t) => {
          const folder = join(await tempFolder(t), "s");
          let failing = false;
          const writer = new SegmentWriter(folder, {
            segmentBytes: 1 << 20,
            disk: {
              ...nodeDisk,
              write: (file, bytes) => (failing ? write(file, bytes) : nodeDisk.write(file, bytes)),
              truncate: (file, size) => {
                if (failing && !truncates) throw new Error("EIO");
                nodeDisk.truncate(file, size);
              },
            },
          });
          const texts = Array.from({ length: before }, (_, i) => `before ${i}`);
          for (const text of texts) writer.append(body(text));
          failing = true;
          assert.throws(() => writer.append(body("lost to the disk")), { name: "AuditError", code: "SPOOL_WRITE" });
          assert.throws(() => writer.append(body("lost again")), AuditError);
          failing = false;
          assert.equal(writer.append(body("after")), before + 1);
          await writer.close();
          const { texts: found, numbers } = await readAll(folder);
          assert.deepEqual(found, [...texts, "after"]);
          assert.deepEqual(
            numbers,
            found.map((_, i) => i + 1),
          );
        });
      }
    }
  }
});

describe("the owner of a spool", () => {
  const me = thisProcess();
  const other: Owner = { pid: 4242, start: "99", host: me.host, boot: me.boot || "0", thread: 0 };
  const thread: Owner = { ...other, thread: 3 };

  test("stands in the folder's name", () => {
    assert.deepEqual(parseFolderName(folderName(STREAM, other)), { stream: STREAM, owner: other });
    assert.deepEqual(parseFolderName(folderName(STREAM, thread)), { stream: STREAM, owner: thread });
    assert.deepEqual(parseFolderName(folderName(STREAM, "free")), { stream: STREAM, owner: "free" });
    for (const name of ["refused", "x.free", `${STREAM}.1.2.3`, `${STREAM}.0.1.aa.bb`, ""])
      assert.equal(parseFolderName(name), undefined);
  });

  const gone = (owner: Owner | "free", silentMs: number, start: string | undefined): boolean =>
    isGone(owner, me, silentMs, () => start);

  test("is gone when no process has its number, or one that started at another time", () => {
    assert.equal(gone(other, 0, undefined), true);
    assert.equal(gone(other, 0, "100"), true);
    assert.equal(gone(other, SILENT_AFTER_MS * 2, "99"), false);
    assert.equal(gone("free", 0, "99"), true);
  });

  test("that is a worker thread is gone when the process has seen it end, or after a long silence; the process may live on", () => {
    const here = { ...thread, pid: me.pid };
    const threadIsGone = (owner: Owner, silentMs: number, ended: boolean): boolean =>
      isGone(
        owner,
        me,
        silentMs,
        () => "99",
        () => ended,
      );
    assert.equal(threadIsGone(here, 0, false), false);
    assert.equal(threadIsGone(here, 0, true), true);
    assert.equal(threadIsGone(thread, 0, true), false, "a thread of another process has its own numbers");
    assert.equal(threadIsGone(thread, SILENT_AFTER_MS + 1, false), true);
  });

  test("is silent for as long as its heartbeat was seen unchanged, whatever the wall clock does", () => {
    let [now, monotonicMs] = [1_000_000, 0];
    const heartbeats = new Heartbeats({ now: () => now, monotonicMs: () => monotonicMs });
    assert.equal(heartbeats.silentMs("a", 999_000), 0);
    now += 20 * 3_600_000; // the clock jumps by most of a day
    assert.equal(heartbeats.silentMs("a", 999_000), 0);
    monotonicMs += 60_000;
    assert.equal(heartbeats.silentMs("a", 999_000), 60_000);
    assert.equal(heartbeats.silentMs("a", 999_001), 0, "it has beaten");
    now = 500_000; // and back
    monotonicMs += 5;
    assert.equal(heartbeats.silentMs("a", 999_001), 5);
    assert.equal(heartbeats.silentMs("long ago", now - 25 * 3_600_000), Number.POSITIVE_INFINITY);
    heartbeats.keep(new Set());
    assert.equal(heartbeats.silentMs("a", 999_001), 0);
  });

  test("is gone when the kernel has been started since", () => {
    assert.equal(gone({ ...other, boot: "ffffffff" }, 0, "99"), true);
  });

  test("on another host, or where start times are unknown, is gone only after a long silence", () => {
    assert.equal(gone({ ...other, host: "elsewhere" }, SILENT_AFTER_MS - 1, undefined), false);
    assert.equal(gone({ ...other, host: "elsewhere" }, SILENT_AFTER_MS + 1, undefined), true);
    assert.equal(gone({ ...other, start: "0" }, SILENT_AFTER_MS - 1, "5"), false);
    assert.equal(gone({ ...other, start: "0" }, SILENT_AFTER_MS + 1, "5"), true);
  });

  test("this process is running since it says it started", () => {
    assert.equal(runningSince(process.pid), me.start);
    assert.equal(isGone(me, me, SILENT_AFTER_MS * 2, runningSince), false);
  });
});

describe("taking over", () => {
  async function leave(root: string, owner: Owner | "free"): Promise<void> {
    const folder = join(root, folderName(STREAM, owner));
    const writer = new SegmentWriter(folder, { segmentBytes: 64 });
    for (const text of TEXTS) writer.append(body(text));
    await writer.close();
  }
  const dead: Owner = { ...thisProcess(), pid: 2 ** 30, start: "1" };
  const take = (root: string) => {
    const heartbeats = new Heartbeats({ now: Date.now, monotonicMs: () => performance.now() });
    return takeOver({ root, me: thisProcess(), now: Date.now, heartbeats, onDamage: () => undefined });
  };

  test("happens once, however many try at the same moment", async (t) => {
    for (const owner of [dead, "free"] as const) {
      const root = await tempFolder(t);
      await leave(root, owner);
      const taken = (await Promise.all([take(root), take(root), take(root)])).flat();
      assert.equal(taken.length, 1);
      assert.equal(taken[0]!.stream, STREAM);
      assert.equal((await taken[0]!.read(LIMITS)).length > 0, true);
      await taken[0]!.close();
    }
  });

  test("leaves alone what a living process owns, and what is no spool", async (t) => {
    const root = await tempFolder(t);
    await leave(root, { ...thisProcess() });
    mkdirSync(join(root, "refused"));
    writeFileSync(join(root, "note.txt"), "");
    assert.deepEqual(await take(root), []);
    assert.deepEqual(await take(join(root, "not-there")), []);
  });

  test("keeps the position that the dead process had reached", async (t) => {
    const root = await tempFolder(t);
    await leave(root, dead);
    const folder = join(root, folderName(STREAM, dead));
    const reader = await StreamReader.left(folder, STREAM, () => undefined);
    const parcels = await reader.read({ ...LIMITS, maxRecords: 2 });
    reader.advance(parcels.at(-1)!);
    await reader.save();
    await reader.close();
    const [taken] = await take(root);
    assert.equal(textOf((await taken!.read(LIMITS))[0]!.body), "record 3");
    await taken!.close();
    renameSync(taken!.folder, folder);
  });
});
