import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { signerFromSkey, verifierFromVkey } from "@proofline/tlog";
import { run, temporaryFolder } from "./support.ts";

describe("proofline key generate", () => {
  test("writes the private key for its owner only, and prints the public one alone on its line", async (t) => {
    const file = join(await temporaryFolder(t), "audit.key");
    const { code, out } = await run(["key", "generate", "--name", "audit.example.com", "--out", file]);
    assert.equal(code, 0);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    const signer = signerFromSkey((await readFile(file, "utf8")).trimEnd());
    assert.equal(out, `${signer.vkey}\n`);
    assert.equal(verifierFromVkey(out.trimEnd()).name, "audit.example.com");
  });

  test("never replaces a file", async (t) => {
    const file = join(await temporaryFolder(t), "audit.key");
    await writeFile(file, "precious");
    const { code, error } = await run(["key", "generate", "--name", "a", "--out", file]);
    assert.equal(code, 64);
    assert.match(error, /is there already/);
    assert.equal(await readFile(file, "utf8"), "precious");
  });

  test("makes no folder: a key without its place is a mistake in the call, status 64", async (t) => {
    const folder = join(await temporaryFolder(t), "keys");
    const { code, error } = await run(["key", "generate", "--name", "a", "--out", join(folder, "audit.key")]);
    assert.equal(code, 64);
    assert.ok(error.includes(`there is no folder ${folder}`), error);
    await assert.rejects(stat(folder), { code: "ENOENT" });
  });

  test("a name that no key can have, and missing words, are status 64", async (t) => {
    const file = join(await temporaryFolder(t), "k");
    assert.equal((await run(["key", "generate", "--name", "a b", "--out", file])).code, 64);
    assert.equal((await run(["key", "generate"])).code, 64);
  });
});

describe("proofline log create", () => {
  test("makes an empty log, says where its keys are, and never a second one", async (t) => {
    const data = join(await temporaryFolder(t), "data");
    const { code, out } = await run(["log", "create", "--data", data, "--log", "a/b"]);
    assert.equal(code, 0);
    const vkey = (await readFile(join(data, "a/b/vkey"), "utf8")).trimEnd();
    assert.ok(out.includes(vkey));
    assert.ok(out.includes(join(data, "a/b/key")));
    assert.match(await readFile(join(data, "a/b/checkpoint"), "utf8"), /^a\/b\n0\n/);
    const again = await run(["log", "create", "--data", data, "--log", "a/b"]);
    assert.equal(again.code, 64);
    assert.match(again.error, /already/);
  });

  test("takes a key that was made beforehand", async (t) => {
    const folder = await temporaryFolder(t);
    const key = join(folder, "k");
    const { out: vkey } = await run(["key", "generate", "--name", "l", "--out", key]);
    const { code } = await run(["log", "create", "--data", folder, "--log", "l", "--key", key]);
    assert.equal(code, 0);
    assert.equal(await readFile(join(folder, "l/vkey"), "utf8"), vkey);
  });

  test("a name that leaves the folder is status 64", async (t) => {
    assert.equal((await run(["log", "create", "--data", await temporaryFolder(t), "--log", "../x"])).code, 64);
  });
});

describe("proofline config check", () => {
  test("says the same as serve would, without starting", async (t) => {
    const file = join(await temporaryFolder(t), "audit.yaml");
    await writeFile(file, "otlp:\n  http: 4318\n");
    for (const words of [["config", "check"], ["serve"]]) {
      const { code, error } = await run([...words, "--config", file]);
      assert.equal(code, 64);
      assert.equal(
        error,
        `${file}:2  otlp.http: 4318 is not HOST:PORT; did you mean "127.0.0.1:4318"?\n1 problem; nothing was started.\n`,
      );
    }
  });

  test("a config that is fine is status 0, and the environment counts", async (t) => {
    const file = join(await temporaryFolder(t), "audit.yaml");
    await writeFile(file, "log: prod\n");
    const { code, out } = await run(["config", "check"], { PROOFLINE_CONFIG: file, PROOFLINE_OTLP_HTTP: "0.0.0.0:1" });
    assert.equal(code, 0);
    assert.match(out, /http 0\.0\.0\.0:1 · grpc 127\.0\.0\.1:4317 · log prod · \.\/proofline-data/);
  });

  test("config keys lists every key with its variable and its default", async () => {
    const { code, out } = await run(["config", "keys"]);
    assert.equal(code, 0);
    assert.match(out, /^otlp\.http +PROOFLINE_OTLP_HTTP +127\.0\.0\.1:4318$/m);
  });
});

describe("proofline config schema and keys --markdown", () => {
  test("print what docs/ holds", async () => {
    const docs = (name: string): Promise<string> => readFile(new URL(`../../../docs/${name}`, import.meta.url), "utf8");
    assert.ok((await run(["config", "schema"])).out === (await docs("config.schema.json")));
    assert.ok((await run(["config", "keys", "--markdown"])).out === (await docs("configuration.md")));
  });
});

describe("the words of a call", () => {
  test("unknown commands, options and no command at all are status 64; help and version are 0", async () => {
    for (const words of [["frob"], ["query", "--frob"], ["inspect"], ["log"], []])
      assert.equal((await run(words)).code, 64, words.join(" "));
    for (const words of [["--help"], ["help"], ["help", "serve"], ["query", "--help"], ["--version"]]) {
      const { code, out } = await run(words);
      assert.equal(code, 0, words.join(" "));
      assert.notEqual(out, "");
    }
  });
});
