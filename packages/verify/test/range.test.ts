// A part of a log: lines that are not there, tiles that deny it or cannot be used, and a receiver that goes on meanwhile.
import assert from "node:assert/strict";
import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { generateSigner, verifierFromVkey } from "@proofline/tlog";
import { formatReport, type Report, verifyData } from "@proofline/verify";
import { temporaryFolder } from "./support/temporary.ts";
import { checkpointOf, makeLines, NAME, segmentPath, writeLog, writeTiles } from "./support/writer.ts";

const { signer, vkey } = generateSigner(NAME, new Uint8Array(32).fill(1));
const keys = [verifierFromVkey(vkey)];
const lines = makeLines(800);
const forged = makeLines(800, {
  fill: (record, seq) => {
    if (seq === 300) record.event = "invoice.refused";
  },
});
const brief = ({ result, findings }: Report) => [result, ...findings.map(({ code, seq }) => `${code} ${seq}`)];
const textOf = (some: readonly string[]) => some.map((line) => `${line}\n`).join("");

describe("lines that were asked for and are not there", () => {
  test("are named, and never hold", async (t) => {
    const data = await temporaryFolder(t);
    await writeLog({ data, lines, signer, tiles: true });
    for (const [range, missing] of [
      [{ to: 5000 }, /seq 800 to 5000/],
      [{ from: 500, to: 800 }, /the line of seq 800/],
      [{ from: 5000 }, /from seq 5000 on/],
      [{ from: 900, to: 950 }, /seq 900 to 950/],
    ] as const) {
      const report = await verifyData({ data, keys, ...range });
      assert.deepEqual(brief(report), ["unknown", "NO_DATA null"]);
      assert.match(formatReport(report), missing);
    }
    for (const range of [{}, { to: 799 }, { from: 500 }, { from: 500, to: 799 }])
      assert.equal((await verifyData({ data, keys, ...range })).result, "holds");
  });

  test("are cut off where the checkpoint covers them", async (t) => {
    const data = await temporaryFolder(t);
    const folder = await writeLog({ data, lines, signer, tiles: true });
    await writeFile(segmentPath(folder, 0), textOf(lines.slice(0, 700)));
    assert.deepEqual(brief(await verifyData({ data, keys, from: 10, to: 750 })), ["broken", "TRUNCATED 700"]);
    assert.equal((await verifyData({ data, keys, from: 10, to: 699 })).result, "holds");
  });
});

describe("tiles over a part of a log", () => {
  for (const [name, range] of [
    ["with the change", { from: 290, to: 310 }],
    ["after the change", { from: 600, to: 700 }],
  ] as const) {
    test(`made anew for other lines contradict the checkpoint: a part ${name}`, async (t) => {
      const data = await temporaryFolder(t);
      const folder = await writeLog({ data, lines, signer });
      await writeFile(segmentPath(folder, 0), textOf(forged));
      assert.equal((await verifyData({ data, keys, ...range })).result, "unknown", "no tiles");
      await writeTiles(folder, forged);
      const report = await verifyData({ data, keys, ...range });
      assert.equal(report.result, "broken");
      assert.equal(report.findings[0]?.code, "TILE_CHANGED");
      truncateSync(join(folder, "tile/1/000.p/3"), 32);
      assert.deepEqual(brief(await verifyData({ data, keys, ...range })), ["unknown", "RANGE_NOT_PROVEN null"], "torn");
      await rm(join(folder, "tile/1/000.p/3"));
      assert.deepEqual(brief(await verifyData({ data, keys, ...range })), ["unknown", "RANGE_NOT_PROVEN null"], "missing");
    });
  }

  test("one that is whole and was not signed, below others that were", async (t) => {
    const data = await temporaryFolder(t);
    const folder = await writeLog({ data, lines, signer, tiles: true });
    await writeFile(segmentPath(folder, 0), textOf(forged));
    const other = join(await temporaryFolder(t), "other");
    const otherFolder = await writeLog({ data: other, lines: forged, signer, tiles: true });
    await writeFile(join(folder, "tile/0/001"), await readFile(join(otherFolder, "tile/0/001")));
    assert.equal((await verifyData({ data, keys, from: 290, to: 310 })).result, "broken");
  });

  for (const path of ["tile/0/001", "tile/0/003.p/32", "tile/1/000.p/3"]) {
    test(`${path} of no bytes is mentioned, and changes nothing`, async (t) => {
      const data = await temporaryFolder(t);
      const folder = await writeLog({ data, lines, signer, tiles: true });
      truncateSync(join(folder, path), 0);
      const report = await verifyData({ data, keys });
      assert.equal(report.result, "holds");
      assert.match(
        report.notProven.join("\n"),
        /tiles could not be used: tile\/.* \(0 bytes instead of \d+\); they can be rebuilt/,
      );
      assert.ok(report.notProven.join().includes(path));
    });
  }
});

test("a receiver that replaces checkpoint and tiles meanwhile does not keep a part from being proven", async (t) => {
  const data = await temporaryFolder(t);
  const folder = await writeLog({ data, lines, signer, signed: 600, tiles: true });
  await writeTiles(folder, lines);
  let replaced = 0;
  // The signature is verified after the checkpoint was read and before its tiles are: then the receiver goes on.
  const [key] = keys;
  const meddling = {
    ...key!,
    verify: (text: Uint8Array, signature: Uint8Array) => {
      if (replaced++ === 0) {
        writeFileSync(join(folder, "checkpoint"), checkpointOf(lines, signer));
        rmSync(join(folder, "tile/0/002.p"), { recursive: true });
        rmSync(join(folder, "tile/1/000.p/2"));
      }
      return key!.verify(text, signature);
    },
  };
  const report = await verifyData({ data, keys: [meddling], from: 500, to: 550 });
  assert.deepEqual([...brief(report), report.checkpoint?.size], ["holds", 800]);
  assert.ok(replaced > 1);
});
