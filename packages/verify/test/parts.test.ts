// Producers' numbers, record ids, and logs of many chunks.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { describe, type TestContext, test } from "node:test";
import { generateSigner, verifierFromVkey } from "@proofline/tlog";
import { type Report, verifyData } from "@proofline/verify";
import { temporaryFolder } from "./support/temporary.ts";
import { type Fill, makeLines, NAME, segmentPath, writeLog } from "./support/writer.ts";

const { signer, vkey } = generateSigner(NAME, new Uint8Array(32).fill(1));
const keys = [verifierFromVkey(vkey)];
const brief = ({ result, findings }: Report) => [result, ...findings.map(({ code, seq }) => `${code} ${seq}`)];

async function verifyLines(t: TestContext, count: number, fill: Fill): Promise<Report> {
  const data = await temporaryFolder(t);
  await writeLog({ data, lines: makeLines(count, { fill }), signer });
  return verifyData({ data, keys });
}

describe("producers' numbers", () => {
  /** The numbers of one stream, one a line; 0 for a line without a producer; negative for the last. */
  const numbered =
    (numbers: readonly number[]): Fill =>
    (record, seq) => {
      const number = numbers[seq] ?? 0;
      record.producer =
        number === 0 ? undefined : { stream: "p", number: Math.abs(number), ...(number < 0 ? { end: true } : {}) };
    };
  const cases: [string, number[], string[]][] = [
    ["one after the other", [1, 2, 3, 4], ["holds"]],
    ["out of order", [2, 1, 4, 3], ["holds"]],
    ["a gap that an end closes", [1, 2, 4, -5], ["broken", "PRODUCER_GAP 2"]],
    ["a late one that fills the gap", [1, 4, -5, 2, 3], ["holds"]],
    ["a number twice", [1, 2, 2, 3], ["broken", "PRODUCER_REPEAT 2"]],
    ["a number again after a gap was filled", [1, 3, 2, 2], ["broken", "PRODUCER_REPEAT 3"]],
    ["something after the end", [1, -2, 3], ["broken", "PRODUCER_AFTER_END 2"]],
    ["the first ones missing", [3, 4, -5], ["broken", "PRODUCER_GAP 0"]],
    ["lines without producers between", [1, 0, 0, 2, 0, -3], ["holds"]],
  ];
  for (const [name, numbers, expected] of cases) {
    test(`${name}: ${expected.join(" ")}`, async (t) =>
      assert.deepEqual(brief(await verifyLines(t, numbers.length, numbered(numbers))), expected));
  }

  test("a gap of a stream that goes on may still be filled, for ten minutes", async (t) => {
    const report = await verifyLines(t, 3, numbered([1, 3, 4]));
    assert.equal(report.result, "holds");
    assert.match(report.notProven.join(), /1 event which producers numbered/);
  });

  test("streams are told apart", async (t) => {
    const report = await verifyLines(t, 40, (record, seq) => {
      record.producer = { stream: `p${seq % 3}`, number: Math.floor(seq / 3) + 1 };
    });
    assert.deepEqual([brief(report), report.details.streams], [["holds"], 3]);
  });

  test("a conflicting line may repeat a number and an id", async (t) => {
    const report = await verifyLines(t, 5, (record, seq) => {
      if (seq !== 3) return;
      record.id = "01JD000001";
      record.producer = { stream: "p-1", number: 2 };
      record.quarantine = { code: "ID_CONFLICT", reason: "another record has this id" };
    });
    assert.deepEqual(brief(report).slice(0, 1), ["holds"]);
    assert.match(report.notProven.join(), /1 event which/, "its own number is not taken from it");
  });
});

describe("record ids", () => {
  test("one that comes twice is found", async (t) => {
    const report = await verifyLines(t, 30, (record, seq) => {
      if (seq === 20) record.id = "01JD000007";
    });
    assert.deepEqual(brief(report), ["broken", "DUPLICATE_ID 20"]);
    assert.match(report.findings[0]!.found, /seq 7/);
  });
});

describe("a log of many chunks", () => {
  // About 10 MB: three stretches of a file, and a fourth in the next.
  const lines = makeLines(11_000, {
    fill: (record, seq) => {
      record.body = "x".repeat(600 + (seq % 97));
    },
  });

  test("holds, with tiles of two levels; what is changed in it is found where it is", async (t) => {
    const data = await temporaryFolder(t);
    const folder = await writeLog({ data, lines, signer, segmentLines: 10_000, signed: 10_990, tiles: true });
    const report = await verifyData({ data, keys });
    assert.deepEqual([report.result, report.records], ["holds", 10_990]);
    const path = segmentPath(folder, 0);
    const text = await readFile(path, "utf8");
    for (const seq of [0, 255, 256, 4_999, 9_998, 9_999]) {
      await writeFile(path, text.replace(`"ann ${seq}"`, `"bob ${seq}"`));
      const broken = await verifyData({ data, keys });
      assert.deepEqual(brief(broken), ["broken", `LINE_CHANGED ${seq}`]);
      assert.ok(broken.findings[0]!.where.endsWith(`0.jsonl:${seq + 1}`));
    }
    for (const seq of [1, 5_555, 9_999]) {
      await writeFile(path, text.replace(`${lines[seq]}\n`, ""));
      assert.deepEqual(brief(await verifyData({ data, keys })), ["broken", `MISSING ${seq}`]);
    }
  });

  test("without tiles too, and every break between two stretches is seen", async (t) => {
    const data = await temporaryFolder(t);
    const folder = await writeLog({ data, lines, signer });
    const path = segmentPath(folder, 0);
    const text = await readFile(path);
    for (let boundary = 4 * 1024 * 1024; boundary < text.length; boundary += 4 * 1024 * 1024) {
      for (const at of [boundary - 2, boundary - 1, boundary, boundary + 1]) {
        const changed = Buffer.from(text);
        changed[at] = changed[at] === 0x78 ? 0x79 : 0x78;
        await writeFile(path, changed);
        const seq = text.subarray(0, at).toString("latin1").split("\n").length - 1;
        const report = await verifyData({ data, keys });
        assert.deepEqual([report.result, report.findings[0]?.seq], ["broken", seq], `byte ${at}`);
      }
    }
  });

  test("a wrong hash in a tile above the lowest level is a changed tile, not a changed line", async (t) => {
    const data = await temporaryFolder(t);
    const folder = await writeLog({ data, lines, signer, tiles: true });
    const path = `${folder}/tile/1/000.p/42`;
    const bytes = await readFile(path);
    for (const slot of [0, 17, 41]) {
      const changed = Buffer.from(bytes);
      changed[slot * 32]! ^= 1;
      await writeFile(path, changed);
      const report = await verifyData({ data, keys });
      assert.deepEqual([report.result, report.findings.map(({ code }) => code)], ["broken", ["TILE_CHANGED"]]);
    }
  });

  test("is read by several threads when it is large, with the same answer", async (t) => {
    const data = await temporaryFolder(t);
    const many = makeLines(60_000, {
      fill: (record) => {
        record.body = "y".repeat(600);
      },
    });
    const folder = await writeLog({ data, lines: many, signer, segmentLines: 25_000 });
    let lastLines = 0;
    const report = await verifyData({ data, keys, onProgress: ({ lines: done }) => (lastLines = done) });
    assert.deepEqual([report.result, report.records, lastLines], ["holds", 60_000, 60_000]);
    const path = segmentPath(folder, 25_000);
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace('"ann 33333"', '"bob 33333"'));
    assert.deepEqual(brief(await verifyData({ data, keys })), ["broken", "LINE_CHANGED 33333"]);
  });
});

test("a log of the shortest lines there are holds", async (t) => {
  const data = await temporaryFolder(t);
  const log = "a";
  const short = generateSigner(log);
  const fill: Fill = (record, seq) => {
    record.id = String.fromCodePoint(0x4e00 + seq);
    record.event = "";
    record.attributes = new Map();
    record.producer = undefined;
  };
  await writeLog({ data, log, lines: makeLines(2_000, { fill, log }), signer: short.signer });
  const report = await verifyData({ data, keys: [verifierFromVkey(short.vkey)] });
  assert.deepEqual([report.result, report.records], ["holds", 2_000]);
});
