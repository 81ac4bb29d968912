import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { formatHead, parseHead } from "@proofline/event";
import { generateSigner, hashToBase64, leafHash, signCheckpoint } from "@proofline/tlog";
import type { RecoveryReport } from "../src/recover.ts";
import { FaultyDisk } from "./support/faulty-disk.ts";
import { check, create, entries, FOLDER, LOG, open, seeded, signer } from "./support/fixture.ts";
import { MemoryDisk } from "./support/memory-disk.ts";

const SEGMENT = `${FOLDER}/segments/${"0".repeat(20)}.jsonl`;

/** A log of `count` lines, closed in order. */
async function logOf(count: number, o: { segmentBytes?: number } = {}): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk, ...o });
  for (let done = 0; done < count; done += 100) await ledger.append(entries(`e${done}`, Math.min(100, count - done)));
  await ledger.close();
  return disk;
}

/** As logOf, and `count` more lines that no checkpoint covers: the process was killed. */
async function unsigned(signed: number, count: number): Promise<MemoryDisk> {
  const disk = await logOf(signed);
  const ledger = await open({ disk });
  await ledger.append(entries("unsigned", count));
  return disk;
}

function put(disk: MemoryDisk, path: string, bytes: Uint8Array): void {
  const file = disk.file(path)!;
  file.truncate(0);
  file.write(bytes, 0);
  file.sync();
}

function linesOf(disk: MemoryDisk): string[] {
  return Buffer.from(disk.file(SEGMENT)!.contents()).toString().split("\n").slice(0, -1);
}

function putLines(disk: MemoryDisk, lines: readonly string[]): void {
  put(disk, SEGMENT, Buffer.from(lines.map((line) => `${line}\n`).join("")));
}

/** The same lines after `edit`, chained again from the first one on. */
function rechain(lines: readonly string[], edit: (line: string) => string): string[] {
  let prev = parseHead(Buffer.from(lines[0]!)).prev;
  return lines.map((line) => {
    const head = parseHead(Buffer.from(line));
    const changed = formatHead({ ...head, prev }) + edit(line.slice(head.tailOffset));
    prev = hashToBase64(leafHash(Buffer.from(changed)));
    return changed;
  });
}

function snapshot(disk: MemoryDisk): Map<string, string> {
  return new Map([...disk.files()].map(([path, file]) => [path, Buffer.from(file.contents()).toString("base64")]));
}

/** Opening is refused with that code, and the folder stays as it was found. Returns the message. */
async function refused(disk: MemoryDisk, code: string): Promise<string> {
  const before = snapshot(disk);
  let message = "";
  await assert.rejects(open({ disk }), (error: Error & { code?: string; fatal?: boolean }) => {
    message = error.message;
    assert.equal(error.code, code, message);
    return true;
  });
  before.delete(`${FOLDER}/lock`); // a killed process left it; the refused start gave it back
  assert.deepEqual(snapshot(disk), before, "nothing was changed");
  return message;
}

async function reopened(disk: MemoryDisk): Promise<RecoveryReport & { size: number }> {
  const ledger = await open({ disk });
  await ledger.close();
  check(disk);
  return { ...ledger.recovery, size: ledger.size };
}

suite("the torn end of the last segment", () => {
  test("is cut off wherever the write stopped, and the lines before it stay", async () => {
    const whole = await unsigned(2, 2);
    const bytes = whole.file(SEGMENT)!.contents();
    const third = Buffer.from(bytes).subarray(0, -1).lastIndexOf(0x0a) + 1;
    for (let cut = third; cut < bytes.length; cut++) {
      const disk = await unsigned(2, 2);
      disk.file(SEGMENT)!.truncate(cut);
      const { tornBytes, size } = await reopened(disk);
      assert.deepEqual([tornBytes, size], [cut - third, 3]);
      assert.equal(disk.file(SEGMENT)!.length, third, "it is gone from the disk, too");
    }
  });

  test("may be zeros, many or few, after half a line or after none", async () => {
    for (const torn of ["\0", '{"v":1,"lo\0\0\0', "\0".repeat(200_000), `{"v":1,${"\0".repeat(70_000)}`]) {
      const disk = await unsigned(2, 1);
      disk.file(SEGMENT)!.write(Buffer.from(torn), disk.file(SEGMENT)!.length);
      const { tornBytes, size } = await reopened(disk);
      assert.deepEqual([tornBytes, size], [torn.length, 3]);
    }
  });

  test("is not a torn write when it is longer than any line and not zeros", async () => {
    const disk = await unsigned(2, 1);
    disk.file(SEGMENT)!.write(Buffer.alloc(70_000, "x"), disk.file(SEGMENT)!.length);
    assert.match(await refused(disk, "CORRUPT"), /expected a newline within 65,536 bytes/);
  });

  test("of a sealed segment is not torn but corrupt", async () => {
    const disk = await logOf(200, { segmentBytes: 5000 });
    const file = disk.file(SEGMENT)!;
    put(disk, SEGMENT, file.contents().subarray(0, -1));
    assert.match(await refused(disk, "CORRUPT"), /expected a newline at the end of a sealed segment/);
  });

  test("an empty last segment is gone on with", async () => {
    const disk = await logOf(3);
    const empty = await disk.open(`${FOLDER}/segments/00000000000000000003.jsonl`, "create");
    await empty.close();
    const ledger = await open({ disk });
    await ledger.append(entries("more", 2));
    await ledger.close();
    assert.equal(check(disk).lines.length, 5);
  });
});

suite("a log behind what was signed or delivered is ROLLED_BACK", () => {
  test("lines are missing", async () => {
    const disk = await logOf(5);
    putLines(disk, linesOf(disk).slice(0, 3));
    const message = await refused(disk, "ROLLED_BACK");
    assert.match(message, /3 lines, but 5 were signed/);
    assert.match(message, /looks like a backup/);
    assert.match(message, /proofline verify --data \/data/);
  });

  test("a whole segment is missing at the end, or all of them", async () => {
    const disk = await logOf(200, { segmentBytes: 5000 });
    const names = [...disk.files().keys()].filter((path) => path.includes("/segments/"));
    await disk.unlink(names.pop()!);
    await refused(disk, "ROLLED_BACK");
    for (const name of names) await disk.unlink(name);
    assert.match(await refused(disk, "ROLLED_BACK"), / 0 lines, but 200 were signed/);
  });

  test("a sink has more than there is", async () => {
    const disk = await logOf(2);
    const older = snapshot(disk);
    const ledger = await open({ disk });
    await ledger.append(entries("more", 3));
    await (await ledger.openCursor("loki")).save(5);
    await ledger.close();
    for (const path of [SEGMENT, `${FOLDER}/checkpoint`]) put(disk, path, Buffer.from(older.get(path)!, "base64"));
    assert.match(await refused(disk, "ROLLED_BACK"), /2 lines, but sink loki has got 5/);
  });
});

suite("another history than the signed one", () => {
  test("is FORKED when its chain holds", async () => {
    for (const count of [1, 5, 300, 512]) {
      const disk = await logOf(count);
      putLines(
        disk,
        rechain(linesOf(disk), (tail) => tail.replace("ann", "bob")),
      );
      assert.match(await refused(disk, "FORKED"), /a chain that holds, with another root/);
    }
  });

  test("is CORRUPT when a line was changed, and the message names the place", async () => {
    const disk = await logOf(5);
    const lines = linesOf(disk);
    putLines(disk, lines.with(2, lines[2]!.replace("ann", "bob")));
    assert.match(await refused(disk, "CORRUPT"), /000\.jsonl:4 \(seq 3\): expected prev .*, found prev /);
  });

  test("is FORKED when the last signed line was changed: no other line vouches for it", async () => {
    const disk = await logOf(5);
    const lines = linesOf(disk);
    putLines(disk, lines.with(4, lines[4]!.replace("ann", "bob")));
    await refused(disk, "FORKED");
  });
});

suite("what no crash does is CORRUPT, and refused", () => {
  const damage: Record<string, (lines: string[]) => string[]> = {
    "a changed byte after the checkpoint": (lines) => lines.with(6, lines[6]!.replace("ann", "bob")),
    "a line twice": (lines) => lines.toSpliced(6, 0, lines[6]!),
    "a line gone": (lines) => lines.toSpliced(6, 1),
    "two lines swapped": (lines) => lines.with(6, lines[7]!).with(7, lines[6]!),
    "a line that is none": (lines) => lines.with(6, "hello"),
    "an empty line": (lines) => lines.toSpliced(6, 0, ""),
    "zeros within": (lines) => lines.with(6, `\0\0\0${lines[6]!}`),
    "a last line with a good head and a bad tail": (lines) => lines.with(8, `${lines[8]!.slice(0, -3)}"x}`),
    "a line of another log": (lines) => lines.with(6, lines[6]!.replace(LOG, "audit.example.com/tost")),
  };
  for (const [name, edit] of Object.entries(damage)) {
    test(name, async () => {
      const disk = await unsigned(5, 4);
      putLines(disk, edit(linesOf(disk)));
      assert.match(await refused(disk, "CORRUPT"), /Nothing was changed/);
    });
  }

  test("a segment gone in the middle", async () => {
    const disk = await logOf(200, { segmentBytes: 5000 });
    const names = [...disk.files().keys()].filter((path) => path.includes("/segments/"));
    await disk.unlink(names[2]!);
    assert.match(await refused(disk, "CORRUPT"), /a segment that begins at/);
    await disk.unlink(names[0]!);
    assert.match(await refused(disk, "CORRUPT"), /expected one that begins at 0/);
  });

  test("a time that goes back", async () => {
    const disk = await unsigned(2, 2);
    const lines = linesOf(disk);
    const head = parseHead(Buffer.from(lines[3]!));
    putLines(disk, lines.with(3, formatHead({ ...head, received: 1n }) + lines[3]!.slice(head.tailOffset)));
    assert.match(await refused(disk, "CORRUPT"), /a later `received`/);
  });
});

suite("the checkpoint", () => {
  test("that is missing while there are lines is not made up", async () => {
    const disk = await logOf(3);
    await disk.unlink(`${FOLDER}/checkpoint`);
    assert.match(await refused(disk, "CORRUPT"), /checkpoint is missing, but there are lines/);
  });

  test("with any byte changed is refused", async () => {
    const disk = await logOf(3);
    const bytes = disk.file(`${FOLDER}/checkpoint`)!.contents();
    for (let i = 0; i < bytes.length; i += 7) {
      put(disk, `${FOLDER}/checkpoint`, bytes.with(i, bytes[i]! ^ 1));
      await refused(disk, "CORRUPT");
    }
  });

  test("of another key, or of another log with the same key, is refused", async () => {
    const disk = await logOf(3);
    const other = generateSigner(LOG, new Uint8Array(32).fill(9)).signer;
    const root = new Uint8Array(32);
    put(disk, `${FOLDER}/checkpoint`, Buffer.from(signCheckpoint({ origin: LOG, size: 3, root }, [other])));
    assert.match(await refused(disk, "CORRUPT"), /NO_KNOWN_SIGNATURE/);
    put(disk, `${FOLDER}/checkpoint`, Buffer.from(signCheckpoint({ origin: "other", size: 3, root }, [signer])));
    assert.match(await refused(disk, "CORRUPT"), /it is one of other/);
  });

  test("is not signed on by another key", async () => {
    const disk = await logOf(3);
    const other = generateSigner(LOG, new Uint8Array(32).fill(9)).signer;
    await assert.rejects(open({ disk, signer: other }), { code: "WRONG_KEY" });
  });

  test("that is behind the lines is caught up with at start", async () => {
    const disk = await unsigned(3, 4);
    assert.equal(check(disk).checkpointSize, 3);
    const ledger = await open({ disk });
    assert.equal(ledger.checkpoint.size, 7);
    assert.equal(check(disk).checkpointSize, 7);
  });
});

suite("tiles", () => {
  for (const count of [1, 255, 256, 257, 512, 700]) {
    test(`of ${count} lines are written again when they are gone, and when they are wrong`, async () => {
      const disk = await logOf(count);
      const tiles = [...disk.files().keys()].filter((path) => path.includes("/tile/"));
      const edge = tiles.filter((path) => path.includes("/tile/1/"));
      for (const path of edge)
        put(
          disk,
          path,
          disk
            .file(path)!
            .contents()
            .with(0, disk.file(path)!.contents()[0]! ^ 1),
        );
      assert.equal((await reopened(disk)).tilesRebuilt, count > 256);
      for (const path of tiles) await disk.unlink(path);
      assert.equal((await reopened(disk)).tilesRebuilt, count > 256);
    });
  }

  test("that a crash left beside the right edge are removed", async () => {
    const disk = await logOf(300);
    const stray = await disk.open(`${FOLDER}/tile/0/001.p/7`, "create");
    await stray.close();
    await reopened(disk);
    const partials = [...disk.files().keys()].filter((path) => path.includes(".p/"));
    assert.deepEqual(partials, [`${FOLDER}/tile/0/001.p/44`, `${FOLDER}/tile/1/000.p/1`]);
  });
});

test("a long log is opened without hashing it again or reading more than the window", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const size = 300_000;
  const ledger = await open({ disk, segmentBytes: 4 << 20, batchBytes: 4 << 20 });
  for (let done = 0; done < size; done += 10_000) await ledger.append(entries(`e${done}`, 10_000));
  await ledger.close();
  const total = [...disk.files()].reduce((sum, [path, file]) => sum + (path.includes("/segments/") ? file.length : 0), 0);
  disk.bytesRead = 0;
  const again = await open({ disk, windowRecords: 10_000 });
  assert.equal(again.size, size);
  assert.deepEqual(again.recovery, { tornBytes: 0, linesHashed: size % 256, tilesRebuilt: false });
  assert.ok(disk.bytesRead < total / 8, `${disk.bytesRead} of ${total} bytes were read`);
  assert.deepEqual(again.places("e290000-9999"), [size - 1]);
  await again.close();
});

test("a crash at any step of a checkpoint leaves tiles that the next start can rely on: it never hashes the whole log", async () => {
  const lines = 300;
  const disk = await logOf(lines);
  const calm = new FaultyDisk(disk);
  let ledger = await open({ disk: calm });
  const before = calm.steps.length;
  await ledger.append(entries("calm", 1));
  await ledger.close();
  const steps = calm.steps.length - before;
  assert.ok(steps > 10);
  for (let at = 1; at <= steps; at++) {
    const faulty = new FaultyDisk(disk);
    ledger = await open({ disk: faulty });
    faulty.plan = { at: faulty.steps.length + at, fault: at % 2 === 0 ? "dies-torn" : "dies", random: seeded(at) };
    await ledger.append(entries(`at${at}`, 1)).catch(() => {});
    await ledger.close().catch(() => {});
    faulty.kill();
    const again = await open({ disk });
    assert.equal(again.recovery.tilesRebuilt, false, `step ${at}`);
    await again.close();
  }
});
