import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { generateSigner, verifierFromVkey } from "@proofline/tlog";
import { type Report, type VerifyLokiOptions, verifyLoki } from "@proofline/verify";
import { type FakeEntry, fakeLoki } from "./support/fake-loki.ts";
import { temporaryFolder } from "./support/temporary.ts";
import { checkpointOf, makeLines, NAME, START } from "./support/writer.ts";

const { signer, vkey } = generateSigner(NAME, new Uint8Array(32).fill(1));
const stranger = generateSigner(NAME, new Uint8Array(32).fill(2));
const keys = [verifierFromVkey(vkey)];
const COUNT = 40;
const lines = makeLines(COUNT);
const DAY_NS = 86_400_000_000_000n;

/** Lines as the sink sends them: at the time when they were received, in two streams. */
function entriesOf(all: readonly string[]): FakeEntry[] {
  return all.map((line) => {
    const { seq } = JSON.parse(line) as { seq: number };
    return { type: "line", timestamp: START + BigInt(seq) * 1_000_000n, line, service: seq % 3 === 0 ? "a" : "b" };
  });
}

function checkpointEntry(size: number, all: readonly string[] = lines, by = signer): FakeEntry {
  return { type: "checkpoint", timestamp: START + BigInt(size) * 1_000_000n + 1n, line: checkpointOf(all.slice(0, size), by) };
}

async function loki(t: TestContext) {
  const fake = await fakeLoki(t, NAME);
  fake.entries = [...entriesOf(lines), checkpointEntry(10), checkpointEntry(25), checkpointEntry(COUNT)];
  const now = () => START + 60n * DAY_NS;
  const verify = (o: Partial<VerifyLokiOptions> = {}) => verifyLoki({ url: fake.url, keys, now, retryDelaysMs: [], ...o });
  return { fake, verify };
}

const brief = ({ result, findings }: Report) => [result, ...findings.map(({ code, seq }) => `${code} ${seq}`)];

describe("a log in Loki", () => {
  test("holds: every line, in pages of any size, across streams and windows", async (t) => {
    const { fake, verify } = await loki(t);
    for (const maxEntries of [5_000, 40, 39, 7, 2]) {
      fake.maxEntries = maxEntries;
      const report = await verify();
      assert.deepEqual(brief(report), ["holds"], `pages of ${maxEntries}`);
      assert.deepEqual(
        [report.log, report.from, report.to, report.records, report.details.signatures],
        [NAME, 0, COUNT - 1, COUNT, 3],
      );
    }
  });

  test("is asked for entries only on the days on which Loki's index has the log", async (t) => {
    const { fake, verify } = await loki(t);
    assert.equal((await verify()).result, "holds");
    const queries = fake.requests.filter(({ path }) => path.endsWith("/query_range"));
    assert.equal(queries.length, 2, "one day of lines, one of checkpoints");
  });

  test("is found without a name when it is the only one", async (t) => {
    const { verify } = await loki(t);
    assert.equal((await verify({ keys: [...keys, verifierFromVkey(generateSigner("log.example/other").vkey)] })).result, "holds");
    assert.deepEqual(brief(await verify({ keys: [] })), ["unknown", "NO_KEY null"]);
  });

  test("sends the tenant, and credentials of the URL as a header", async (t) => {
    const { fake, verify } = await loki(t);
    const url = fake.url.replace("//", "//ann:s%C3%A9cret@");
    const report = await verify({ url, tenant: "acme" });
    assert.equal(report.result, "holds");
    const { headers } = fake.requests[0]!;
    assert.deepEqual(
      [headers["x-scope-orgid"], headers.authorization],
      ["acme", `Basic ${Buffer.from("ann:sécret").toString("base64")}`],
    );
    assert.ok(!JSON.stringify(report).includes("cret"), "and shows them nowhere");
  });

  test("lines after the newest checkpoint are not proven", async (t) => {
    const { fake, verify } = await loki(t);
    fake.entries.pop();
    const report = await verify();
    assert.deepEqual([report.result, report.to], ["holds", 24]);
    assert.match(report.notProven[0]!, /15 lines, seq 25 to 39/);
  });

  test("retries of the sink, and timestamps that are not the lines' times, change nothing", async (t) => {
    const { fake, verify } = await loki(t);
    // A backlog that Loki finds too old is sent again later, at the oldest time that it takes.
    fake.entries.push(...entriesOf(lines.slice(5, 20)).map((entry) => ({ ...entry, timestamp: entry.timestamp + DAY_NS })));
    fake.entries = fake.entries.map((entry, i) =>
      i < 12 && entry.type === "line" ? { ...entry, timestamp: START + 20_500_000n + BigInt(i) } : entry,
    );
    for (const maxEntries of [5_000, 3]) {
      fake.maxEntries = maxEntries;
      assert.deepEqual(brief(await verify()), ["holds"]);
    }
  });
});

describe("a log that was tampered with in Loki", () => {
  for (const seq of [0, 1, 17, COUNT - 1]) {
    test(`seq ${seq} deleted is missing`, async (t) => {
      const { fake, verify } = await loki(t);
      fake.entries.splice(seq, 1);
      assert.deepEqual(brief(await verify()), ["broken", `MISSING ${seq}`]);
    });

    test(`seq ${seq} altered is named`, async (t) => {
      const { fake, verify } = await loki(t);
      fake.entries[seq] = { ...fake.entries[seq]!, line: lines[seq]!.replace("ann", "bob") };
      const expected = seq === COUNT - 1 ? "ROOT_MISMATCH 25" : `LINE_CHANGED ${seq}`;
      assert.deepEqual(brief(await verify()), ["broken", expected]);
    });

    test(`another version of seq ${seq} beside it is a conflict, and the true one is known`, async (t) => {
      const { fake, verify } = await loki(t);
      fake.entries.unshift({ ...fake.entries[seq]!, line: lines[seq]!.replace("ann", "bob") });
      assert.deepEqual(brief(await verify()), ["broken", `CONFLICTING ${seq}`]);
    });

    test(`bytes that are no line in the place of seq ${seq}`, async (t) => {
      const { fake, verify } = await loki(t);
      fake.entries[seq] = { ...fake.entries[seq]!, line: "deleted by retention" };
      const findings = brief(await verify());
      assert.equal(findings[1], `UNPARSEABLE ${seq}`);
    });
  }

  test("runs of missing lines are reported with their first, last and number", async (t) => {
    const { fake, verify } = await loki(t);
    fake.entries = fake.entries.filter(({ type }, seq) => type !== "line" || seq < 5 || (seq > 9 && seq < 30));
    const report = await verify();
    assert.deepEqual(brief(report), ["broken", "MISSING 5", "MISSING 30"]);
    assert.match(report.findings[0]!.expected, /seq 5 to 9, 5 lines/);
    assert.match(report.findings[1]!.expected, /seq 30 to 39, 10 lines/);
  });

  test("all lines gone", async (t) => {
    const { fake, verify } = await loki(t);
    fake.entries = fake.entries.filter(({ type }) => type !== "line");
    assert.deepEqual(brief(await verify()), ["broken", "MISSING 0"]);
  });

  test("the order of arrival is not the order of the lines", async (t) => {
    const { fake, verify } = await loki(t);
    const swap = (entry: FakeEntry, other: FakeEntry) => ({ ...entry, timestamp: other.timestamp });
    fake.entries.splice(8, 2, swap(fake.entries[8]!, fake.entries[9]!), swap(fake.entries[9]!, fake.entries[8]!));
    assert.deepEqual(brief(await verify()), ["holds"]);
  });

  test("a checkpoint by another key, a forged one, and one of another history", async (t) => {
    const { fake, verify } = await loki(t);
    const last = fake.entries.length - 1;
    fake.entries[last] = checkpointEntry(COUNT, lines, stranger.signer);
    assert.deepEqual(brief(await verify()), ["broken", "UNTRUSTED_KEY null"]);
    fake.entries[last] = { ...checkpointEntry(COUNT), line: checkpointOf(lines, signer).replace("\n40\n", "\n41\n") };
    assert.deepEqual(brief(await verify()), ["broken", "BAD_SIGNATURE null"]);
    fake.entries[last] = checkpointEntry(COUNT);
    fake.entries.push(checkpointEntry(25, makeLines(25, { fill: (record) => record.attributes.clear() })));
    assert.equal(
      (await verify()).findings.some(({ code }) => code === "FORKED"),
      true,
    );
  });

  test("a history that was chained and pushed anew, against a checkpoint of yours", async (t) => {
    const { fake, verify } = await loki(t);
    const forged = makeLines(COUNT, { fill: (record, seq) => seq === 30 && record.attributes.set("audit.actor.id", "eve") });
    fake.entries = [...entriesOf(forged), checkpointEntry(10), checkpointEntry(25)];
    const saved = join(await temporaryFolder(t), "saved");
    await writeFile(saved, checkpointOf(lines, signer));
    assert.equal((await verify()).to, 24, "by itself, only what Loki's checkpoints cover is proven");
    assert.deepEqual(brief(await verify({ checkpoint: saved })), ["broken", "ROOT_MISMATCH 25"]);
    await writeFile(saved, checkpointOf(makeLines(50), signer));
    assert.deepEqual(brief(await verify({ checkpoint: saved })), ["broken", "ROLLED_BACK 40"]);
  });
});

describe("a Loki that does not answer as it should is no proof of anything", () => {
  const answers: [string, string, number, string][] = [
    ["a 500", "UNREACHABLE", 500, "internal error"],
    ["a 503", "UNREACHABLE", 503, "empty ring"],
    ["a 429", "UNREACHABLE", 429, "too many outstanding requests"],
    ["a 401", "UNREACHABLE", 401, "no org id"],
    ["a 404", "UNREACHABLE", 404, "404 page not found"],
    ["an empty answer", "BAD_ANSWER", 200, ""],
    ["a web page", "BAD_ANSWER", 200, "<html>"],
    ["null", "BAD_ANSWER", 200, "null"],
    ["an error as JSON", "BAD_ANSWER", 200, '{"status":"error"}'],
    ["no data", "BAD_ANSWER", 200, '{"status":"success"}'],
    ["a matrix", "BAD_ANSWER", 200, '{"status":"success","data":{"resultType":"matrix","result":[]}}'],
    ["streams without values", "BAD_ANSWER", 200, '{"status":"success","data":{"resultType":"streams","result":[{}]}}'],
    [
      "values of other types",
      "BAD_ANSWER",
      200,
      '{"status":"success","data":{"resultType":"streams","result":[{"values":[[1,2]]}]}}',
    ],
    [
      "a timestamp that is none",
      "BAD_ANSWER",
      200,
      '{"status":"success","data":{"resultType":"streams","result":[{"values":[["x","y"]]}]}}',
    ],
  ];
  for (const [name, code, status, body] of answers) {
    test(`${name}: ${code}`, async (t) => {
      const { fake, verify } = await loki(t);
      fake.answer = (response) => response.writeHead(status).end(body);
      assert.deepEqual(brief(await verify()), ["unknown", `${code} null`]);
    });
  }

  test("trouble in the middle of the pages", async (t) => {
    const { fake, verify } = await loki(t);
    fake.maxEntries = 5;
    // The fake decides by itself when it has had enough.
    fake.failAfter = 20;
    assert.deepEqual(brief(await verify()), ["unknown", "UNREACHABLE null"]);
    fake.failAfter = Number.POSITIVE_INFINITY;
    assert.equal((await verify()).result, "holds");
  });

  test("trouble that passes is waited out", async (t) => {
    const { fake, verify } = await loki(t);
    let failures = 2;
    fake.answer = (response) => {
      if (--failures === 0) fake.answer = undefined;
      response.writeHead(503).end("not yet");
    };
    assert.equal((await verify({ retryDelaysMs: [1, 1] })).result, "holds");
  });

  test("nobody there, and an address that is none", async () => {
    const port = 1; // reserved: nothing listens there
    const report = await verifyLoki({ url: `http://127.0.0.1:${port}`, keys, retryDelaysMs: [] });
    assert.deepEqual(brief(report), ["unknown", "UNREACHABLE null"]);
    assert.deepEqual(brief(await verifyLoki({ url: "loki:3100", keys })), ["unknown", "UNREACHABLE null"]);
  });

  test("more entries at one time than a page takes", async (t) => {
    const { fake, verify } = await loki(t);
    fake.entries = fake.entries.map((entry) => ({ ...entry, timestamp: START }));
    fake.maxEntries = 10;
    assert.deepEqual(brief(await verify()), ["unknown", "BAD_ANSWER null"]);
  });

  test("an empty Loki, and one without checkpoints", async (t) => {
    const { fake, verify } = await loki(t);
    fake.entries = fake.entries.filter(({ type }) => type === "line");
    assert.deepEqual(brief(await verify()), ["unknown", "NOTHING_SIGNED null"]);
    fake.entries = [];
    assert.deepEqual(brief(await verify()), ["unknown", "NO_DATA null"]);
    assert.deepEqual(brief(await verify({ keys: [] })), ["unknown", "NO_LOG null"]);
  });
});

describe("a part of a log in Loki", () => {
  test("is chained and not proven", async (t) => {
    const { fake, verify } = await loki(t);
    assert.deepEqual(brief(await verify({ from: 5, to: 20 })), ["unknown", "RANGE_NOT_PROVEN null"]);
    fake.entries.splice(12, 1);
    assert.deepEqual(brief(await verify({ from: 5, to: 20 })), ["broken", "MISSING 12"]);
    assert.equal((await verify({ from: 13, to: 20 })).result, "unknown");
  });

  test("up to a checkpoint's size it is proven", async (t) => {
    const { verify } = await loki(t);
    const report = await verify({ to: 24 });
    assert.deepEqual([report.result, report.from, report.to, report.records], ["holds", 0, 24, 25]);
  });
});
