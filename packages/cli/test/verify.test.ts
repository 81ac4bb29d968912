import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, type TestContext, test } from "node:test";
import { emptyRecord, formatLine } from "@proofline/event";
import { generateSigner, hashToBase64, leafHash, rootOf, signCheckpoint } from "@proofline/tlog";
import { CommanderError } from "commander";
import { verifyCommand } from "../src/commands/verify.ts";
import { CommandError } from "../src/exit.ts";

const NAME = "log.example/a";
const { signer, vkey } = generateSigner(NAME, new Uint8Array(32).fill(1));

async function writeLog(t: TestContext): Promise<{ data: string; key: string; segment: string; text: string }> {
  const data = await mkdtemp(join(tmpdir(), "proofline-cli-verify-"));
  t.after(() => rm(data, { recursive: true, force: true }));
  const folder = join(data, NAME);
  const lines: string[] = [];
  for (let seq = 0, prev = rootOf([]); seq < 5; seq++) {
    const record = { ...emptyRecord(), id: `id-${seq}`, event: "e" };
    lines.push(
      formatLine({ ...record, log: NAME, seq, prev: hashToBase64(prev), received: 1_790_000_000_000_000_000n + BigInt(seq) }),
    );
    prev = leafHash(Buffer.from(lines[seq]!));
  }
  const root = rootOf(lines.map((line) => leafHash(Buffer.from(line))));
  await mkdir(join(folder, "segments"), { recursive: true });
  const segment = join(folder, "segments", "00000000000000000000.jsonl");
  const text = lines.map((line) => `${line}\n`).join("");
  await writeFile(segment, text);
  await writeFile(join(folder, "checkpoint"), signCheckpoint({ origin: NAME, size: 5, root }, [signer]));
  const key = join(data, "audit.vkey");
  await writeFile(key, `${vkey}\n`);
  return { data, key, segment, text };
}

/** Runs the command as the program would; its output, and the exit status that it leaves. */
async function run(...words: string[]): Promise<{ out: string; code: typeof process.exitCode }> {
  let out = "";
  await verifyCommand((text) => {
    out += text;
  })
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .parseAsync(words, { from: "user" });
  return { out, code: process.exitCode };
}

afterEach(() => {
  process.exitCode = undefined;
});

describe("proofline verify", () => {
  test("0 and a page when it holds, with a key as a file or as text", async (t) => {
    const { data, key } = await writeLog(t);
    for (const given of [key, vkey]) {
      const { out, code } = await run("--data", data, "--key", given);
      assert.equal(code, 0);
      assert.match(out, /^holds {6}5 lines, seq 0 to 4/);
      assert.ok(!out.includes("\u001b"), "no colour");
    }
  });

  test("1 and the line when it is broken", async (t) => {
    const { data, key, segment, text } = await writeLog(t);
    await writeFile(segment, text.replace("id-2", "id-9"));
    const { out, code } = await run("--data", data, "--key", key);
    assert.equal(code, 1);
    assert.match(out, /^broken {5}seq 2: the line was changed$/m);
    assert.match(out, /segments\/0{20}\.jsonl:3/);
  });

  test("2 when it could not be checked: no key, no folder, no server", async (t) => {
    const { data } = await writeLog(t);
    const { out, code } = await run("--data", data);
    assert.equal(code, 2);
    assert.match(out, /^unknown {4}no key to check signatures with\./m);
    assert.equal((await run("--data", join(data, "nothing"), "--key", vkey)).code, 2);
  });

  test("one JSON object for a program", async (t) => {
    const { data, key } = await writeLog(t);
    const { out, code } = await run("--data", data, "--key", key, "--json");
    assert.equal(code, 0);
    const report = JSON.parse(out) as { result: string; records: number; checkpoint: { size: number } };
    assert.deepEqual([report.result, report.records, report.checkpoint.size], ["holds", 5, 5]);
    assert.equal(out.trim().split("\n").length, 1);
  });

  test("a part of the log, and a checkpoint that was kept", async (t) => {
    const { data, key } = await writeLog(t);
    assert.equal((await run("--data", data, "--key", key, "--from", "1", "--to", "3")).code, 2);
    const saved = join(data, NAME, "checkpoint");
    const { out, code } = await run("--data", data, "--key", key, "--checkpoint", saved);
    assert.equal(code, 0);
    assert.match(out, /your checkpoints/);
  });

  const wrong: [string, string[]][] = [
    ["neither a folder nor a server", []],
    ["both a folder and a server", ["--data", ".", "--loki", "http://127.0.0.1"]],
    ["a range that ends before it begins", ["--data", ".", "--from", "4", "--to", "3"]],
    ["a server that is no URL", ["--loki", "loki:3100"]],
    ["a folder without a name", ["--data", ""]],
    ["a tenant without a server", ["--data", ".", "--tenant", "x"]],
    ["a log's name that leaves the folder", ["--data", ".", "--log", "../x"]],
    ["a log's name with a space", ["--data", ".", "--log", "a b"]],
    ["a log's URL that is none", ["--url", "logs.example/tlog/a"]],
    ["lines and receipts", ["--lines", "-", "--receipt", "x"]],
    ["lines and a server", ["--lines", "-", "--url", "http://127.0.0.1/log"]],
    ["a receipt and two places", ["--receipt", "x", "--data", ".", "--url", "http://127.0.0.1/log"]],
    ["a receipt and a range", ["--receipt", "x", "--from", "1"]],
    ["a receipt and a checkpoint", ["--receipt", "x", "--checkpoint", "y"]],
    ["a line without a receipt", ["--data", ".", "--line", "x"]],
    ["only new lines of a folder", ["--data", ".", "--new"]],
    ["only new lines, from a number on", ["--url", "http://127.0.0.1/log", "--new", "--from", "1"]],
    ["only new lines, and no memory", ["--url", "http://127.0.0.1/log", "--new", "--no-state"]],
    ["only growth, and lines", ["--url", "http://127.0.0.1/log", "--growth", "--to", "1"]],
    ["a state folder for a folder", ["--data", ".", "--state", "x"]],
    ["a token for a folder", ["--data", ".", "--token-file", "x"]],
  ];
  for (const [name, words] of wrong) {
    test(`64: ${name}`, async () => {
      await assert.rejects(run(...words), (error) => error instanceof CommandError && error.code === 64);
    });
  }

  test("64, by the program: numbers that are none, options that do not exist", async () => {
    for (const words of [
      ["--data", ".", "--from", "x"],
      ["--data", ".", "--to", "-1"],
      ["--data", ".", "--to", "1e3"],
      ["--data", ".", "--nonsense"],
    ]) {
      await assert.rejects(run(...words), (error) => error instanceof CommanderError, words.join(" "));
    }
  });

  test("2: a key that cannot be read, without quoting what is in the file", async (t) => {
    const { data } = await writeLog(t);
    const { skey } = generateSigner(NAME);
    const path = join(data, "wrong");
    await writeFile(path, `${skey}\n`);
    await assert.rejects(
      run("--data", data, "--key", path),
      (error) => error instanceof CommandError && error.code === 2 && !error.message.includes(skey.slice(-20)),
    );
    await assert.rejects(
      run("--data", data, "--key", join(data, "none")),
      (error) => error instanceof CommandError && error.code === 2,
    );
  });

  test("2 and one JSON object: a key that cannot be read", async (t) => {
    const { data } = await writeLog(t);
    const { skey } = generateSigner(NAME);
    const secret = join(data, "secret");
    await writeFile(secret, `${skey}\n`);
    const garbage = join(data, "garbage");
    await writeFile(garbage, "garbage\n");
    const empty = join(data, "empty");
    await writeFile(empty, "");
    for (const key of [join(data, "none"), garbage, empty, secret, skey, "foo+bar", data]) {
      const { out, code } = await run("--data", data, "--key", key, "--json");
      assert.equal(code, 2);
      const { result, log, findings } = JSON.parse(out) as { result: string; log: string; findings: Record<string, string>[] };
      assert.deepEqual([result, log, findings.length, findings[0]?.["code"]], ["unknown", "", 1, "BAD_KEY"]);
      assert.notEqual(findings[0]?.["found"], "");
      assert.ok(!out.includes(skey.slice(-20)), "quotes no private key");
    }
    const named = JSON.parse((await run("--data", data, "--log", NAME, "--key", "foo+bar", "--json")).out) as { log: string };
    assert.equal(named.log, NAME);
    await assert.rejects(
      run("--data", data, "--key", skey),
      (error) => error instanceof CommandError && !error.message.includes(skey.slice(-20)),
    );
  });

  test("lines in a file, against a checkpoint that was kept: 0, and 1 when one is missing", async (t) => {
    const { data, key, text } = await writeLog(t);
    const file = join(data, "export.jsonl");
    await writeFile(file, text.split("\n").toReversed().join("\n"));
    const words = ["--lines", file, "--key", key, "--checkpoint", join(data, NAME, "checkpoint")];
    assert.equal((await run(...words)).code, 0);
    await writeFile(file, text.split("\n").slice(1).join("\n"));
    const { out, code } = await run(...words, "--json");
    assert.equal(code, 1);
    const { findings } = JSON.parse(out) as { findings: { code: string; seq: number }[] };
    assert.deepEqual(
      findings.map(({ code, seq }) => [code, seq]),
      [["MISSING", 0]],
    );
  });

  test("a server that is not there, a token that cannot be read: 2", async (t) => {
    const { data, key } = await writeLog(t);
    const words = ["--url", "http://127.0.0.1:1/log", "--key", key, "--state", join(data, "state")];
    assert.equal((await run(...words)).code, 2);
    await assert.rejects(
      run(...words, "--token-file", join(data, "none")),
      (error) => error instanceof CommandError && error.code === 2,
    );
  });
});
