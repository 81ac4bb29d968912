import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { auditRecord, request, toJson } from "../support/otlp.ts";
import { startTestReceiver, temporaryFolder, undoAfter } from "../support/receiver.ts";

interface Push {
  readonly headers: IncomingHttpHeaders;
  /** The lines in it. */
  readonly lines: string[];
}

/** Takes pushes and keeps them; `next` resolves with the first one that has a line with this text. */
async function loki(t: TestContext): Promise<{ url: string; next(text: string): Promise<Push> }> {
  const pushes: Push[] = [];
  const server = createServer((incoming, answer) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const body = Buffer.concat(chunks);
      const json = incoming.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
      const { streams } = JSON.parse(json.toString()) as { streams: { values: [string, string][] }[] };
      pushes.push({ headers: incoming.headers, lines: streams.flatMap(({ values }) => values.map(([, line]) => line)) });
      answer.writeHead(204).end();
      server.emit("pushed");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  undoAfter(t, async () => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    next: async (text) => {
      for (;;) {
        const found = pushes.find(({ lines }) => lines.some((line) => line.includes(text)));
        if (found !== undefined) return found;
        await once(server, "pushed");
      }
    },
  };
}

describe("a configured Loki", () => {
  test("gets every line byte for byte, with tenant, labels and credentials from their file", async (t) => {
    const server = await loki(t);
    const password = join(await temporaryFolder(t), "password");
    await writeFile(password, "open sesame\n");
    const settings = {
      "sinks.loki.url": server.url,
      "sinks.loki.tenant": "acme",
      "sinks.loki.labels": "env=test",
      "sinks.loki.username": "ann",
      "sinks.loki.password_file": password,
    };
    const r = await startTestReceiver(t, { settings });
    assert.equal((await r.post(toJson(request(auditRecord("a"), auditRecord("b"))))).status, 200);
    const { headers, lines } = await server.next('"id":"b"');
    assert.deepEqual(lines, await r.lines());
    assert.equal(headers["x-scope-orgid"], "acme");
    assert.equal(headers.authorization, `Basic ${Buffer.from("ann:open sesame").toString("base64")}`);
    while (!(await r.metrics()).includes('proofline_sink_next{sink="loki"} 2')) await new Promise(setImmediate);
    const metrics = await r.metrics();
    assert.match(metrics, /^proofline_sink_lag_records\{sink="loki"\} 0$/m);
    assert.match(metrics, /^proofline_sink_sent_total\{sink="loki"\} 2$/m);
    assert.doesNotMatch(JSON.stringify(r.logged), /open sesame|b3BlbiBzZXNhbWU/);
  });

  test("that is not there delays nothing: it shows as lag, and gets the lines after the next start", async (t) => {
    const first = await startTestReceiver(t, { settings: { "sinks.loki.url": "http://127.0.0.1:9" } });
    assert.equal((await first.post(toJson(request(auditRecord("a"))))).status, 200);
    assert.match(await first.metrics(), /^proofline_sink_lag_records\{sink="loki"\} 1$/m);
    await first.receiver.stop();
    const server = await loki(t);
    const second = await startTestReceiver(t, { data: first.data, settings: { "sinks.loki.url": server.url } });
    const { lines } = await server.next('"id":"a"');
    assert.deepEqual(lines, await second.lines());
  });

  test("whose password file is not there stops the start", async (t) => {
    const settings = {
      "sinks.loki.url": "http://127.0.0.1:9",
      "sinks.loki.username": "ann",
      "sinks.loki.password_file": "/no/such/file",
    };
    await assert.rejects(startTestReceiver(t, { settings }), {
      code: "BAD_KEY_FILE",
      message: /password_file: there is no file/,
    });
  });
});
