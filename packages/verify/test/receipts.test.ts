import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { generateSigner, hashToBase64, inclusionProof, nodeHash, verifierFromVkey } from "@proofline/tlog";
import { type Report, type VerifyReceiptsOptions, verifyReceipts } from "@proofline/verify";
import fc from "fast-check";
import { VerifyError } from "../src/errors.ts";
import { parseReceipts } from "../src/receipt.ts";
import { fakeLoki } from "./support/fake-loki.ts";
import { serveLog } from "./support/log-server.ts";
import { temporaryFolder } from "./support/temporary.ts";
import { checkpointOf, leavesOf, makeLines, NAME, START, segmentPath, writeLog } from "./support/writer.ts";

const { signer, vkey } = generateSigner(NAME);
const key = verifierFromVkey(vkey);
const LINES = makeLines(300);

interface ReceiptJson {
  log: string;
  seq: number;
  id: string;
  leaf_hash: string;
  checkpoint?: string;
  inclusion_proof?: string[];
}

/** What /v1/audit answers for a line. @param size of the tree of the proof; none without it */
function receiptOf(seq: number, size?: number, lines: readonly string[] = LINES): ReceiptJson {
  const leaves = leavesOf(lines.slice(0, size));
  const id = (JSON.parse(lines[seq]!) as { id: string }).id;
  const receipt = { log: NAME, seq, id, leaf_hash: hashToBase64(leavesOf([lines[seq]!])[0]!) };
  if (size === undefined) return receipt;
  const hashAt = (level: number, index: number): Uint8Array =>
    level === 0 ? leaves[index]! : nodeHash(hashAt(level - 1, 2 * index), hashAt(level - 1, 2 * index + 1));
  return {
    ...receipt,
    checkpoint: checkpointOf(lines.slice(0, size), signer),
    inclusion_proof: inclusionProof(seq, size, hashAt).map(hashToBase64),
  };
}

async function verify(t: TestContext, json: unknown, o: Partial<VerifyReceiptsOptions> = {}): Promise<Report> {
  const receipt = join(await temporaryFolder(t), "receipt.json");
  await writeFile(receipt, typeof json === "string" ? json : JSON.stringify(json));
  return await verifyReceipts({ receipt, keys: [key], ...o });
}

const outcome = ({ result, findings }: Report): [string, string[]] => [result, findings.map(({ code }) => code)];

describe("a receipt with a proof", () => {
  test("holds offline: alone, in an array, in an answer of /v1/audit", async (t) => {
    const receipt = receiptOf(41, 300);
    for (const json of [receipt, [receipt], { receipts: [receipt] }]) {
      const report = await verify(t, json);
      assert.deepEqual(outcome(report), ["holds", []]);
      assert.deepEqual([report.log, report.from, report.to, report.records, report.checkpoint?.size], [NAME, 41, 41, 1, 300]);
    }
    const many = await verify(t, { receipts: [receiptOf(0, 1), receiptOf(299, 300), receiptOf(7, 9)] });
    assert.deepEqual([many.result, many.from, many.to, many.records], ["holds", 0, 299, 3]);
  });

  const wrong: Record<string, [change: (receipt: ReceiptJson) => void, code: string]> = {
    "another leaf": [(r) => Object.assign(r, { leaf_hash: receiptOf(42).leaf_hash }), "PROOF_MISMATCH"],
    "another seq": [(r) => Object.assign(r, { seq: 42 }), "PROOF_MISMATCH"],
    "a seq beyond the tree": [(r) => Object.assign(r, { seq: 300 }), "PROOF_MISMATCH"],
    "a proof that is too short": [(r) => r.inclusion_proof?.pop(), "PROOF_MISMATCH"],
    "a proof that is too long": [(r) => r.inclusion_proof?.push(r.leaf_hash), "PROOF_MISMATCH"],
    "a proof out of order": [(r) => r.inclusion_proof?.reverse(), "PROOF_MISMATCH"],
    "another log": [
      (r) => Object.assign(r, { checkpoint: r.checkpoint?.replace(`${NAME}\n`, "log.example/b\n") }),
      "BAD_SIGNATURE",
    ],
    "a root that was not signed": [
      (r) => Object.assign(r, { checkpoint: r.checkpoint?.replace("\n300\n", "\n299\n") }),
      "BAD_SIGNATURE",
    ],
    "another key's signature": [
      (r) => Object.assign(r, { checkpoint: checkpointOf(LINES, generateSigner(NAME).signer) }),
      "UNTRUSTED_KEY",
    ],
    "a checkpoint of another log by the same key": [
      (r) => Object.assign(r, { checkpoint: checkpointOf(LINES, signer, "log.example/b") }),
      "WRONG_ORIGIN",
    ],
    "no checkpoint at all": [(r) => Object.assign(r, { checkpoint: "nothing" }), "CHECKPOINT_UNREADABLE"],
  };
  for (const [what, [change, code]] of Object.entries(wrong))
    test(`with ${what} is broken: ${code}`, async (t) => {
      const receipt = receiptOf(41, 300);
      change(receipt);
      assert.deepEqual(outcome(await verify(t, receipt)), ["broken", [code]]);
    });

  test("is unknown without the log's key", async (t) => {
    assert.deepEqual(outcome(await verify(t, receiptOf(41, 300), { keys: [] })), ["unknown", ["NO_KEY"]]);
    const other = verifierFromVkey(generateSigner("log.example/b").vkey);
    assert.deepEqual(outcome(await verify(t, receiptOf(41, 300), { keys: [other] })), ["unknown", ["NO_KEY"]]);
  });

  test("is compared with its line: the same, another, one that it names otherwise", async (t) => {
    const line = join(await temporaryFolder(t), "line");
    await writeFile(line, `${LINES[41]}\n`);
    assert.deepEqual(outcome(await verify(t, receiptOf(41, 300), { line })), ["holds", []]);
    assert.deepEqual(outcome(await verify(t, { ...receiptOf(41, 300), id: "x" }, { line })), ["broken", ["RECEIPT_MISMATCH"]]);
    await writeFile(line, LINES[41]!.replace("ann 41", "bob 41"));
    assert.deepEqual(outcome(await verify(t, receiptOf(41, 300), { line })), ["broken", ["RECEIPT_MISMATCH"]]);
  });
});

describe("a receipt without a proof", () => {
  test("is unknown by itself, and says what is missing", async (t) => {
    const report = await verify(t, receiptOf(41));
    assert.deepEqual(outcome(report), ["unknown", ["RECEIPT_NOT_PROVEN"]]);
    assert.match(report.findings[0]!.found, /no proof/);
  });

  test("is proven by the log's folder, which has the line", async (t) => {
    const data = await temporaryFolder(t);
    const folder = await writeLog({ data, lines: LINES, signer, tiles: true, segmentLines: 100 });
    const report = await verify(t, [receiptOf(41), receiptOf(250)], { data });
    assert.deepEqual([...outcome(report), report.details.comparedLines], ["holds", [], 2]);
    assert.deepEqual(outcome(await verify(t, { ...receiptOf(41), leaf_hash: receiptOf(42).leaf_hash }, { data })), [
      "broken",
      ["RECEIPT_MISMATCH", "RECEIPT_MISMATCH"],
    ]);
    const segment = segmentPath(folder, 0);
    const text = await readFile(segment, "utf8");
    await writeFile(segment, text.replace("ann 41", "bob 41"));
    assert.deepEqual(outcome(await verify(t, receiptOf(41), { data })), ["broken", ["RECEIPT_MISMATCH"]]);
    await writeFile(segment, text.split("\n").slice(0, 20).join("\n"));
    assert.deepEqual(outcome(await verify(t, receiptOf(41), { data })), ["broken", ["MISSING"]]);
  });

  test("is unknown where the folder's tiles are gone, or its checkpoint does not cover the line yet", async (t) => {
    const data = await temporaryFolder(t);
    await writeLog({ data, lines: LINES, signer });
    assert.deepEqual(outcome(await verify(t, receiptOf(41), { data })), ["unknown", ["RECEIPT_NOT_PROVEN"]]);
    const short = await temporaryFolder(t);
    await writeLog({ data: short, lines: LINES, signer, tiles: true, signed: 40 });
    assert.deepEqual(outcome(await verify(t, receiptOf(41), { data: short })), ["unknown", ["RECEIPT_NOT_PROVEN"]]);
  });

  test("is proven by a log that is served", async (t) => {
    const folder = await writeLog({ data: await temporaryFolder(t), lines: LINES, signer, tiles: true });
    const server = await serveLog(t, folder, LINES);
    const url = { url: server.url, retryDelaysMs: [] };
    assert.deepEqual(outcome(await verify(t, [receiptOf(41), receiptOf(299)], { url })), ["holds", []]);
    server.lies.set("tile/0/000", Buffer.alloc(8192));
    assert.deepEqual(outcome(await verify(t, receiptOf(41), { url })), ["broken", ["TILE_CHANGED"]]);
    server.lies.set("checkpoint", 500);
    assert.deepEqual(outcome(await verify(t, receiptOf(41), { url })), ["unknown", ["UNREACHABLE"]]);
  });

  test("in Loki its line can be compared, and nothing proven", async (t) => {
    const loki = await fakeLoki(t, NAME);
    loki.entries = LINES.map((line, i) => ({ type: "line", timestamp: START + BigInt(i), line }));
    const o = { loki: { url: loki.url, now: () => START + 1_000_000_000n, retryDelaysMs: [] } };
    assert.deepEqual(outcome(await verify(t, receiptOf(41), o)), ["unknown", ["RECEIPT_NOT_PROVEN"]]);
    assert.deepEqual(outcome(await verify(t, receiptOf(41, 300), o)), ["holds", []]);
    loki.entries = loki.entries.filter((_, i) => i !== 41);
    assert.deepEqual(outcome(await verify(t, receiptOf(41, 300), o)), ["broken", ["MISSING"]]);
  });
});

describe("what is no receipt", () => {
  test("is unknown, and the place is named", async (t) => {
    const receipt = receiptOf(41, 300);
    const { checkpoint: _, ...half } = receipt;
    const bad: unknown[] = [
      "",
      "{",
      "[]",
      {},
      { ...receipt, seq: -1 },
      { ...receipt, seq: "41" },
      { ...receipt, leaf_hash: "AA==" },
      half,
    ];
    for (const json of bad) assert.deepEqual(outcome(await verify(t, json)), ["unknown", ["BAD_RECEIPT"]], JSON.stringify(json));
    assert.deepEqual(outcome(await verifyReceipts({ receipt: "/no/such/file", keys: [key] })), ["unknown", ["UNREADABLE"]]);
  });

  test("any JSON ends in receipts or in one typed error", () => {
    const like = fc.record(
      { log: fc.string(), seq: fc.double(), id: fc.anything(), leaf_hash: fc.base64String(), inclusion_proof: fc.anything() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          like.map((one) => JSON.stringify(one)),
          fc.string(),
        ),
        (text) => {
          try {
            assert.ok(parseReceipts(text, "x").length > 0);
          } catch (error) {
            assert.ok(error instanceof VerifyError && error.code === "BAD_RECEIPT", String(error));
          }
        },
      ),
    );
  });
});
