// descriptors.test.ts: clients that take every file descriptor that the system gives the receiver: it must go on writing all the same.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));
const BODY = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ eventName: "invoice.approved" }] }] }] });

/** On one connection that stays. */
function post(agent: Agent, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const call = request({ agent, host: "127.0.0.1", port, path: "/v1/logs", method: "POST", headers }, (answer) => {
      answer.resume().on("end", () => resolve(answer.statusCode));
    });
    call.on("error", reject).end(BODY);
  });
}

test("with few file descriptors, more connections than there are stop no acknowledgement and no checkpoint", {
  skip: existsSync("/proc/self/limits") ? false : "there is no /proc to read the limit from",
}, async (t) => {
  const data = await mkdtemp(join(tmpdir(), "proofline-descriptors-"));
  t.after(() => rm(data, { recursive: true, force: true }));
  const command = 'ulimit -n 600; exec "$0" --conditions=@proofline/source "$@"';
  const args = ["serve", "--data", data, "--otlp-http", "127.0.0.1:0", "--otlp-grpc", "127.0.0.1:0"];
  const child = spawn("sh", ["-c", command, process.execPath, MAIN, ...args], { stdio: ["ignore", "pipe", "ignore"] });
  t.after(() => child.kill("SIGKILL"));
  const ports: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const found = /^receiver +http \S+:(\d+) · grpc \S+:(\d+)/.exec(line);
    if (found === null) continue;
    ports.push(Number(found[1]), Number(found[2]));
    break;
  }
  child.stdout.resume();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  assert.equal(await post(agent, ports[0]!), 200);
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (let i = 0; i < 600; i++) for (const port of ports) sockets.push(connect(port, "127.0.0.1").on("error", () => {}));
  // Longer than the interval of checkpoints, each of which opens files.
  for (let i = 0; i < 8; i++) {
    assert.equal(await post(agent, ports[0]!), 200);
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  assert.equal(child.exitCode, null);
  child.kill("SIGTERM");
  for (const socket of sockets) socket.destroy();
  agent.destroy();
  assert.deepEqual(await once(child, "exit"), [0, null]);
});
