import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { suite, test } from "node:test";
import { hashToBase64, leafHash, signCheckpoint } from "@proofline/tlog";
import { acceptRollback, restoreLines } from "../src/index.ts";
import { check, DATA, entries, LOG, open, START_NS, signer } from "./support/fixture.ts";
import { ACTOR, acceptCrash, from, LOST, processes, restoreCrash, rolledBack } from "./support/rolled-back.ts";

async function refusal(opening: Parameters<typeof open>[0]): Promise<string> {
  let message = "";
  await assert.rejects(open(opening), (error: Error & { code?: string }) => {
    message = `${error.code}: ${error.message}`;
    return true;
  });
  return message;
}

suite("a restore from yesterday's backup", () => {
  test("is refused as ROLLED_BACK, with the ways on", async () => {
    const { disk } = await rolledBack();
    const message = await refusal({ disk });
    assert.match(message, /ROLLED_BACK: .*300 lines, but 700 were signed/);
    assert.match(message, /proofline restore .* --from-loki URL/);
    assert.match(message, /proofline log accept-rollback .* --because/);
  });

  test("of the whole folder is refused by an anchor that somebody else kept, and not without one", async () => {
    const { disk, note } = await rolledBack({ wholeFolder: true });
    const anchors = async () => [{ note, where: "http://loki:3100" }];
    assert.match(await refusal({ disk, anchors }), /ROLLED_BACK: .*300 lines, but http:\/\/loki:3100 has one of 700/);
    await (await open({ disk })).close();
  });

  test("an anchor of another history is FORKED, at any size; one of this history and one of another key are fine", async () => {
    const { disk } = await rolledBack({ wholeFolder: true });
    const ledger = await open({ disk });
    const { note } = ledger.checkpoint;
    await ledger.append(entries("later", 20));
    await ledger.close();
    for (const size of [1, 100, 256, 300, 310, 320]) {
      const forged = signCheckpoint({ origin: LOG, size, root: new Uint8Array(32) }, [signer]);
      assert.match(await refusal({ disk, anchors: async () => [{ note: forged, where: "loki" }] }), /^FORKED: /, `size ${size}`);
    }
    const ignored: object[] = [];
    const again = await open({
      disk,
      anchors: async () => [
        { note, where: "loki" },
        { note: "nonsense", where: "elsewhere" },
      ],
      report: (event, details) => event === "ledger.anchor_ignored" && ignored.push(details),
    });
    assert.match(JSON.stringify(ignored), /elsewhere/);
    await again.close();
  });
});

suite("accepting a rollback", () => {
  test("writes it into the log, keeps the checkpoint that was given up, sets sinks back, and the log goes on", async () => {
    const { disk, note } = await rolledBack();
    const o = { data: DATA, log: LOG, signer, disk, because: "the volume was lost", actor: ACTOR, now: () => START_NS };
    const accepted = await acceptRollback({ ...o, processes: processes() });
    assert.deepEqual([accepted.lines, accepted.promised, accepted.seq], [300, LOST, 300]);
    assert.equal(Buffer.from(disk.file(accepted.kept[0]!)!.contents()).toString(), note);
    const ledger = await open({ disk });
    const [told] = await ledger.read(300, { maxBytes: 0, maxLines: 1 });
    const line = JSON.parse(Buffer.from(told!.line).toString());
    assert.equal(line.event, "proofline.log.rollback_accepted");
    assert.equal(line.attributes["proofline.because"], "the volume was lost");
    assert.equal(line.attributes["proofline.rollback.promised"], 700);
    assert.equal(line.attributes["proofline.rollback.checkpoints"], note);
    assert.equal(line.attributes["proofline.rollback.sinks"], "loki=650");
    assert.equal((await ledger.openCursor("loki")).next, 300);
    await ledger.append(entries("on", 10));
    await ledger.close();
    assert.equal(check(disk).lines.length, 311);
    // The same anchor again: it was given up.
    await (await open({ disk, anchors: async () => [{ note, where: "loki" }] })).close();
  });

  test("is refused when there is none", async () => {
    const { disk } = await rolledBack({ wholeFolder: true });
    const o = { data: DATA, log: LOG, signer, disk, because: "x", actor: ACTOR, processes: processes() };
    await assert.rejects(acceptRollback(o), { code: "NOT_ROLLED_BACK" });
  });

  test("a crash at some of its steps: still refused, or the log says what was done, once", async () => {
    await acceptCrash("power-torn", 7);
    await acceptCrash("fails", 11);
  });
});

suite("restoring lines", () => {
  const o = { data: DATA, log: LOG, key: signer };

  test("brings back what was signed and what a sink had; then the log starts", async () => {
    const { disk, lines } = await rolledBack();
    const restored = await restoreLines({ ...o, disk, processes: processes(), lines: (first) => from(lines.slice(first)) });
    assert.deepEqual(restored, { from: 300, lines: LOST, signed: LOST });
    assert.equal(check(disk).lines.length, LOST);
    await (await open({ disk })).close();
    assert.equal(check(disk).checkpointSize, LOST);
  });

  test("takes them twice, out of order, beside forged ones, and from the whole log", async () => {
    const { disk, lines } = await rolledBack({ wholeFolder: true });
    const { note } = await rolledBack();
    const forged = lines.map((line) => Buffer.from(Buffer.from(line).toString().replace("ann", "bob")));
    const mixed = lines.flatMap((line, i) => [forged[i]!, line, Buffer.from("hello"), line]);
    for (let i = 0; i + 7 < mixed.length; i += 8) mixed.splice(i, 8, ...mixed.slice(i, i + 8).reverse());
    const anchors = [{ note, where: "loki" }];
    const restored = await restoreLines({ ...o, disk, anchors, processes: processes(), lines: () => from(mixed) });
    assert.equal(restored.lines, LOST);
    const ledger = await open({ disk, anchors: async () => anchors });
    await ledger.close();
    assert.deepEqual(
      check(disk)
        .lines.map(({ id }) => id)
        .slice(-1),
      ["new3-99"],
    );
  });

  test("of which one is missing, or changed, or all are another chain, changes nothing", async () => {
    const { disk, lines } = await rolledBack();
    const before = [...disk.files()].map(([path, file]) => [path, Buffer.from(file.contents()).toString("base64")]);
    const changed = Buffer.from(Buffer.from(lines[500]!).toString().replace("ann", "bob"));
    const last = Buffer.from(Buffer.from(lines[699]!).toString().replace("ann", "bob"));
    for (const [code, given] of [
      ["INCOMPLETE", lines.toSpliced(500, 1)],
      ["INCOMPLETE", lines.with(500, changed)],
      ["INCOMPLETE", lines.with(699, last)],
      ["INCOMPLETE", []],
    ] as const) {
      await assert.rejects(restoreLines({ ...o, disk, processes: processes(), lines: () => from(given) }), { code });
      const after = [...disk.files()].map(([path, file]) => [path, Buffer.from(file.contents()).toString("base64")]);
      assert.deepEqual(after, before);
    }
  });

  test("a chain that holds but leads elsewhere is FORKED", async () => {
    const { disk, lines } = await rolledBack();
    let prev = hashToBase64(leafHash(lines[299]!));
    const other = lines.slice(300).map((line) => {
      const text = Buffer.from(line)
        .toString()
        .replace(/"prev":"[^"]*"/, `"prev":"${prev}"`)
        .replace("ann", "bob");
      prev = hashToBase64(leafHash(Buffer.from(text)));
      return Buffer.from(text);
    });
    await assert.rejects(restoreLines({ ...o, disk, processes: processes(), lines: () => from(other) }), { code: "FORKED" });
    await refusal({ disk });
  });

  test("a crash at some of its steps: refused as before, or whole", async () => {
    await restoreCrash("power-torn", 3);
    await restoreCrash("fails-kept", 4);
  });
});
