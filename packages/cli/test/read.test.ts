import assert from "node:assert/strict";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { record, run, temporaryFolder, writeLog } from "./support.ts";

const ann = {
  "audit.actor.id": "ann",
  "audit.actor.type": "user",
  "audit.action": "APPROVE",
  "audit.outcome": "success",
  "audit.target.id": "4711",
  "audit.target.type": "invoice",
};
const agent = {
  "audit.actor.id": "ap-agent",
  "audit.actor.type": "agent",
  "audit.action": "EXECUTE",
  "audit.outcome": "failure",
};
const TRACE = "5f1c000000000000000000000000009a";
const RECORDS = [
  record("r-0", ann, { traceId: TRACE }),
  record("r-1", agent, { event: "tool.lookup", traceId: TRACE }),
  record("r-2", ann, { event: "invoice.refused" }),
  record("r-3", {}, { event: "" }),
];

const ids = (out: string): string[] => [...out.matchAll(/"id":"(r-\d+)"/g)].map(([, id]) => id!);
const segmentOf = (data: string, first = 0): string => join(data, "default/segments", `${String(first).padStart(20, "0")}.jsonl`);

describe("proofline query", () => {
  test("prints a table for a person", async (t) => {
    const data = await temporaryFolder(t);
    await writeLog(data, "default", RECORDS);
    const { code, out } = await run(["query", "--data", data]);
    assert.equal(code, 0);
    assert.equal(
      out,
      `  seq  time          event               actor             action    outcome  target        trace
       2026-11-20 UTC
    0  12:00:00.000  invoice.approved    user:ann          APPROVE   success  invoice:4711  5f1c…9a
    1  12:00:01.000  tool.lookup         agent:ap-agent    EXECUTE   failure  -             5f1c…9a
    2  12:00:02.000  invoice.refused     user:ann          APPROVE   success  invoice:4711  -
    3  12:00:03.000  -                   -                 -         -        -             -
`,
    );
  });

  test("--json prints the lines byte for byte", async (t) => {
    const data = await temporaryFolder(t);
    await writeLog(data, "default", RECORDS);
    const { out } = await run(["query", "--data", data, "--json"]);
    assert.equal(out, await readFile(segmentOf(data), "utf8"));
  });

  const filters: [string[], string[]][] = [
    [
      ["--actor", "ann"],
      ["r-0", "r-2"],
    ],
    [
      ["--actor", "user:ann"],
      ["r-0", "r-2"],
    ],
    [["--actor", "agent:ann"], []],
    [["--action", "EXECUTE"], ["r-1"]],
    [
      ["--outcome", "success"],
      ["r-0", "r-2"],
    ],
    [["--event", "invoice.refused"], ["r-2"]],
    [
      ["--event", "invoice.*"],
      ["r-0", "r-2"],
    ],
    [
      ["--trace", "5F1C"],
      ["r-0", "r-1"],
    ],
    [
      ["--trace", TRACE],
      ["r-0", "r-1"],
    ],
    [["--id", "r-3"], ["r-3"]],
    [
      ["--from", "2"],
      ["r-2", "r-3"],
    ],
    [
      ["--to", "1"],
      ["r-0", "r-1"],
    ],
    [
      ["--from", "1", "--to", "2"],
      ["r-1", "r-2"],
    ],
    [
      ["--since", "2026-11-20T12:00:02Z"],
      ["r-2", "r-3"],
    ],
    [
      ["--since", "2026-11-20T13:00:01+01:00"],
      ["r-1", "r-2", "r-3"],
    ],
    [["--until", "2026-11-20T12:00:01.000000000Z"], ["r-0"]],
    [
      ["--since", "2026-11-20", "--until", "2026-11-21"],
      ["r-0", "r-1", "r-2", "r-3"],
    ],
    [
      ["--limit", "2"],
      ["r-0", "r-1"],
    ],
    [["--limit", "0"], []],
    [["--actor", "ann", "--limit", "1", "--from", "1"], ["r-2"]],
  ];
  for (const [words, expected] of filters) {
    test(`${words.join(" ")} finds ${expected.join(", ") || "nothing"}`, async (t) => {
      const data = await temporaryFolder(t);
      await writeLog(data, "default", RECORDS);
      const { code, out } = await run(["query", "--data", data, "--json", ...words]);
      assert.equal(code, 0);
      assert.deepEqual(ids(out), expected);
    });
  }

  test("reads over segment boundaries, and begins in the segment that holds --from", async (t) => {
    const data = await temporaryFolder(t);
    const many = Array.from({ length: 40 }, (_, i) => record(`r-${i}`, { note: "x".repeat(5_000) }));
    await writeLog(data, "default", many, { segmentBytes: 64 * 1024 });
    assert.equal(ids((await run(["query", "--data", data, "--json"])).out).length, 40);
    assert.deepEqual(ids((await run(["query", "--data", data, "--json", "--from", "25", "--to", "27"])).out), [
      "r-25",
      "r-26",
      "r-27",
    ]);
  });

  test("a line that is not yet whole is not shown", async (t) => {
    const data = await temporaryFolder(t);
    await writeLog(data, "default", RECORDS);
    await appendFile(segmentOf(data), '{"v":1,"log":"default","seq":4');
    const { code, out } = await run(["query", "--data", data, "--json"]);
    assert.equal(code, 0);
    assert.equal(ids(out).length, 4);
  });

  test("bytes that are no line are named, the others shown, and the status is 1", async (t) => {
    const data = await temporaryFolder(t);
    await writeLog(data, "default", RECORDS);
    const text = await readFile(segmentOf(data), "utf8");
    await writeFile(segmentOf(data), text.replace('"event":"tool.lookup"', '"evemt":"tool.lookup"'));
    const { code, out, error } = await run(["query", "--data", data, "--json"]);
    assert.equal(code, 1);
    assert.deepEqual(ids(out), ["r-0", "r-2", "r-3"]);
    assert.match(error, /00000\.jsonl:2 is not a line \([A-Z_]+\)\n1 line could not be read; `proofline verify` says more/);
  });

  test("a sender's names cannot play with the terminal", async (t) => {
    const data = await temporaryFolder(t);
    await writeLog(data, "default", [record("r-0", { "audit.actor.id": "\u001b[31mann\u202e" }, { event: "a\u009bb\u2028c" })]);
    for (const words of [["query"], ["inspect", "0"]]) {
      const { out } = await run([...words, "--data", data]);
      for (const unsafe of ["\u001b", "\u009b", "\u202e", "\u2028"]) assert.ok(!out.includes(unsafe), words.join(" "));
    }
    assert.match((await run(["query", "--data", data])).out, /\\u\{1b\}\[31mann/);
  });

  test("of several logs one must be named; of one it need not; none is status 2", async (t) => {
    const data = await temporaryFolder(t);
    assert.deepEqual(await run(["query", "--data", data]), {
      code: 2,
      out: "",
      error: `there is no log in ${data}; expected --data with the folder that \`serve\` was given\n`,
    });
    await writeLog(data, "audit.example.com/prod-0", RECORDS);
    assert.equal((await run(["query"], { PROOFLINE_DATA: data })).code, 0);
    await writeLog(data, "other", RECORDS);
    const several = await run(["query", "--data", data]);
    assert.equal(several.code, 64);
    assert.match(several.error, /name one with --log: audit\.example\.com\/prod-0, other/);
    assert.equal((await run(["query", "--data", data, "--log", "other"])).code, 0);
    const wrong = await run(["query", "--data", data, "--log", "oter"]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.error, /there are: /);
  });

  for (const words of [
    ["--from", "-1"],
    ["--to", "x"],
    ["--limit", "1.5"],
    ["--since", "yesterday"],
    ["--until", "2026-13-01"],
    ["--trace", "xyz"],
    ["--frob"],
  ]) {
    test(`${words.join(" ")} is status 64`, async (t) => {
      const data = await temporaryFolder(t);
      await writeLog(data, "default", []);
      const { code, error } = await run(["query", "--data", data, ...words]);
      assert.equal(code, 64);
      assert.match(error, new RegExp(words[0]!));
    });
  }
});

describe("proofline inspect", () => {
  test("shows the line, its leaf hash, and that it is tied to the line before", async (t) => {
    const data = await temporaryFolder(t);
    await writeLog(data, "default", RECORDS);
    const { code, out } = await run(["inspect", "1", "--data", data]);
    assert.equal(code, 0);
    assert.match(
      out,
      /^line {7}1 of default, \d+ bytes, .*00000\.jsonl:2\nleaf {7}\S{44}\nprev {7}\S{44} {3}is the leaf of line 0\n\n\{\n {2}"v": 1,\n/,
    );
    assert.match(out, /\n {2}"event": "tool\.lookup",\n/);
    assert.match(
      (await run(["inspect", "0", "--data", data])).out,
      /prev {7}47DEQpj8HBSa\+\/TImW\+5JCeuQeRkm5NMpJWZG3hSuFU= {3}is the hash of the empty tree/,
    );
  });

  test("says, with status 1, when the line before is another one", async (t) => {
    const data = await temporaryFolder(t);
    await writeLog(data, "default", RECORDS);
    const text = await readFile(segmentOf(data), "utf8");
    await writeFile(segmentOf(data), text.replace('"id":"r-0"', '"id":"r-9"'));
    const { code, out, error } = await run(["inspect", "1", "--data", data]);
    assert.equal(code, 1);
    assert.match(out, /is not the leaf of line 0: /);
    assert.match(error, /the chain is broken here/);
  });

  test("--json prints the line itself; a line that is not there is status 2, no number status 64", async (t) => {
    const data = await temporaryFolder(t);
    await writeLog(data, "default", RECORDS);
    assert.equal(
      (await run(["inspect", "2", "--json", "--data", data])).out,
      `${(await readFile(segmentOf(data), "utf8")).split("\n")[2]!}\n`,
    );
    assert.equal((await run(["inspect", "4", "--data", data])).code, 2);
    assert.equal((await run(["inspect", "two", "--data", data])).code, 64);
  });
});

describe("proofline tail", () => {
  test("begins with the newest lines", async (t) => {
    const data = await temporaryFolder(t);
    await writeLog(data, "default", RECORDS);
    const { code, out } = await run(["tail", "--data", data, "-n", "2", "--limit", "2", "--json"]);
    assert.equal(code, 0);
    assert.deepEqual(ids(out), ["r-2", "r-3"]);
  });
});
