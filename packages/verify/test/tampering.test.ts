// What a person with access to the folder might do to it, and what is then said.
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { Ref } from "@proofline/event";
import { generateSigner, hashFromBase64, leafHash, verifierFromVkey } from "@proofline/tlog";
import { type Report, type VerifyDataOptions, verifyData } from "@proofline/verify";
import { temporaryFolder } from "./support/temporary.ts";
import { checkpointOf, type Fill, type Folder, makeLines, NAME, segmentPath, writeLog, writeTiles } from "./support/writer.ts";

const { signer, vkey } = generateSigner(NAME, new Uint8Array(32).fill(1));
const stranger = generateSigner(NAME, new Uint8Array(32).fill(2));
const keys = [verifierFromVkey(vkey)];
const COUNT = 9;
const lines = makeLines(COUNT);

interface Written {
  readonly data: string;
  readonly folder: string;
  verify(o?: Partial<VerifyDataOptions>): Promise<Report>;
  /** Writes other lines in the place of the log's, in one segment. */
  replace(lines: readonly string[]): Promise<void>;
}

async function write(t: TestContext, o: Partial<Folder> = {}): Promise<Written> {
  const data = await temporaryFolder(t);
  const folder = await writeLog({ data, lines, signer, ...o });
  return {
    data,
    folder,
    verify: (more = {}) => verifyData({ data, keys, ...more }),
    replace: async (other) => {
      await rm(join(folder, "segments"), { recursive: true });
      await mkdir(join(folder, "segments"));
      await writeFile(segmentPath(folder, 0), other.map((line) => `${line}\n`).join(""));
    },
  };
}

const brief = ({ result, findings }: Report) => [result, ...findings.map(({ code, seq }) => `${code} ${seq}`)];
const first = ({ result, findings }: Report) => [result, `${findings[0]?.code} ${findings[0]?.seq}`];

describe("a log that nobody touched", () => {
  test("holds, and says what that rests on", async (t) => {
    const report = await (await write(t, { segmentLines: 4, tiles: true })).verify();
    assert.deepEqual(brief(report), ["holds"]);
    assert.deepEqual([report.log, report.from, report.to, report.records], [NAME, 0, COUNT - 1, COUNT]);
    assert.deepEqual([report.checkpoint?.size, report.checkpoint?.keys], [COUNT, [vkey.split("+").slice(0, 2).join("+")]]);
    assert.match(report.notProven.join(), /every event was handed over/);
  });

  test("holds without its vkey, which is not trusted anyway", async (t) => {
    const log = await write(t);
    await rm(join(log.folder, "vkey"));
    const report = await log.verify();
    assert.deepEqual(brief(report), ["holds"]);
    assert.match(report.notProven.join(), /vkey/);
  });

  test("is read from its own folder, and from a copy under another name", async (t) => {
    const log = await write(t);
    assert.equal((await log.verify({ data: log.folder })).result, "holds");
    await rename(log.folder, join(log.data, "copy"));
    const report = await log.verify();
    assert.deepEqual([report.result, report.log], ["holds", NAME]);
  });

  test("lines after the newest checkpoint are chained, counted, and not proven", async (t) => {
    const report = await (await write(t, { signed: 6 })).verify();
    assert.deepEqual([report.result, report.to, report.records], ["holds", 5, 6]);
    assert.match(report.notProven[0] ?? "", /3 lines, seq 6 to 8, received 2026-.*006000000Z to .*008000000Z/);
  });

  test("an unfinished last line after the checkpoint is not proven; under it, it is missing", async (t) => {
    for (const [signed, result] of [
      [8, "holds"],
      [9, "broken"],
    ] as const) {
      const log = await write(t, { signed });
      await writeFile(segmentPath(log.folder, 0), lines.join("\n"));
      const report = await log.verify();
      assert.equal(report.result, result);
      if (result === "holds") assert.match(report.notProven.join(), /unfinished line of \d+ bytes/);
      else assert.deepEqual(brief(report), ["broken", "TRUNCATED 8"]);
    }
  });

  test("an empty segment at the end is one that was just begun", async (t) => {
    const log = await write(t);
    await writeFile(segmentPath(log.folder, COUNT), "");
    assert.equal((await log.verify()).result, "holds");
  });
});

describe("lines", () => {
  for (let seq = 0; seq < COUNT; seq++) {
    test(`seq ${seq} deleted is missing`, async (t) => {
      const log = await write(t);
      await log.replace(lines.toSpliced(seq, 1));
      assert.deepEqual(brief(await log.verify()), ["broken", seq === COUNT - 1 ? `TRUNCATED ${seq}` : `MISSING ${seq}`]);
    });

    test(`seq ${seq} repeated is found where it stands again`, async (t) => {
      const log = await write(t);
      await log.replace(lines.toSpliced(seq, 0, lines[seq]!));
      assert.deepEqual(brief(await log.verify()), ["broken", `REPEATED ${seq + 1}`]);
    });

    test(`seq ${seq} put at the end again is found there`, async (t) => {
      const log = await write(t);
      await log.replace([...lines, lines[seq]!]);
      assert.deepEqual(brief(await log.verify()), ["broken", `REPEATED ${COUNT}`]);
    });

    if (seq < COUNT - 1) {
      test(`seq ${seq} and ${seq + 1} swapped are out of order, and nothing else is wrong`, async (t) => {
        const log = await write(t);
        await log.replace(lines.toSpliced(seq, 2, lines[seq + 1]!, lines[seq]!));
        assert.deepEqual(brief(await log.verify()), ["broken", `OUT_OF_ORDER ${seq}`]);
      });
    }

    test(`everything from seq ${seq} on cut off is missing`, async (t) => {
      const log = await write(t);
      await log.replace(lines.slice(0, seq));
      assert.deepEqual(brief(await log.verify()), ["broken", `TRUNCATED ${seq}`]);
    });

    test(`a line of another log put before seq ${seq} is found there`, async (t) => {
      const log = await write(t);
      const [foreign] = makeLines(1, { first: 70, log: "log.example/other", prev: leafHash(Buffer.from("its own past")) });
      await log.replace(lines.toSpliced(seq, 0, foreign!));
      assert.deepEqual(first(await log.verify()), ["broken", `UNEXPECTED ${seq}`]);
    });

    test(`bytes that are no line put before seq ${seq} are found there`, async (t) => {
      const log = await write(t);
      await log.replace(lines.toSpliced(seq, 0, "-- MARK --"));
      assert.deepEqual(brief(await log.verify()), ["broken", `UNPARSEABLE ${seq}`]);
    });

    test(`bytes that are no line in the place of seq ${seq} are found there`, async (t) => {
      const log = await write(t);
      await log.replace(lines.with(seq, "{}"));
      const expected = seq === COUNT - 1 ? [`UNPARSEABLE ${seq}`, `TRUNCATED ${seq}`] : [`UNPARSEABLE ${seq}`];
      assert.deepEqual(brief(await log.verify()), ["broken", ...expected]);
    });
  }

  test("a run of deleted lines is one finding", async (t) => {
    const log = await write(t);
    await log.replace(lines.toSpliced(3, 4));
    const report = await log.verify();
    assert.deepEqual(brief(report), ["broken", "MISSING 3"]);
    assert.match(report.findings[0]!.expected, /seq 3 to 6, 4 lines/);
  });

  test("several changed lines are all named, and that the others are as signed", async (t) => {
    const log = await write(t);
    await log.replace(lines.map((line, seq) => ([2, 3, 6].includes(seq) ? line.replace("ann", "bob") : line)));
    const report = await log.verify();
    assert.deepEqual(brief(report), ["broken", "LINE_CHANGED 2", "LINE_CHANGED 3", "LINE_CHANGED 6"]);
    assert.ok(report.details.restIsProven);
    assert.match(report.findings[0]!.where, /segments\/0{20}\.jsonl:3$/);
  });

  test("a line beyond every length is refused without being held", async (t) => {
    const log = await write(t);
    await log.replace(lines.with(4, "x".repeat(9_000_000)));
    const report = await log.verify();
    assert.deepEqual(brief(report), ["broken", "UNPARSEABLE 4"]);
    assert.match(report.findings[0]!.found, /9000000 bytes/);
  });

  test("findings are limited, and the others counted", async (t) => {
    const data = await temporaryFolder(t);
    const many = makeLines(500);
    await writeLog({ data, lines: many.map((line, seq) => (seq % 2 === 0 ? line.replace("ann", "bob") : line)), signer });
    const folder = join(data, NAME);
    await writeFile(join(folder, "checkpoint"), checkpointOf(many, signer));
    const report = await verifyData({ data, keys });
    assert.equal(report.findings.length, 100);
    assert.equal(report.findings[0]?.seq, 0);
    assert.equal(report.details.moreFindings, 150);
  });
});

describe("a history that was chained anew", () => {
  const forged = [...lines.slice(0, 4), ...forge(4)];

  /** Lines from `seq` on with another actor in the first of them, linked as if they had always been so. */
  function forge(seq: number): string[] {
    const prev = leafHash(Buffer.from(lines[seq - 1]!));
    return makeLines(COUNT - seq, {
      first: seq,
      prev,
      fill: (record, at) => at === seq && record.attributes.set("audit.actor.id", "eve"),
    });
  }

  test("is not the one that was signed: without tiles, the first line that it may be", async (t) => {
    const log = await write(t);
    await log.replace(forged);
    assert.deepEqual(brief(await log.verify()), ["broken", "ROOT_MISMATCH 0"]);
  });

  test("is not the one that was signed: with a checkpoint that you kept, the first line after it", async (t) => {
    const log = await write(t);
    await log.replace(forged);
    const saved = join(log.data, "saved");
    await writeFile(saved, checkpointOf(lines.slice(0, 3), signer));
    assert.deepEqual(brief(await log.verify({ checkpoint: saved })), ["broken", "ROOT_MISMATCH 3"]);
  });

  test("with tiles, the first changed line is named exactly", async (t) => {
    const log = await write(t, { tiles: true });
    await log.replace(forged);
    const report = await log.verify();
    assert.deepEqual(brief(report), ["broken", "LINE_CHANGED 4"]);
    assert.match(report.findings[0]!.found, /each line up to seq 8/);
  });

  test("with tiles made anew too, these are not believed", async (t) => {
    const log = await write(t, { tiles: true });
    await log.replace(forged);
    await writeTiles(log.folder, forged);
    assert.deepEqual(brief(await log.verify()), ["broken", "ROOT_MISMATCH 0"]);
  });

  test("signed by another key, is not trusted", async (t) => {
    const log = await write(t);
    await log.replace(forged);
    await writeFile(join(log.folder, "checkpoint"), checkpointOf(forged, stranger.signer));
    assert.deepEqual(brief(await log.verify()), ["broken", "UNTRUSTED_KEY null"]);
  });

  test("signed by another key, its vkey beside it: both are said", async (t) => {
    const log = await write(t, { lines: forged, signer: stranger.signer });
    assert.deepEqual(brief(await log.verify()), ["broken", "UNTRUSTED_KEY null", "WRONG_VKEY null"]);
    assert.equal((await log.verify({ keys: [] })).result, "unknown", "without a key of your own, it looks perfect");
  });

  test("signed by the log's own key, contradicts a checkpoint that you kept", async (t) => {
    const log = await write(t, { lines: forged });
    const saved = join(log.data, "saved");
    await writeFile(saved, checkpointOf(lines, signer));
    assert.deepEqual(first(await log.verify({ checkpoint: saved })), ["broken", "FORKED 0"]);
    await writeFile(saved, checkpointOf(lines.slice(0, 6), signer));
    assert.deepEqual(brief(await log.verify({ checkpoint: saved })), ["broken", "FORKED 0"]);
    await writeFile(saved, checkpointOf(lines.slice(0, 4), signer));
    assert.equal((await log.verify({ checkpoint: saved })).result, "holds", "up to there, both tell the same");
  });
});

describe("checkpoints", () => {
  test("a rolled-back folder holds by itself, and not against a checkpoint that you kept", async (t) => {
    const log = await write(t, { lines: lines.slice(0, 5) });
    assert.equal((await log.verify()).result, "holds");
    const saved = join(log.data, "saved");
    await writeFile(saved, checkpointOf(lines, signer));
    const report = await log.verify({ checkpoint: [saved] });
    assert.deepEqual(brief(report), ["broken", "ROLLED_BACK 5"]);
    assert.match(report.findings[0]!.expected, /9 lines/);
  });

  test("an older checkpoint put back leaves the newer lines unproven", async (t) => {
    const log = await write(t, { signed: 2 });
    const report = await log.verify();
    assert.deepEqual([report.result, report.records], ["holds", 2]);
    assert.match(report.notProven[0]!, /7 lines/);
  });

  test("a checkpoint that you kept proves lines that the folder's own does not cover", async (t) => {
    const log = await write(t, { signed: 2 });
    const saved = join(log.data, "saved");
    await writeFile(saved, checkpointOf(lines.slice(0, 7), signer));
    const report = await log.verify({ checkpoint: saved });
    assert.deepEqual([report.result, report.records], ["holds", 7]);
  });

  test("the very first checkpoint put back proves nothing, and nothing is said to hold", async (t) => {
    const report = await (await write(t, { signed: 0 })).verify();
    assert.deepEqual(brief(report), ["unknown", "NOTHING_SIGNED null"]);
  });

  test("none at all: a log is never without one", async (t) => {
    const log = await write(t);
    await rm(join(log.folder, "checkpoint"));
    assert.deepEqual(brief(await log.verify()), ["broken", "CHECKPOINT_MISSING null"]);
  });

  test("one of another log, by the same key, is refused", async (t) => {
    const log = await write(t);
    await writeFile(join(log.folder, "checkpoint"), checkpointOf(lines, signer, "log.example/b"));
    assert.deepEqual(brief(await log.verify()), ["broken", "WRONG_ORIGIN null"]);
  });

  test("one with a wrong signature, and bytes that are none", async (t) => {
    const log = await write(t);
    const note = checkpointOf(lines, signer);
    await writeFile(join(log.folder, "checkpoint"), note.replace(`\n${COUNT}\n`, "\n8\n"));
    assert.deepEqual(brief(await log.verify()), ["broken", "BAD_SIGNATURE null"]);
    await writeFile(join(log.folder, "checkpoint"), "");
    assert.deepEqual(brief(await log.verify()), ["broken", "CHECKPOINT_UNREADABLE null"]);
    await writeFile(join(log.folder, "checkpoint"), Buffer.alloc(2_000_000, 65));
    assert.deepEqual(brief(await log.verify()), ["broken", "CHECKPOINT_UNREADABLE null"]);
  });

  test("one of yours that cannot be used makes the answer unknown", async (t) => {
    const log = await write(t);
    const saved = join(log.data, "saved");
    assert.deepEqual(brief(await log.verify({ checkpoint: saved })), ["unknown", "SAVED_CHECKPOINT_UNUSABLE null"]);
    await writeFile(saved, checkpointOf(lines, stranger.signer));
    assert.deepEqual(brief(await log.verify({ checkpoint: saved })), ["unknown", "SAVED_CHECKPOINT_UNUSABLE null"]);
  });
});

describe("files", () => {
  for (const gone of [0, 3, 6]) {
    test(`the segment from seq ${gone} on removed`, async (t) => {
      const log = await write(t, { segmentLines: 3 });
      await rm(segmentPath(log.folder, gone));
      assert.deepEqual(brief(await log.verify()), ["broken", gone === 6 ? "TRUNCATED 6" : `MISSING ${gone}`]);
    });
  }

  test("all segments removed", async (t) => {
    const log = await write(t);
    await rm(join(log.folder, "segments"), { recursive: true });
    assert.deepEqual(brief(await log.verify()), ["broken", "TRUNCATED 0"]);
  });

  test("a renamed segment", async (t) => {
    const log = await write(t, { segmentLines: 3 });
    await rename(segmentPath(log.folder, 3), segmentPath(log.folder, 4));
    assert.deepEqual(brief(await log.verify()), ["broken", "SEGMENT_NAME 3"]);
  });

  test("a segment hidden under another name is missing, and what lies there is named", async (t) => {
    const log = await write(t, { segmentLines: 3 });
    await rename(segmentPath(log.folder, 3), join(log.folder, "segments", "old.jsonl"));
    const report = await log.verify();
    assert.deepEqual(brief(report), ["broken", "MISSING 3"]);
    assert.match(report.notProven.join(), /old\.jsonl/);
  });

  test("a value that was moved out of a line: there, changed, gone", async (t) => {
    const value = Buffer.from("a long prompt");
    const sha256 = hash("sha256", value);
    const fill: Fill = (record, seq) => {
      if (seq === 5) record.body = new Ref(sha256, value.length);
    };
    const log = await write(t, { lines: makeLines(COUNT, { fill }) });
    const path = join(log.folder, "objects", sha256.slice(0, 2), sha256);
    assert.deepEqual(brief(await log.verify()), ["broken", "OBJECT_MISSING 5"]);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, value);
    const report = await log.verify();
    assert.deepEqual([report.result, report.details.objects], ["holds", 1]);
    await writeFile(path, "a lung prompt");
    assert.deepEqual(brief(await log.verify()), ["broken", "OBJECT_CHANGED 5"]);
  });
});

describe("what cannot be checked is never said to hold", () => {
  test("no folder, an empty folder, a log without lines", async (t) => {
    const data = await temporaryFolder(t);
    assert.deepEqual(brief(await verifyData({ data: join(data, "none"), keys })), ["unknown", "UNREADABLE null"]);
    assert.deepEqual(brief(await verifyData({ data, keys })), ["unknown", "NO_LOG null"]);
    await writeLog({ data, lines: [], signer });
    assert.deepEqual(brief(await verifyData({ data, keys })), ["unknown", "NO_DATA null"]);
  });

  test("no key, and keys of other logs", async (t) => {
    const log = await write(t);
    const report = await log.verify({ keys: [] });
    assert.deepEqual(brief(report), ["unknown", "NO_KEY null"]);
    const other = verifierFromVkey(generateSigner("log.example/b").vkey);
    assert.deepEqual(brief(await log.verify({ keys: [other] })), ["unknown", "NO_KEY null"]);
  });

  test("no log of that name", async (t) => {
    const log = await write(t);
    assert.deepEqual(brief(await log.verify({ log: "log.example/b" })), ["unknown", "NO_LOG null"]);
    assert.equal((await log.verify({ log: NAME })).result, "holds");
  });
});

describe("several logs in a folder", () => {
  test("are verified one by one, and the worst result wins", async (t) => {
    const log = await write(t);
    const other = generateSigner("log.example/b", new Uint8Array(32).fill(3));
    await writeLog({ data: log.data, log: "log.example/b", lines: makeLines(4, { log: "log.example/b" }), signer: other.signer });
    const both = [...keys, verifierFromVkey(other.vkey)];
    const report = await log.verify({ keys: both });
    assert.deepEqual(
      [report.result, report.logs?.map(({ log: name, result }) => `${name} ${result}`)],
      ["holds", [`${NAME} holds`, "log.example/b holds"]],
    );
    assert.equal((await log.verify()).result, "unknown", "no key for the second");
    await log.replace(lines.with(2, "{}"));
    const worst = await log.verify({ keys: both });
    assert.deepEqual([worst.result, worst.log, worst.logs?.length], ["broken", NAME, 2]);
  });
});

describe("a part of a log", () => {
  test("is proven by tiles that lead to the signed root", async (t) => {
    const log = await write(t, { segmentLines: 2, tiles: true });
    const report = await log.verify({ from: 3, to: 6 });
    assert.deepEqual([report.result, report.from, report.to, report.records], ["holds", 3, 6, 4]);
    await log.replace(lines.with(5, lines[5]!.replace("ann", "bob")));
    assert.deepEqual(brief(await log.verify({ from: 3, to: 6 })), ["broken", "LINE_CHANGED 5"]);
    assert.equal((await log.verify({ from: 6 })).result, "holds", "the change lies before");
    assert.equal((await log.verify({ to: 4 })).result, "holds", "the change lies after");
  });

  test("is not proven by its chain alone", async (t) => {
    const log = await write(t, { segmentLines: 2 });
    assert.deepEqual(brief(await log.verify({ from: 3, to: 6 })), ["unknown", "RANGE_NOT_PROVEN null"]);
    assert.equal((await log.verify({ to: COUNT - 1 })).result, "holds", "that is all of it");
    assert.equal((await log.verify({ from: COUNT })).result, "unknown", "that is none of it");
  });

  test("ends where it should, and lacks no line inside", async (t) => {
    const log = await write(t, { tiles: true });
    await log.replace(lines.toSpliced(5, 1));
    assert.deepEqual(first(await log.verify({ from: 2, to: 7 })), ["broken", "MISSING 5"]);
    await log.replace(lines.slice(0, 7));
    assert.deepEqual(first(await log.verify({ from: 2 })), ["broken", "TRUNCATED 7"]);
  });
});

test("hashes of the test writer are those of the format", () => {
  assert.equal(JSON.parse(lines[1]!).prev, Buffer.from(leafHash(Buffer.from(lines[0]!))).toString("base64"));
  assert.ok(hashFromBase64(JSON.parse(lines[0]!).prev));
});
