import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { generateSigner, verifierFromVkey } from "@proofline/tlog";
import { type Report, type VerifyLinesOptions, verifyLines } from "@proofline/verify";
import fc from "fast-check";
import { readLines, type Unused } from "../src/line-source.ts";
import { SeqSorter } from "../src/seq-sorter.ts";
import { temporaryFolder } from "./support/temporary.ts";
import { checkpointOf, makeLines, NAME, writeLog } from "./support/writer.ts";

const { signer, vkey } = generateSigner(NAME);
const key = verifierFromVkey(vkey);
const LINES = makeLines(40);

async function* pieces(text: string, size = 1_000): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function verify(t: TestContext, lines: readonly string[] | string, o: Partial<VerifyLinesOptions> = {}): Promise<Report> {
  const checkpoint = join(await temporaryFolder(t), "checkpoint");
  await writeFile(checkpoint, checkpointOf(LINES, signer));
  const text = typeof lines === "string" ? lines : lines.map((line) => `${line}\n`).join("");
  return await verifyLines({ lines: pieces(text), keys: [key], checkpoint, ...o });
}

const outcome = ({ result, findings }: Report): [string, string[]] => [result, findings.map(({ code }) => code)];

/** As the Collector's file exporter writes them: one request a line. */
function otlp(lines: readonly string[], name = "proofline.line"): string {
  const logRecords = lines.map((stringValue) => ({
    body: { stringValue: "x" },
    attributes: [
      { key: "proofline.seq", value: { intValue: "1" } },
      { key: name, value: { stringValue } },
    ],
  }));
  return JSON.stringify({ resourceLogs: [{ resource: {}, scopeLogs: [{ scope: {}, logRecords }] }] });
}

describe("lines that a store gave back", () => {
  const orders: Record<string, readonly string[]> = {
    "in order": LINES,
    "newest first": LINES.toReversed(),
    "in no order": LINES.toSorted((a, b) => (a.slice(60) < b.slice(60) ? -1 : 1)),
    "each of them twice": LINES.flatMap((line) => [line, line]),
  };
  for (const [what, lines] of Object.entries(orders))
    test(`${what}: hold`, async (t) => {
      const report = await verify(t, lines);
      assert.deepEqual([...outcome(report), report.records], ["holds", [], 40]);
    });

  test("in a file, with Windows line ends, empty lines, and no newline at the end", async (t) => {
    const file = join(await temporaryFolder(t), "export.jsonl");
    await writeFile(file, LINES.join("\r\n\r\n"));
    assert.deepEqual(outcome(await verify(t, "", { lines: file })), ["holds", []]);
    assert.deepEqual(outcome(await verify(t, "", { lines: `${file}.gone` })), ["unknown", ["UNREADABLE"]]);
  });

  test("as the Collector's file exporter writes them", async (t) => {
    const text = `${otlp(LINES.slice(20))}\n${otlp(LINES.slice(0, 25))}\n`;
    assert.deepEqual(outcome(await verify(t, text)), ["holds", []]);
    const without = await verify(t, `${otlp(LINES)}\n${otlp(LINES.slice(0, 3), "other")}`);
    assert.equal(without.result, "holds");
    assert.ok(without.notProven.some((text) => text.startsWith("3 log records without proofline.line")));
  });

  test("lines of other logs are left out, and counted", async (t) => {
    const report = await verify(t, [...LINES, ...makeLines(3, { log: "log.example/b" })]);
    assert.equal(report.result, "holds");
    assert.ok(report.notProven.some((text) => text.startsWith("3 lines of other logs")));
  });

  test("no temporary files are left behind", async (t) => {
    const before = process.env.TMPDIR;
    const temporary = await temporaryFolder(t);
    process.env.TMPDIR = temporary;
    t.after(() => {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    });
    await verifyLines({ lines: pieces(LINES.join("\n")), keys: [key] });
    assert.deepEqual(readdirSync(temporary), []);
  });
});

describe("lines that are not as they were", () => {
  const other = makeLines(40, { fill: (record) => Object.assign(record, { severity: 9 }) });
  const cases: Record<string, [lines: readonly string[], codes: string[], seq: number | null]> = {
    "one is missing": [LINES.filter((_, i) => i !== 7), ["MISSING"], 7],
    "the end is missing": [LINES.slice(0, 30), ["MISSING"], 30],
    "the beginning is missing": [LINES.slice(3), ["MISSING"], 0],
    "all are missing": [[], ["MISSING"], 0],
    "one is changed": [LINES.map((line, i) => (i === 7 ? line.replace("ann 7", "bob 7") : line)), ["LINE_CHANGED"], 7],
    "one is there in two versions": [[...LINES, LINES[7]!.replace("ann 7", "bob 7")], ["CONFLICTING"], 7],
    "one is no line any more": [LINES.map((line, i) => (i === 7 ? line.slice(0, -9) : line)), ["UNPARSEABLE"], 7],
    "one is not even the beginning of one": [[...LINES, "{}"], ["UNPARSEABLE"], null],
    "something else stands there": [[...LINES, "garbage"], ["UNPARSEABLE"], null],
    "all are another history": [other, ["ROOT_MISMATCH"], 0],
  };
  for (const [what, [lines, codes, seq]] of Object.entries(cases))
    test(`${what}: ${codes.join(", ")}`, async (t) => {
      const report = await verify(t, lines);
      assert.deepEqual(outcome(report), ["broken", codes], JSON.stringify(report.findings));
      assert.equal(report.findings[0]?.seq, seq);
    });

  test("without a key, or without a checkpoint that covers them, nothing is said to hold", async (t) => {
    assert.deepEqual(outcome(await verify(t, LINES, { keys: [] })), ["unknown", ["NO_KEY"]]);
    assert.equal((await verify(t, LINES, { checkpoint: [] })).result, "unknown");
    assert.equal((await verify(t, "")).result, "broken");
    assert.deepEqual(outcome(await verify(t, "", { keys: [], checkpoint: [] })), ["unknown", ["NO_LOG"]]);
  });
});

describe("a part of the lines", () => {
  test("is proven by the tiles of a data folder, or not at all", async (t) => {
    const data = await temporaryFolder(t);
    const lines = makeLines(600);
    await writeLog({ data, lines, signer, tiles: true });
    const part = lines.slice(300, 400);
    const o = { from: 300, to: 399, checkpoint: [] };
    const report = await verify(t, part, { ...o, data });
    assert.deepEqual([...outcome(report), report.from, report.to], ["holds", [], 300, 399]);
    assert.deepEqual(outcome(await verify(t, part.slice(0, -1), { ...o, data })), ["broken", ["MISSING"]]);
    assert.deepEqual(
      outcome(
        await verify(
          t,
          part.filter((_, i) => i !== 50),
          { ...o, data },
        ),
      ),
      ["broken", ["MISSING"]],
    );
    assert.deepEqual(outcome(await verify(t, part, o))[0], "unknown");
  });
});

describe("the parts", () => {
  test("any bytes, in any pieces, give the same lines, and never an error", async () => {
    const input = fc.array(
      fc.oneof(
        fc.constantFrom(
          ...LINES.slice(0, 3),
          otlp(LINES.slice(0, 2)),
          `{"resourceLogs":[{"scopeLogs":[3,{"logRecords":{}}]}]}`,
          "",
          "\r",
        ),
        fc.string(),
        fc.json(),
      ),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(input, fc.integer({ min: 1, max: 400 }), async (texts, size) => {
        const read = async (step: number) => {
          const unused: Unused = { recordsWithoutLine: 0, strange: [], strangeCount: 0 };
          const found: [string, number][] = [];
          for await (const { bytes, inputLine } of readLines(pieces(texts.join("\n"), step), unused))
            found.push([Buffer.from(bytes).toString("latin1"), inputLine]);
          return { found, unused };
        };
        assert.deepEqual(await read(size), await read(1_000_000));
      }),
    );
  });

  test("the sorter gives back what was put in, in order, each once", async () => {
    const entry = fc.record({ seq: fc.nat(5_000), bytes: fc.uint8Array({ maxLength: 4 }), inputLine: fc.nat(9) });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 200 }), async (entries) => {
        await using sorter = await SeqSorter.open();
        for (const one of entries) await sorter.add(one);
        const sorted: string[] = [];
        for await (const { seq, bytes } of sorter.sorted()) sorted.push(`${seq} ${bytes.toString("hex")}`);
        const seqs = sorted.map((text) => Number(text.split(" ")[0]));
        assert.deepEqual(
          seqs,
          seqs.toSorted((a, b) => a - b),
        );
        assert.deepEqual(
          new Set(sorted),
          new Set(entries.map(({ seq, bytes }) => `${seq} ${Buffer.from(bytes).toString("hex")}`)),
        );
        assert.equal(new Set(sorted).size, sorted.length);
      }),
      { numRuns: 20 },
    );
  });
});
