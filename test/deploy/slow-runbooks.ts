// The runbooks, done as they say: the blocks of docs/runbooks.md that are marked `run=NAME` are run by a shell, against a receiver that is
// being written to, and a Loki.

import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type FakeLoki, startFakeLoki } from "../support/fake-loki.ts";
import { auditRequest, encodeRequest } from "../support/otlp.ts";
import { answersOk, freePorts, type RunningProcess, run, spawnProcess, waitFor } from "../support/peers/process.ts";
import { ROOT, readText } from "./chart.ts";

const LOG = "audit.example.com/runbook";
const COMMAND = join(ROOT, "packages/cli/bin/proofline.js");
const blocks = new Map(
  [...readText("docs/runbooks.md").matchAll(/^```sh run=(\w+)\n(.*?)^```$/gms)].map(([, name, text]) => [name, text]),
);

describe("the runbooks", () => {
  let folder = "";
  let data = "";
  let loki: FakeLoki;
  let http = "";
  let seed = 0;
  let receiver: RunningProcess | undefined;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "proofline-runbooks-"));
    data = join(folder, "data");
    await mkdir(join(folder, "bin"));
    // Functions do not reach a `sh` that another program starts; a file on the path does.
    const script = `#!/bin/sh\nexec "${process.execPath}" "${COMMAND}" "$@"\n`;
    await writeFile(join(folder, "bin", "proofline"), script, { mode: 0o755 });
    loki = await startFakeLoki({});
    const [one, two] = await freePorts(2);
    http = `127.0.0.1:${one}`;
    const config = { data, log: LOG, otlp: { http, grpc: `127.0.0.1:${two}` }, sinks: { loki: { url: loki.url } } };
    await writeFile(join(folder, "config.yaml"), JSON.stringify(config)); // JSON is YAML
  });
  after(async () => {
    await receiver?.stop();
    await loki.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** @throws {Error} with what it said, when it ends before it is ready */
  async function startReceiver(words: readonly string[], at = http): Promise<RunningProcess> {
    const args = [COMMAND, "serve", "--config", join(folder, "config.yaml"), ...words];
    const child = spawnProcess(process.execPath, args, { cwd: folder });
    await waitFor("the receiver to be ready", () => {
      if (child.ended) throw new Error(child.output().slice(-2000));
      // Somebody else may answer at this address already: only the receiver itself says that it has begun.
      return child.stdout().includes("receiver ") ? answersOk(`http://${at}/readyz`) : undefined;
    });
    return child;
  }

  async function serve(): Promise<void> {
    receiver = await startReceiver([]);
  }

  async function stop(): Promise<void> {
    assert.equal(await receiver?.stop(), 0);
    receiver = undefined;
  }

  async function send(records: number, to = http): Promise<void> {
    seed += 1;
    const body = Buffer.from(encodeRequest(auditRequest({ seed, records })));
    const headers = { "content-type": "application/x-protobuf" };
    const answer = await fetch(`http://${to}/v1/logs`, { method: "POST", headers, body });
    assert.equal(answer.status, 200, await answer.text());
  }

  /** Stops it when Loki has every line, and a checkpoint over all that there were before the stop; that one is kept. */
  async function forwardAndStop(): Promise<void> {
    const sizeNow = async (): Promise<number> => {
      const text = await (await fetch(`http://${http}/metrics`)).text();
      return Number(/^proofline_ledger_size (\d+)$/m.exec(text)?.[1]);
    };
    const size = await sizeNow();
    await loki.until(() =>
      loki.entries({ log: LOG, type: "checkpoint" }).some(({ line }) => line.split("\n")[1] === String(size)),
    );
    const kept = await runbook("keep");
    assert.equal(kept.code, 0, kept.output);
    await stop();
  }

  async function runbook(name: string): Promise<{ code: number; output: string }> {
    const block = blocks.get(name);
    assert.ok(block !== undefined, `docs/runbooks.md has no block run=${name}`);
    return run("bash", ["-euo", "pipefail", "-c", block], {
      cwd: folder,
      env: {
        PATH: `${join(folder, "bin")}:${process.env.PATH}`,
        ...{ DATA: data, LOG, LOKI: loki.url, BACKUP: join(folder, "backup"), KEEP: join(folder, "keep") },
        CONFIG: join(folder, "config.yaml"),
      },
    });
  }

  async function lines(): Promise<string> {
    const segments = join(data, LOG, "segments");
    const names = (await readdir(segments)).sort();
    return (await Promise.all(names.map((name) => readFile(join(segments, name), "utf8")))).join("");
  }

  test("backup: a copy that is made while the log is written holds", async () => {
    await serve();
    await send(300);
    let done = false;
    const sending = (async () => {
      while (!done) await send(50);
    })();
    await waitFor("a checkpoint", async () => {
      const [, size] = (await readFile(join(data, LOG, "checkpoint"), "utf8")).split("\n");
      return Number(size) >= 300 ? true : undefined;
    });
    const kept = await runbook("keep");
    const backup = await runbook("backup");
    done = true;
    await sending;
    assert.equal(kept.code, 0, kept.output);
    assert.equal(backup.code, 0, backup.output);
    assert.match(backup.output, /^holds/m);
    assert.equal(await readdir(join(folder, "backup", LOG)).then((names) => names.includes("key")), false, "no key in a backup");
  });

  test("restore: yesterday's backup does not start, and has every line again after the runbook", async () => {
    await send(120);
    await forwardAndStop();
    const all = await lines();
    // Without putting the lines back it does not start: Loki knows better.
    await rm(join(data, LOG), { recursive: true });
    await cp(join(folder, "backup", LOG), join(data, LOG), { recursive: true });
    for (const key of ["key", "redaction.key"]) await cp(join(folder, "keep", key), join(data, LOG, key));
    await assert.rejects(serve(), /ROLLED_BACK/);

    await rm(join(data, LOG), { recursive: true });
    const restored = await runbook("restore");
    assert.equal(restored.code, 0, restored.output);
    assert.match(restored.output, /^holds/m);
    const now = await lines();
    assert.ok(all.startsWith(now) && now.length > 0, "the lines are those that were there");
    await serve();
    await send(10);
    await forwardAndStop();
  });

  test("disaster recovery: out of Loki and the key alone, the log is rebuilt and goes on", async () => {
    const all = await lines();
    await rm(data, { recursive: true });
    const rebuilt = await runbook("rebuild");
    assert.equal(rebuilt.code, 0, rebuilt.output);
    assert.match(rebuilt.output, /^holds/m);
    const now = await lines();
    assert.ok(all.startsWith(now) && now.length > 0, "the lines are those that were there");
    await serve();
    await send(10);
    await stop();
  });

  test("going on without what is lost is possible, and stands in the log", async () => {
    const segments = join(data, LOG, "segments");
    const names = (await readdir(segments)).sort();
    const last = join(segments, names.at(-1)!);
    const text = await readFile(last, "utf8");
    await writeFile(last, text.split("\n").slice(0, -4).join("\n") + "\n");
    await assert.rejects(serve(), /ROLLED_BACK/);
    const accepted = await runbook("accept");
    assert.equal(accepted.code, 0, accepted.output);
    assert.match(await lines(), /volume lost on 2026-11-20/);
  });

  test("upgrade: the checks before it pass, and an orderly stop and start leave a log that holds", async () => {
    await serve();
    await send(10);
    await forwardAndStop();
    await serve();
    const upgrade = await runbook("upgrade");
    assert.equal(upgrade.code, 0, upgrade.output);
    assert.match(upgrade.output, /^holds/m);
    await stop();
  });

  test("scaling: a second receiver is a second log with a key of its own; a second writer of one log does not start", async () => {
    await serve();
    await assert.rejects(startReceiver(["--otlp-http", "127.0.0.1:0", "--otlp-grpc", "127.0.0.1:0"]), /A log has one writer/);
    const [one, two] = await freePorts(2);
    const other = `${LOG}-1`;
    const addresses = ["--otlp-http", `127.0.0.1:${one}`, "--otlp-grpc", `127.0.0.1:${two}`];
    const second = await startReceiver(["--log", other, ...addresses], `127.0.0.1:${one}`);
    try {
      await send(40);
      await send(40, `127.0.0.1:${one}`);
    } finally {
      assert.equal(await second.stop(), 0);
    }
    await stop();
    const keys = await Promise.all([LOG, other].map((log) => readFile(join(data, log, "vkey"), "utf8")));
    assert.notEqual(keys[0], keys[1]);
    for (const log of [LOG, other]) {
      const key = join(data, log, "vkey");
      const { code, output } = await run(process.execPath, [COMMAND, "verify", "--data", data, "--log", log, "--key", key]);
      assert.equal(code, 0, output);
    }
    const crossed = ["verify", "--data", data, "--log", other, "--key", join(data, LOG, "vkey")];
    assert.notEqual((await run(process.execPath, [COMMAND, ...crossed])).code, 0, "one log's key proves nothing of the other");
  });
});
