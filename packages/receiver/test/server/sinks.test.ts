import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { parseLine } from "@proofline/event";
import { auditRecord, request, toJson } from "../support/otlp.ts";
import { startTestReceiver, type TestReceiver, temporaryFolder, undoAfter } from "../support/receiver.ts";

interface Push {
  readonly headers: IncomingHttpHeaders;
  /** The lines in it. */
  readonly lines: string[];
}

/** Takes pushes and keeps them; `next` resolves with the first one that has a line with this text. */
async function loki(t: TestContext): Promise<{ url: string; next(text: string): Promise<Push> }> {
  const pushes: Push[] = [];
  const server = createServer((incoming, answer) => {
    if (incoming.method !== "POST") return void answer.writeHead(404).end(); // a question for what it has
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
    assert.deepEqual(
      lines.filter((line) => line.includes("invoice.approved")),
      await r.lines(),
    );
    assert.equal(headers["x-scope-orgid"], "acme");
    assert.equal(headers.authorization, `Basic ${Buffer.from("ann:open sesame").toString("base64")}`);
    const { length } = await r.allLines();
    while (!(await r.metrics()).includes(`proofline_sink_next{sink="loki"} ${length}`)) await new Promise(setImmediate);
    const metrics = await r.metrics();
    assert.match(metrics, /^proofline_sink_lag_records\{sink="loki"\} 0$/m);
    assert.ok(metrics.includes(`\nproofline_sink_sent_total{sink="loki"} ${length}\n`));
    assert.doesNotMatch(JSON.stringify(r.logged), /open sesame|b3BlbiBzZXNhbWU/);
  });

  test("that is not there delays nothing: it shows as lag, and gets the lines after the next start", async (t) => {
    const first = await startTestReceiver(t, { settings: { "sinks.loki.url": "http://127.0.0.1:9" } });
    assert.equal((await first.post(toJson(request(auditRecord("a"))))).status, 200);
    const { length } = await first.allLines();
    assert.ok((await first.metrics()).includes(`\nproofline_sink_lag_records{sink="loki"} ${length}\n`));
    await first.receiver.stop();
    const server = await loki(t);
    const second = await startTestReceiver(t, { data: first.data, settings: { "sinks.loki.url": server.url } });
    const { lines } = await server.next('"id":"a"');
    assert.deepEqual(
      lines.filter((line) => line.includes("invoice.approved")),
      await second.lines(),
    );
  });

  test("that is asked what it holds, and does not answer, is told apart from one that has lost something", async (t) => {
    const server = await loki(t);
    const r = await startTestReceiver(t, { settings: { "sinks.loki.url": server.url } });
    assert.equal((await r.post(toJson(request(auditRecord("a"))))).status, 200);
    await server.next('"id":"a"');
    const metrics = await r.metrics();
    assert.match(metrics, /^proofline_sink_confirmed\{sink="loki"\} 0$/m);
    assert.doesNotMatch(metrics, /^proofline_sink_mismatches_total\{/m);
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

describe("a configured OTLP receiver", () => {
  const settled = async (r: TestReceiver): Promise<void> => {
    const line = (n: number): string => `\nproofline_sink_next{sink="otlp"} ${n}\n`;
    while (!(await r.metrics()).includes(line((await r.allLines()).length))) await new Promise(setImmediate);
  };

  for (const protocol of ["http/protobuf", "grpc"] as const) {
    test(`gets every record over ${protocol}, with the headers of its files; another Proofline chains them as records of its own`, async (t) => {
      const next = await startTestReceiver(t, { settings: { log: "second" } });
      const folder = await temporaryFolder(t);
      await writeFile(join(folder, "token"), "open-sesame\n");
      await writeFile(join(folder, "headers"), "# more\nX-Scope-OrgID: acme\n");
      const settings = {
        "sinks.otlp.url": protocol === "grpc" ? `http://${next.grpcAddress}` : next.url,
        "sinks.otlp.protocol": protocol,
        "sinks.otlp.token_file": join(folder, "token"),
        "sinks.otlp.headers_file": join(folder, "headers"),
      };
      const r = await startTestReceiver(t, { settings });
      assert.equal((await r.post(toJson(request(auditRecord("a"), auditRecord("b"))))).status, 200);
      await settled(r);
      const ours = await r.allLines();
      const theirs = (await next.allLines()).map((line) => parseLine(Buffer.from(line))).filter((line) => line.writer === "");
      assert.deepEqual(
        theirs.map(({ attributes }) => attributes.get("proofline.line")),
        ours,
      );
      assert.deepEqual(
        theirs.map(({ producer }) => producer),
        ours.map((_, seq) => ({ stream: "default", number: seq + 1 })),
      );
      assert.match(await next.metrics(), /^proofline_records_looped_total 0$/m);
      assert.doesNotMatch(JSON.stringify(r.logged), /open-sesame/);
    });

    test(`that leads back here over ${protocol}: every record is recognised, acknowledged and not chained twice`, async (t) => {
      const data = join(await temporaryFolder(t), "data");
      const first = await startTestReceiver(t, { data });
      await first.post(toJson(request(...Array.from({ length: 300 }, (_, i) => auditRecord(`id-${i}`)))));
      await first.receiver.stop();
      const [http, grpc] = [first.receiver.http.port, first.receiver.grpc.port];
      const settings = {
        "otlp.http": `127.0.0.1:${http}`,
        "otlp.grpc": `127.0.0.1:${grpc}`,
        "sinks.otlp.url": `http://127.0.0.1:${protocol === "grpc" ? grpc : http}`,
        "sinks.otlp.protocol": protocol,
      };
      const r = await startTestReceiver(t, { data, settings });
      await settled(r);
      await r.post(toJson(request(auditRecord("late"))));
      await settled(r);
      const lines = await r.allLines();
      assert.equal(lines.filter((line) => line.includes('"event":"invoice.approved"')).length, 301);
      assert.ok((await r.metrics()).includes(`\nproofline_records_looped_total ${lines.length}\n`));
    });
  }

  test("with a header that cannot be sent, or no file, stops the start, and shows no secret", async (t) => {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, "headers"), "Authorization Bearer secret\n");
    const settings = { "sinks.otlp.url": "http://127.0.0.1:9", "sinks.otlp.headers_file": join(folder, "headers") };
    await assert.rejects(startTestReceiver(t, { settings }), (error: Error) => {
      assert.match(error.message, /headers_file: line 1 is not `name: value`/);
      return !error.message.includes("secret");
    });
    const missing = { "sinks.otlp.url": "http://127.0.0.1:9", "sinks.otlp.token_file": "/no/such/file" };
    await assert.rejects(startTestReceiver(t, { settings: missing }), { code: "BAD_KEY_FILE" });
  });
});
