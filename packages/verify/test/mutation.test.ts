// Every byte of a small log, changed: none passes, and the line that is named is the one that was changed.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { generateSigner, verifierFromVkey } from "@proofline/tlog";
import { type Report, verifyData } from "@proofline/verify";
import { temporaryFolder } from "./support/temporary.ts";
import { makeLines, NAME, segmentPath, writeLog } from "./support/writer.ts";

const { signer, vkey } = generateSigner(NAME, new Uint8Array(32).fill(1));
const keys = [verifierFromVkey(vkey)];
const LINES = 6;
const SIGNED = 5;
const SEGMENT = 3;
const lines = makeLines(LINES);

/** The changes of one byte: a bit, and, for the thorough, a newline in its place. */
function* changes(bytes: Buffer, isThorough = true): Generator<{ at: number; changed: Buffer }> {
  for (let at = 0; at < bytes.length; at++) {
    for (const value of new Set([bytes[at]! ^ (1 << (at % 8)), ...(isThorough ? [0x0a] : [])])) {
      if (value === bytes[at]) continue;
      const changed = Buffer.from(bytes);
      changed[at] = value;
      yield { at, changed };
    }
  }
}

/** Seq of the line that a byte of a segment belongs to, its newline included. */
function seqAt(first: number, at: number): number {
  let seq = first;
  for (let end = 0; ; seq++) {
    end += Buffer.byteLength(lines[seq]!) + 1;
    if (at < end) return seq;
  }
}

function firstSeq({ findings }: Report): number | null | undefined {
  return findings[0]?.seq;
}

describe("one changed byte", () => {
  for (const tiles of [false, true]) {
    for (const first of [0, SEGMENT]) {
      test(`in a segment that begins with seq ${first}, ${tiles ? "with" : "without"} tiles, is found in its line`, async (t) => {
        const data = await temporaryFolder(t);
        const folder = await writeLog({ data, lines, signer, segmentLines: SEGMENT, signed: SIGNED, tiles });
        assert.equal((await verifyData({ data, keys })).result, "holds");
        const path = segmentPath(folder, first);
        for (const { at, changed } of changes(await readFile(path), !tiles)) {
          await writeFile(path, changed);
          const seq = seqAt(first, at);
          const report = await verifyData({ data, keys });
          const shown = `byte ${at}: ${JSON.stringify(changed.toString("latin1", Math.max(0, at - 20), at + 20))} ${JSON.stringify(report.findings)}`;
          if (seq < SIGNED) {
            assert.equal(report.result, "broken", shown);
            assert.equal(firstSeq(report), seq, shown);
          } else if (report.result === "holds") {
            // No checkpoint covers this line, and none comes after it: nothing vouches for it, and the report says so.
            assert.equal(report.to, SIGNED - 1, shown);
            assert.deepEqual(report.findings, [], shown);
            assert.match(report.notProven.join(), /seq 5|unfinished line/, shown);
          } else assert.equal(firstSeq(report), seq, shown);
        }
      });
    }
  }

  test("in the last line that is signed, with no line after it: the root shows it, and without tiles names what is left", async (t) => {
    const data = await temporaryFolder(t);
    const folder = await writeLog({ data, lines, signer });
    const path = segmentPath(folder, 0);
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace("ann 5", "bob 5"));
    const [finding] = (await verifyData({ data, keys })).findings;
    assert.deepEqual({ code: finding?.code, seq: finding?.seq }, { code: "ROOT_MISMATCH", seq: 0 });
    assert.match(finding?.found ?? "", /some line from seq 0 to 5/);
  });

  test("in a checkpoint, a key or a tile is found", async (t) => {
    const data = await temporaryFolder(t);
    const folder = await writeLog({ data, lines, signer, segmentLines: SEGMENT, signed: SIGNED, tiles: true });
    for (const name of ["checkpoint", "vkey", `tile/0/000.p/${SIGNED}`]) {
      const path = join(folder, name);
      const bytes = await readFile(path);
      for (const { at, changed } of changes(bytes)) {
        await writeFile(path, changed);
        const report = await verifyData({ data, keys });
        assert.equal(report.result, "broken", `${name} byte ${at}: ${JSON.stringify(report.findings)}`);
        assert.ok(
          report.findings.every(({ code }) => code !== "LINE_CHANGED"),
          "no line is blamed",
        );
      }
      await writeFile(path, bytes);
    }
  });

  test("with no key at hand is never said to hold", async (t) => {
    const data = await temporaryFolder(t);
    const folder = await writeLog({ data, lines, signer, tiles: true });
    assert.equal((await verifyData({ data, keys: [] })).result, "unknown");
    const path = segmentPath(folder, 0);
    for (const { at, changed } of changes(await readFile(path), false)) {
      await writeFile(path, changed);
      assert.equal((await verifyData({ data, keys: [] })).result, "broken", `byte ${at}`);
    }
  });
});
