import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Finding, type FindingCode, formatReport, type Report, reportToJson } from "@proofline/verify";

const ROOT = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=";
const finding = (code: FindingCode, seq: number | null, o: Partial<Finding> = {}): Finding => ({
  code,
  seq,
  expected: "this",
  found: "that",
  where: "file:15",
  ...o,
});

const HOLDS: Report = {
  result: "holds",
  log: "audit.example.com/prod-0",
  from: 0,
  to: 1_004_216,
  records: 1_004_217,
  checkpoint: { size: 1_004_217, root: ROOT, keys: ["audit.example.com/prod-0+3c1e9a2b"] },
  findings: [],
  notProven: ["the newest 112 lines", "that every event was handed over at all"],
  details: {
    source: "/data",
    firstReceived: "2026-10-01T00:00:00.000000000Z",
    lastReceived: "2026-11-20T21:14:03.123456789Z",
    signatures: 17_022,
    savedCheckpoints: 1,
    streams: 14,
    moreFindings: 0,
    restIsProven: false,
    objects: 3,
  },
};
const broken = (...findings: Finding[]): Report => ({ ...HOLDS, result: "broken", findings, notProven: [] });

describe("a report for a person", () => {
  test("that holds says what it rests on, and what it does not", () => {
    assert.equal(
      formatReport(HOLDS),
      `holds      1,004,217 lines, seq 0 to 1,004,216, received 2026-10-01 00:00:00 to 2026-11-20 21:14:03 UTC
           log                  audit.example.com/prod-0
           chain and contents   every line
           checkpoint           1,004,217 lines signed by audit.example.com/prod-0+3c1e9a2b  (key given by you)
           tree head            ${ROOT}
           signatures           17,022
           your checkpoints     1 checkpoint that you kept: the lines agree
           moved-out values     3 files, as the lines say
           producers            14 streams, no gap
not proven the newest 112 lines
           that every event was handed over at all`,
    );
  });

  test("that is broken names the line, what was expected, what was found, and where", () => {
    assert.equal(
      formatReport(broken(finding("LINE_CHANGED", 14, { expected: "hash A, by prev of seq 15", found: "hash B" }))),
      `log        audit.example.com/prod-0
broken     seq 14: the line was changed
           expected  hash A, by prev of seq 15
           found     hash B
           where     file:15
           lines 0 to 13 are linked as they should be; from 14 on no line can be relied on`,
    );
  });

  test("says that the rest holds when a signed root proves it", () => {
    const report = { ...broken(finding("LINE_CHANGED", 14)), details: { ...HOLDS.details, restIsProven: true } };
    assert.match(formatReport(report), /all other lines are as they were signed$/);
  });

  test("shows a few findings, and counts the others", () => {
    const findings = Array.from({ length: 100 }, (_, i) => finding("LINE_CHANGED", i));
    const text = formatReport({ ...broken(...findings), details: { ...HOLDS.details, moreFindings: 50 } });
    assert.match(text, /and 145 more findings/);
    assert.ok(text.split("\n").length < 30);
  });

  test("that could not be made says what would make it possible", () => {
    const text = formatReport({ ...HOLDS, result: "unknown", findings: [finding("NO_KEY", null)], notProven: [] });
    assert.match(text, /^unknown {4}no key to check signatures with\. Give --key FILE/m);
    assert.match(text, /proves nothing about the folder\./);
    assert.doesNotMatch(text, /holds/);
  });

  test("lets no text of a stranger move the cursor", () => {
    const text = formatReport(broken(finding("WRONG_LOG", 3, { found: "\u001b[2Jholds\n\u202eholds" })));
    assert.ok(!text.includes("\u001b") && !text.includes("\u202e"));
    assert.doesNotMatch(text, /^holds/m);
  });

  test("of several logs shows each", () => {
    const text = formatReport({ ...HOLDS, logs: [HOLDS, broken(finding("TRUNCATED", 3))] });
    assert.match(text, /^holds[\s\S]*\n\nlog[\s\S]*\nbroken {5}seq 3/);
  });
});

describe("a report for a program", () => {
  test("is the object that the contract names", () => {
    assert.deepEqual(Object.keys(reportToJson(HOLDS)), [
      "result",
      "log",
      "from",
      "to",
      "records",
      "checkpoint",
      "findings",
      "notProven",
    ]);
    const one = reportToJson(broken(finding("MISSING", 3))) as Report;
    assert.deepEqual(Object.keys(one.findings[0]!), ["code", "seq", "expected", "found", "where"]);
    assert.equal((reportToJson({ ...HOLDS, logs: [HOLDS, HOLDS] }) as Report).logs?.length, 2);
  });
});
