import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { formatTail } from "@proofline/event";
import { createLog, openLedger } from "@proofline/ledger";
import { generateSigner, verifierFromVkey } from "@proofline/tlog";
import { verifyData } from "@proofline/verify";
import { startFakeLoki } from "../../../test/support/fake-loki.ts";
import { record, run, temporaryFolder } from "./support.ts";

const LOG = "prod";
const { signer, skey } = generateSigner(LOG, Buffer.alloc(32, 1));
const onFatal = (error: Error): void => {
  throw error;
};

interface Place {
  readonly data: string;
  readonly words: readonly string[];
  /** Every line that there was. */
  readonly lines: readonly string[];
}

/** A log of 20 lines whose volume was put back as it was after 12; `wholeFolder`: with the checkpoint of that time. */
async function rolledBack(t: TestContext, o: { wholeFolder?: boolean } = {}): Promise<Place> {
  const folder = await temporaryFolder(t);
  const data = join(folder, "data");
  await createLog({ data, log: LOG, signer });
  await writeFile(join(data, LOG, "key"), `${skey}\n`, { mode: 0o600 });
  const grow = async (count: number, name: string): Promise<void> => {
    const ledger = await openLedger({ data, log: LOG, signer, minFreeBytes: 0, onFatal });
    await ledger.append(Array.from({ length: count }, (_, i) => ({ tail: formatTail(record(`${name}-${i}`)) })));
    await ledger.close();
  };
  await grow(12, "old");
  await cp(join(data, LOG), join(folder, "backup"), { recursive: true });
  await grow(8, "new");
  const lines = (await segmentText(data)).split("\n").slice(0, -1);
  const parts = o.wholeFolder ? ["segments", "checkpoint", "tile"] : ["segments"];
  for (const part of parts) {
    await rm(join(data, LOG, part), { recursive: true });
    await cp(join(folder, "backup", part), join(data, LOG, part), { recursive: true });
  }
  return { data, words: ["--data", data, "--log", LOG], lines };
}

async function segmentText(data: string): Promise<string> {
  const folder = join(data, LOG, "segments");
  const names = (await readdir(folder)).sort();
  return (await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")))).join("");
}

async function verify(data: string, checkpoint?: string): Promise<string> {
  const keys = [verifierFromVkey(signer.vkey)];
  return (await verifyData({ data, keys, ...(checkpoint === undefined ? {} : { checkpoint }) })).result;
}

suite("the ways on that a refused start names", () => {
  test("restore --from-lines brings the lines back from a file of them, and the log holds", async (t) => {
    const { data, words, lines } = await rolledBack(t);
    assert.equal(await verify(data), "broken");
    const file = join(data, "..", "export.jsonl");
    await writeFile(file, `${lines.join("\n")}\n`);
    const { code, out, error } = await run(["restore", ...words, "--from-lines", file]);
    assert.equal(code, 0, error);
    assert.match(out, /restored {3}lines 12 to 19 of log prod\nheld {7}against the chain and the signed root of 20 lines/);
    assert.equal(await segmentText(data), `${lines.join("\n")}\n`);
    assert.equal(await verify(data), "holds");
    const again = await run(["restore", ...words, "--from-lines", file]);
    assert.deepEqual([again.code, again.error.includes("nothing to accept or to restore")], [2, true]);
  });

  test("restore --from-loki does so from Loki, up to the checkpoint that Loki has when the whole folder is older", async (t) => {
    const newer = await rolledBack(t);
    const note = await readFile(join(newer.data, LOG, "checkpoint"), "utf8");
    const { data, words, lines } = await rolledBack(t, { wholeFolder: true });
    const loki = await startFakeLoki({});
    t.after(() => loki.close());
    const now = BigInt(Date.now()) * 1_000_000n;
    const stream = (type: string, texts: readonly string[]) => ({
      stream: { service_name: "proofline", log: LOG, type },
      values: texts.map((text, i) => [String(now + BigInt(i)), text]),
    });
    // Each rolledBack() makes its lines anew, at another time: these are the newer copy's.
    const checkpoint = newer.lines.join() === lines.join() ? note : await checkpointOf(data, lines);
    const body = JSON.stringify({ streams: [stream("line", lines), stream("checkpoint", [checkpoint])] });
    const push = await fetch(`${loki.url}/loki/api/v1/push`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    assert.equal(push.status, 204, await push.text());
    const { code, out, error } = await run(["restore", ...words, "--from-loki", loki.url, "--json"]);
    assert.equal(code, 0, error);
    assert.deepEqual(JSON.parse(out), { log: LOG, from: 12, lines: 20, signed: 20 });
    await (await openLedger({ data, log: LOG, signer, minFreeBytes: 0, onFatal })).close();
    assert.equal(await verify(data), "holds");
  });

  test("restore refuses lines that do not lead to what was signed, and changes nothing", async (t) => {
    const { data, words, lines } = await rolledBack(t);
    const before = await segmentText(data);
    const file = join(data, "..", "export.jsonl");
    await writeFile(file, `${lines.slice(0, 18).join("\n")}\n`);
    const { code, error } = await run(["restore", ...words, "--from-lines", file]);
    assert.equal(code, 2);
    assert.match(error, /line 17 was not found|line 18 was not found/);
    assert.equal(await segmentText(data), before);
    assert.equal((await run(["restore", ...words])).code, 64);
  });

  test("log accept-rollback goes on without them, says so in the log, and keeps what was signed", async (t) => {
    const { data, words } = await rolledBack(t);
    assert.equal((await run(["log", "accept-rollback", ...words])).code, 64);
    const { code, out, error } = await run(["log", "accept-rollback", ...words, "--because", "the volume was lost"]);
    assert.equal(code, 0, error);
    assert.match(out, /goes on after 12 lines; 8 that had been promised are given up\nwritten {4}as line 12/);
    assert.equal(await verify(data), "holds");
    const shown = await run(["query", ...words, "--event", "proofline.log.*", "--json"]);
    assert.match(shown.out, /"proofline\.because":"the volume was lost"/);
    const [kept] = await readdir(join(data, LOG, "rolled-back"));
    const asAuditor = await verify(data, join(data, LOG, "rolled-back", kept!));
    assert.equal(asAuditor, "broken", "with the old checkpoint it does not hold, rightly");
    assert.equal((await run(["log", "accept-rollback", ...words, "--because", "again"])).code, 2);
  });

  test("log unlock takes a log from a dead holder on another host, and says so in the log", async (t) => {
    const { data, words, lines } = await rolledBack(t);
    await writeFile(join(data, LOG, "segments", `${"0".repeat(20)}.jsonl`), `${lines.join("\n")}\n`);
    const owner = { pid: 7, host: "another-host", boot: "x", started: "1", since: "2026-11-20T00:00:00.000Z", token: "t" };
    await writeFile(join(data, LOG, "lock"), JSON.stringify(owner));
    const { code, out, error } = await run(["log", "unlock", ...words, "--because", "that host is gone"]);
    assert.equal(code, 0, error);
    assert.match(out, /process 7 on another-host .*\nwritten {4}as line 20/);
    const shown = await run(["query", ...words, "--event", "proofline.log.unlocked", "--json"]);
    assert.match(shown.out, /"proofline\.lock\.host":"another-host"/);
    assert.equal((await run(["log", "unlock", ...words, "--because", "again"])).code, 2);
  });
});

/** What this log had signed, from its own lines: another process would have kept it. */
async function checkpointOf(data: string, lines: readonly string[]): Promise<string> {
  const copy = join(data, "..", "copy");
  await mkdir(copy);
  await cp(join(data, LOG), join(copy, LOG), { recursive: true });
  await writeFile(join(copy, LOG, "segments", `${"0".repeat(20)}.jsonl`), `${lines.join("\n")}\n`);
  const ledger = await openLedger({ data: copy, log: LOG, signer, minFreeBytes: 0, onFatal });
  await ledger.close();
  return ledger.checkpoint.note;
}

test("bench measures disk and policy in a folder of its own, and leaves nothing behind", async (t) => {
  const { data } = await rolledBack(t);
  const before = await readdir(data);
  const { code, out, error } = await run(["bench", "--data", data, "--seconds", "1", "--json"]);
  assert.equal(code, 0, error);
  const { sync, append, policy } = JSON.parse(out);
  assert.ok(sync.syncs > 0 && sync.p99Ms >= sync.p50Ms);
  assert.ok(append.length > 2 && append.every(({ recordsPerSecond }: { recordsPerSecond: number }) => recordsPerSecond > 0));
  assert.ok(policy.records === 512 && policy.redactions > 0 && policy.redactUs > 0);
  assert.deepEqual(await readdir(data), before);
  assert.equal((await run(["bench", "--seconds", "0"])).code, 64);
});

test("query and inspect read a log with compressed segments", async (t) => {
  const data = join(await temporaryFolder(t), "data");
  await createLog({ data, log: LOG, signer });
  const ledger = await openLedger({ data, log: LOG, signer, minFreeBytes: 0, segmentBytes: 5_000, compress: "zstd", onFatal });
  for (let i = 0; i < 60; i++) await ledger.append([{ tail: formatTail(record(`r-${i}`)) }]);
  await ledger.idle();
  await ledger.close();
  const names = await readdir(join(data, LOG, "segments"));
  assert.ok(names.filter((name) => name.endsWith(".zst")).length >= 2);
  const words = ["--data", data];
  assert.equal((await run(["query", ...words, "--json"])).out.trimEnd().split("\n").length, 60);
  const shown = await run(["inspect", "3", ...words]);
  assert.equal(shown.code, 0, shown.error);
  assert.match(shown.out, /line {7}3 of prod, .*\.jsonl\.zst:4\n/);
});
