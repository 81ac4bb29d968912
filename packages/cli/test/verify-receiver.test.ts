// A receiver at work, looked at from afar: what it serves and what it answers, checked by the command.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { start } from "./process.ts";
import { temporaryFolder } from "./support.ts";

const READY = /^receiver {3}http 127\.0\.0\.1:(\d+) /m;
const LOG = "log.example/a";

function auditBody(ids: readonly string[]): string {
  const logRecords = ids.map((id) => ({
    eventName: "invoice.approved",
    attributes: Object.entries({
      "audit.record.id": id,
      "audit.actor.id": "ann",
      "audit.action": "APPROVE",
      "audit.outcome": "success",
    }).map(([key, stringValue]) => ({ key, value: { stringValue } })),
  }));
  return JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
}

test("a log that is served holds, grows, and its receipts are proven", async (t) => {
  const folder = await temporaryFolder(t);
  const data = join(folder, "data");
  const environment = {
    PROOFLINE_SERVE_LOG_ENABLED: "true",
    PROOFLINE_SERVE_LOG_ENTRIES: "true",
    XDG_STATE_HOME: join(folder, "state"),
  };
  const ports = ["--otlp-http", "127.0.0.1:0", "--otlp-grpc", "127.0.0.1:0"];
  const receiver = start(t, ["serve", "--data", data, "--log", LOG, ...ports], environment);
  const [, port] = await receiver.until(READY);
  const url = `http://127.0.0.1:${port}`;
  const key = (await readFile(join(data, LOG, "vkey"), "utf8")).trim();

  const send = async (path: string, from: number): Promise<string> => {
    const ids = Array.from({ length: 300 }, (_, i) => `id-${from + i}`);
    const answer = await fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: auditBody(ids),
    });
    assert.equal(answer.status, 200);
    return await answer.text();
  };
  const verify = async (...words: string[]) => {
    const command = start(t, ["verify", "--key", key, "--json", ...words], environment);
    const { code } = await command.ended;
    return {
      code,
      ...(JSON.parse(command.out()) as { result: string; from: number; to: number; records: number; findings: unknown[] }),
    };
  };

  await send("/v1/audit?wait=checkpoint", 0);
  const first = await verify("--url", `${url}/tlog/${LOG}`);
  assert.deepEqual([first.code, first.result, first.findings], [0, "holds", []]);
  assert.ok(first.records >= 300);

  const answer = await send("/v1/audit?wait=checkpoint", 300);
  const grown = await verify("--url", `${url}/tlog/${LOG}`, "--new");
  assert.deepEqual([grown.code, grown.from, grown.findings], [0, first.to + 1, []]);
  assert.equal((await verify("--url", `${url}/tlog/${LOG}`, "--growth")).code, 0);

  const receipts = join(folder, "receipts.json");
  await writeFile(receipts, answer);
  assert.deepEqual([(await verify("--receipt", receipts)).code, (await verify("--receipt", receipts)).records], [0, 300]);
  assert.equal((await verify("--receipt", receipts, "--url", `${url}/tlog/${LOG}`)).code, 0);
  assert.equal((await verify("--receipt", receipts, "--data", data)).code, 0);
  await writeFile(receipts, answer.replace('"seq":', '"seq":1'));
  assert.equal((await verify("--receipt", receipts)).code, 1);
});
