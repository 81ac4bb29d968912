import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { generateSigner, type NoteSigner, verifierFromVkey } from "@proofline/tlog";
import { type Report, reportToJson, type VerifyUrlOptions, verifyUrl } from "@proofline/verify";
import { bundleOf, type LogServer, serveLog } from "./support/log-server.ts";
import { temporaryFolder } from "./support/temporary.ts";
import { checkpointOf, makeLines, NAME, writeLog } from "./support/writer.ts";

const { signer, vkey } = generateSigner(NAME);
const key = verifierFromVkey(vkey);
/** Three bundles, the last of them partial. */
const LINES = makeLines(600);

interface Scene {
  readonly server: LogServer;
  readonly state: string;
  readonly verify: (o?: Partial<VerifyUrlOptions>) => Promise<Report>;
  /** Another log takes the place of the one that is served. */
  readonly serve: (lines: readonly string[], by?: NoteSigner) => Promise<void>;
}

async function scene(t: TestContext, lines: readonly string[] = LINES): Promise<Scene> {
  const data = await temporaryFolder(t);
  const server = await serveLog(t, "", []);
  const state = join(data, "state");
  let logs = 0;
  const serve = async (served: readonly string[], by = signer) => {
    server.folder = await writeLog({ data: join(data, String(logs++)), lines: served, signer: by, tiles: true });
    server.lines = served;
  };
  await serve(lines);
  const verify = (o: Partial<VerifyUrlOptions> = {}) =>
    verifyUrl({ url: server.url, keys: [key], state, retryDelaysMs: [1], timeoutMs: 5_000, ...o });
  return { server, state, verify, serve };
}

const codes = ({ findings }: Report): string[] => findings.map(({ code }) => code);

describe("a log that is served", () => {
  test("holds: every line, every tile, the signed root", async (t) => {
    const { verify, server } = await scene(t);
    const report = await verify();
    assert.deepEqual([report.result, report.from, report.to, report.records], ["holds", 0, 599, 600]);
    assert.equal(report.checkpoint?.size, 600);
    const asked = new Set(server.requests.map(({ path }) => path));
    for (const path of ["tile/entries/000", "tile/entries/002.p/88", "tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2"])
      assert.ok(asked.has(path), path);
    assert.deepEqual(Object.keys(reportToJson(report)), [
      "result",
      "log",
      "from",
      "to",
      "records",
      "checkpoint",
      "findings",
      "notProven",
    ]);
  });

  for (const size of [1, 255, 256, 257, 512])
    test(`holds with ${size} lines`, async (t) => {
      const { verify } = await scene(t, LINES.slice(0, size));
      const report = await verify();
      assert.deepEqual([report.result, report.records], ["holds", size], JSON.stringify(report.findings));
    });

  test("leaves no temporary files behind", async (t) => {
    const { verify, server, state } = await scene(t);
    const before = process.env.TMPDIR;
    const temporary = await temporaryFolder(t);
    process.env.TMPDIR = temporary;
    t.after(() => {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    });
    await verify();
    server.lies.set("tile/entries/001", 500);
    assert.equal((await verify()).result, "unknown");
    assert.deepEqual(readdirSync(temporary), []);
    assert.equal(readdirSync(state).length, 1);
  });

  test("a part of it is proven by its tiles, and only that part is read", async (t) => {
    const { verify, server } = await scene(t);
    const report = await verify({ from: 300, to: 400 });
    assert.deepEqual([report.result, report.from, report.to, report.records], ["holds", 300, 400, 101]);
    assert.ok(!server.requests.some(({ path }) => path === "tile/entries/000"));
  });

  test("a bearer token, and a user and password in the URL, go along and are not repeated", async (t) => {
    const { verify, server } = await scene(t);
    await verify({ token: "s3cret" });
    assert.ok(server.requests.every(({ authorization }) => authorization === "Bearer s3cret"));
    server.requests.length = 0;
    const report = await verify({ url: server.url.replace("//", "//ann:s3cret@"), keys: [] });
    assert.ok(server.requests.every(({ authorization }) => authorization?.startsWith("Basic ")));
    assert.ok(!JSON.stringify(report).includes("s3cret"));
  });
});

describe("what a server may change", () => {
  const changed = (text: string) => text.replace("ann 300", "bob 300");
  const tampering: Record<
    string,
    { lies: (s: LogServer) => [string, Buffer | string | number][]; codes: string[]; seq?: number }
  > = {
    "a line": {
      lies: () => [["tile/entries/001", bundleOf(LINES.slice(256, 512).map(changed))]],
      codes: ["LINE_CHANGED"],
      seq: 300,
    },
    "a line taken out": {
      lies: () => [["tile/entries/001", bundleOf(LINES.slice(256, 512).filter((_, i) => i !== 44))]],
      codes: ["MISSING", "UNPARSEABLE"],
      seq: 300,
    },
    "two lines in one entry": {
      lies: () => [["tile/entries/001", bundleOf([...LINES.slice(256, 510), `${LINES[510]}\n${LINES[511]}`])]],
      codes: ["UNPARSEABLE", "UNPARSEABLE"],
      seq: 510,
    },
    "the end of a bundle": {
      lies: () => [["tile/entries/001", bundleOf(LINES.slice(256, 512)).subarray(0, -3)]],
      codes: ["MISSING", "UNPARSEABLE"],
      seq: 511,
    },
    "bytes after a bundle": {
      lies: () => [["tile/entries/001", Buffer.concat([bundleOf(LINES.slice(256, 512)), Buffer.from("x")])]],
      codes: ["UNPARSEABLE"],
    },
    "a bundle for another": {
      lies: () => [["tile/entries/001", bundleOf(LINES.slice(0, 256))]],
      codes: ["REPEATED"],
      seq: 256,
    },
    "a bundle that is gone": { lies: () => [["tile/entries/001", 404]], codes: ["MISSING"], seq: 256 },
    "a tile": { lies: (s) => [["tile/0/001", flip(s, "tile/0/001", 5)]], codes: ["TILE_CHANGED"] },
    "a tile of the upper level": {
      lies: (s) => [["tile/1/000.p/2", flip(s, "tile/1/000.p/2", 40)]],
      codes: ["TILE_CHANGED"],
    },
    "a tile that is cut short": { lies: () => [["tile/0/001", Buffer.alloc(100)]], codes: ["TILE_CHANGED"] },
    "the checkpoint's signature": {
      lies: (s) => [["checkpoint", readNote(s).replace("\n600\n", "\n601\n")]],
      codes: ["BAD_SIGNATURE"],
    },
    "the checkpoint, by another key": {
      lies: () => [["checkpoint", checkpointOf(LINES, generateSigner(NAME).signer)]],
      codes: ["UNTRUSTED_KEY"],
    },
    "the checkpoint, of another log": {
      lies: () => [["checkpoint", checkpointOf(LINES, generateSigner("log.example/b").signer, "log.example/b")]],
      codes: ["UNTRUSTED_KEY"],
    },
  };
  for (const [what, { lies, codes: expected, seq }] of Object.entries(tampering))
    test(`${what}: ${expected.join(", ")}`, async (t) => {
      const { verify, server } = await scene(t);
      for (const [path, lie] of lies(server)) server.lies.set(path, lie);
      const report = await verify({ log: NAME });
      assert.equal(report.result, "broken", JSON.stringify(reportToJson(report)));
      const found = codes(report);
      for (const code of expected) assert.ok(found.includes(code), `${code} among ${found.join(", ")}`);
      if (seq !== undefined) assert.equal(report.findings[0]?.seq, seq, JSON.stringify(report.findings));
    });

  test("every byte of a small log's answers", async (t) => {
    const { verify, server, serve } = await scene(t);
    await serve(LINES.slice(0, 2));
    for (const path of ["checkpoint", "tile/0/000.p/2", "tile/entries/000.p/2"]) {
      const good = path.startsWith("tile/entries") ? bundleOf(LINES.slice(0, 2)) : readFileSync(join(server.folder, path));
      for (let at = 0; at < good.length; at += path === "checkpoint" ? 3 : 17) {
        const bad = Buffer.from(good);
        bad[at]! ^= 1;
        server.lies.set(path, bad);
        const report = await verify({ log: NAME, state: "/nowhere/to/be/written" });
        assert.notEqual(report.result, "holds", `${path}, byte ${at}`);
      }
      server.lies.clear();
    }
  });
});

function flip({ folder }: LogServer, path: string, at: number): Buffer {
  const bytes = readFileSync(join(folder, path));
  bytes[at]! ^= 1;
  return bytes;
}

function readNote({ folder }: LogServer): string {
  return readFileSync(join(folder, "checkpoint"), "utf8");
}

describe("the checkpoint that was seen last", () => {
  test("is kept for its owner only, and a log that only grew holds", async (t) => {
    const { verify, serve, state } = await scene(t, LINES.slice(0, 300));
    assert.equal((await verify()).result, "holds");
    const [file] = readdirSync(state);
    assert.equal(statSync(join(state, file!)).mode & 0o777, 0o600);
    await serve(LINES);
    assert.equal((await verify()).result, "holds");
    assert.equal(readFileSync(join(state, file!), "utf8"), checkpointOf(LINES, signer));
    assert.equal(readdirSync(state).length, 1);
  });

  test("with --new, only the lines after it are read", async (t) => {
    const { verify, serve, server } = await scene(t, LINES.slice(0, 300));
    await verify();
    await serve(LINES);
    server.requests.length = 0;
    const report = await verify({ isOnlyNew: true });
    assert.deepEqual([report.result, report.from, report.to, report.records], ["holds", 300, 599, 300]);
    assert.ok(!server.requests.some(({ path }) => path === "tile/entries/000"));
    const again = await verify({ isOnlyNew: true });
    assert.deepEqual([again.result, again.from, again.to, again.records], ["holds", 600, 599, 0]);
  });

  test("a log that shrank since is ROLLED_BACK, and both checkpoints are said", async (t) => {
    const { verify, serve, state } = await scene(t);
    await verify();
    await serve(LINES.slice(0, 500));
    const report = await verify();
    assert.deepEqual([report.result, codes(report)], ["broken", ["ROLLED_BACK"]]);
    const [{ expected, found }] = report.findings as [Report["findings"][0]];
    assert.match(expected, /size 600/);
    assert.match(found, /size 500/);
    // It stays in memory: the next look finds the same.
    assert.deepEqual(codes(await verify()), ["ROLLED_BACK"]);
    assert.match(readFileSync(join(state, readdirSync(state)[0]!), "utf8"), /\n600\n/);
  });

  for (const size of [400, 600, 700])
    test(`a log of ${size} lines with another history is FORKED`, async (t) => {
      const { verify, serve } = await scene(t, LINES.slice(0, 400));
      await verify();
      await serve(makeLines(size, { fill: (record) => Object.assign(record, { severity: 9 }) }));
      assert.deepEqual(codes(await verify()), ["FORKED"]);
      assert.deepEqual(codes(await verify({ isOnlyNew: true })), ["FORKED"]);
    });

  test("every pair of sizes around the edges of tiles is proven", async (t) => {
    const sizes = [1, 2, 255, 256, 257, 511, 512, 513, 600];
    for (const [i, old] of sizes.entries()) {
      const { verify, serve, state } = await scene(t, LINES.slice(0, old));
      for (const now of sizes.slice(i)) {
        await rm(state, { recursive: true, force: true });
        await serve(LINES.slice(0, old));
        await verify({ isOnlyNew: true });
        await serve(LINES.slice(0, now));
        const report = await verify({ isOnlyNew: true });
        assert.deepEqual([report.result, report.records], ["holds", now - old], `${old} to ${now}: ${JSON.stringify(report)}`);
      }
    }
  });

  test("a tile that is missing leaves growth unproven: unknown, and what was remembered stays", async (t) => {
    const { verify, serve, server, state } = await scene(t, LINES.slice(0, 300));
    await verify();
    await serve(LINES);
    server.lies.set("tile/0/001", 404);
    const report = await verify({ isOnlyNew: true });
    assert.equal(report.result, "unknown");
    assert.match(readFileSync(join(state, readdirSync(state)[0]!), "utf8"), /\n300\n/);
  });

  test("one that cannot be used makes the answer unknown, and is not replaced", async (t) => {
    const { verify, state } = await scene(t);
    const other = generateSigner(NAME);
    await verify();
    const report = await verify({ keys: [verifierFromVkey(other.vkey)] });
    assert.equal(report.result, "broken"); // the served one is not signed by that key either
    assert.equal(readdirSync(state).length, 1);
  });

  test("of a checkpoint that the caller kept, the same is demanded", async (t) => {
    const { verify, state, serve } = await scene(t);
    const file = join(state, "..", "mine");
    writeFileSync(file, checkpointOf(LINES.slice(0, 100), signer));
    assert.equal((await verify({ checkpoint: file })).result, "holds");
    await serve(LINES.slice(0, 50));
    await rm(state, { recursive: true, force: true });
    assert.deepEqual(codes(await verify({ checkpoint: file })), ["ROLLED_BACK"]);
  });
});

describe("a server that is down, slow or hostile", () => {
  test("nobody there, 500 for ever, a refusal: unknown", async (t) => {
    const { verify, server } = await scene(t);
    assert.deepEqual(codes(await verify({ url: "http://127.0.0.1:1/log" })), ["UNREACHABLE"]);
    for (const status of [500, 503, 401, 403]) {
      server.lies.set("checkpoint", status);
      const report = await verify();
      assert.deepEqual([report.result, codes(report)], ["unknown", ["UNREACHABLE"]]);
    }
    server.lies.set("checkpoint", 404);
    assert.deepEqual(codes(await verify()), ["NO_LOG"]);
  });

  test("one failure is tried again", async (t) => {
    const { verify, server } = await scene(t);
    server.lies.set("tile/entries/001", (response) => {
      server.lies.clear();
      response.writeHead(503, { "retry-after": "0" }).end();
    });
    assert.equal((await verify()).result, "holds");
  });

  test("no lines are served: unknown", async (t) => {
    const { verify, server } = await scene(t);
    server.lies.set("tile/entries/000", 404);
    assert.deepEqual([(await verify()).result, codes(await verify())], ["unknown", ["NO_DATA"]]);
    // Their hashes are: that the log is signed and grew can be checked without them.
    for (const from of [600, 600]) {
      const report = await verify({ isOnlyGrowth: true });
      assert.deepEqual([report.result, report.records, report.details.growth], ["holds", 0, { from, to: 600 }]);
    }
  });

  test("an answer that never ends is cut off by its length, and one that never comes by the clock", async (t) => {
    const { verify, server } = await scene(t);
    for (const path of ["checkpoint", "tile/1/000.p/2", "tile/entries/001"]) {
      let sent = 0;
      server.lies.set(path, (response) => {
        response.writeHead(200);
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
          sent += 65_536;
          if (!response.destroyed) response.once("drain", more);
        };
        more();
      });
      const report = await verify();
      assert.deepEqual([report.result, codes(report)], ["unknown", ["BAD_ANSWER"]], path);
      assert.ok(sent < 40_000_000, `${sent} bytes`);
      server.lies.set(path, (response) => void response.writeHead(200).write("x"));
      assert.deepEqual(codes(await verify({ timeoutMs: 100, retryDelaysMs: [] })), ["UNREACHABLE"], path);
      server.lies.clear();
    }
  });

  test("without a key, its lines are not even asked for", async (t) => {
    const { verify, server, state } = await scene(t);
    const report = await verify({ keys: [] });
    assert.deepEqual([report.result, codes(report)], ["unknown", ["NO_KEY"]]);
    assert.deepEqual(
      server.requests.map(({ path }) => path),
      ["checkpoint"],
    );
    assert.ok(!existsSync(state));
  });

  test("a log that grows meanwhile, and takes its partial tiles back, is looked at anew", async (t) => {
    const { verify, server, serve } = await scene(t, LINES.slice(0, 300));
    const old = readFileSync(join(server.folder, "checkpoint"));
    await serve(LINES);
    server.lies.set("checkpoint", (response) => {
      server.lies.clear();
      response.writeHead(200).end(old);
    });
    const report = await verify();
    assert.deepEqual([report.result, report.records], ["holds", 600], JSON.stringify(report.findings));
  });
});
