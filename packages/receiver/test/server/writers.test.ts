// Tokens over both transports, on a whole receiver: who wrote stands in the line, and nothing that is sent can change it.
import assert from "node:assert/strict";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { decodeStatus, grpcClient } from "../support/grpc.ts";
import { attribute, auditRecord, request, toJson, toProtobuf } from "../support/otlp.ts";
import { startTestReceiver, type TestReceiver, temporaryFolder } from "../support/receiver.ts";
import { until } from "../support/until.ts";

const A = "a".repeat(32);
const B = "b".repeat(32);
const PAYROLL = "p".repeat(32);

interface WithWriters {
  readonly r: TestReceiver;
  readonly file: string;
  readonly settings: Record<string, string>;
}

async function withWriters(t: TestContext, more: Record<string, string> = {}): Promise<WithWriters> {
  const folder = await temporaryFolder(t);
  const file = join(folder, "billing");
  await writeFile(file, A);
  await writeFile(join(folder, "payroll"), PAYROLL);
  const tokens = [
    { name: "billing", file, logs: ["default"] },
    { name: "payroll", file: join(folder, "payroll"), logs: ["payroll"] },
  ];
  const settings = { "auth.tokens": JSON.stringify(tokens), "reload.interval": "0s", ...more };
  return { r: await startTestReceiver(t, { settings }), file, settings };
}

const post = ({ r }: WithWriters, id: string, token?: string, more: Record<string, string> = {}): Promise<Response> =>
  r.post(toJson(request(auditRecord(id, more))), {
    "content-type": "application/json",
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  });

const lineOf = (lines: readonly string[], id: string): Record<string, unknown> =>
  lines.map((line) => JSON.parse(line) as Record<string, unknown>).findLast((line) => line.id === id)!;

describe("a writer with a token", () => {
  test("stands in the line over either transport; what was sent under that name stays what it was", async (t) => {
    const w = await withWriters(t);
    assert.equal((await post(w, "a", A, { writer: "mallory", "proofline.writer": "mallory" })).status, 200);
    const grpc = grpcClient(t, w.r.grpcAddress, { token: () => A });
    const forged = { ...auditRecord("b"), attributes: [...auditRecord("b").attributes!, attribute("writer", "mallory")] };
    assert.equal((await grpc.call(toProtobuf(request(forged)))).code, 0);
    const lines = await w.r.lines();
    for (const id of ["a", "b"]) {
      const line = lineOf(lines, id);
      assert.equal(line.writer, "billing");
      assert.equal((line.attributes as Record<string, unknown>).writer, "mallory");
    }
  });

  test("stands in the lines of records that were not understood, too", async (t) => {
    const w = await withWriters(t);
    const body = toJson(request(auditRecord("a")))
      .toString()
      .replace('"severityNumber":9', '"severityNumber":"INFO"');
    const headers = { "content-type": "application/json", authorization: `Bearer ${A}` };
    assert.equal((await w.r.post(body, headers)).status, 200);
    const [line] = (await w.r.lines()).map((text) => JSON.parse(text) as { writer: string; quarantine: { code: string } });
    assert.deepEqual([line!.writer, line!.quarantine.code], ["billing", "MALFORMED"]);
  });

  test("sends a record again: one line; the same record of another writer is a conflict", async (t) => {
    const w = await withWriters(t);
    const both = await withWriters(t, { "auth.tokens": w.settings["auth.tokens"]!.replace('"payroll"]', '"default"]') });
    for (const [id, token] of [
      ["a", A],
      ["a", A],
      ["a", PAYROLL],
      ["a", PAYROLL],
    ] as const) {
      assert.equal((await post(both, id, token)).status, 200);
    }
    const lines = (await both.r.lines()).map((line) => JSON.parse(line) as { writer: string; quarantine?: { code: string } });
    assert.deepEqual(
      lines.map(({ writer, quarantine }) => [writer, quarantine?.code]),
      [
        ["billing", undefined],
        ["payroll", "ID_CONFLICT"],
      ],
    );
  });
});

describe("who may not write", () => {
  test("is told 401 with how to do better, or 403, with a Status in the request's encoding, and nothing is written", async (t) => {
    const w = await withWriters(t);
    for (const [token, status, code] of [
      [undefined, 401, 16],
      [B, 401, 16],
      [PAYROLL, 403, 7],
    ] as const) {
      const answer = await post(w, "a", token);
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get("retry-after"), null);
      assert.equal(answer.headers.get("www-authenticate"), status === 401 ? 'Bearer realm="proofline"' : null);
      assert.equal(((await answer.json()) as { code: number }).code, code);
      const headers = { "content-type": "application/x-protobuf", ...(token && { authorization: `Bearer ${token}` }) };
      const binary = await w.r.post(toProtobuf(request(auditRecord("a"))), headers);
      assert.equal(decodeStatus(Buffer.from(await binary.arrayBuffer())).code, code);
      const grpc = await grpcClient(t, w.r.grpcAddress, token === undefined ? {} : { token: () => token }).call(
        toProtobuf(request(auditRecord("a"))),
      );
      assert.deepEqual([grpc.code, grpc.status?.code, grpc.status?.retrySeconds], [code, code, undefined]);
    }
    assert.deepEqual(await w.r.lines(), []);
    const metrics = await w.r.metrics();
    assert.match(metrics, /proofline_auth_refused_total\{transport="http",reason="unauthenticated"\} 4/);
    assert.match(metrics, /proofline_auth_refused_total\{transport="grpc",reason="forbidden"\} 1/);
  });

  test("learns nothing of what is there: every path but health and metrics asks for a credential", async (t) => {
    const w = await withWriters(t);
    for (const path of ["/", "/v1/logs", "/v1/audit", "/v1/traces", "/tlog/default/checkpoint", "/nothing"]) {
      assert.equal((await fetch(`${w.r.url}${path}`)).status, 401, path);
    }
    for (const path of ["/healthz", "/readyz", "/metrics", "/healthz/", "/readyz?verbose"]) {
      assert.equal((await fetch(`${w.r.url}${path}`)).status, 200, path);
    }
    const other = await grpcClient(t, w.r.grpcAddress).call(
      Buffer.alloc(0),
      "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    );
    assert.ok(other.code === 16 || other.code === 12, String(other.code));
  });

  test("no token and no digest of one is in the service's log, the metrics or the lines", async (t) => {
    const w = await withWriters(t);
    await post(w, "a", A);
    await post(w, "b", B);
    await writeFile(w.file, `${B}\nno token\n`);
    await post(w, "c", "c".repeat(20));
    const told = [JSON.stringify(w.r.logged), await w.r.metrics(), (await w.r.allLines()).join("\n")].join("\n");
    for (const secret of [A, B, PAYROLL, "no token", "c".repeat(20)]) assert.ok(!told.includes(secret), secret);
  });
});

describe("rotation", () => {
  test("under load, over both transports: old token, both, new token, and no request is refused", async (t) => {
    const w = await withWriters(t, { "reload.interval": "20ms" });
    let token = A;
    let running = true;
    const refused: unknown[] = [];
    let accepted = 0;
    const grpc = grpcClient(t, w.r.grpcAddress, { token: () => token });
    const client = async (n: number): Promise<void> => {
      for (let i = 0; running; i++) {
        const id = `${n}-${i}`;
        const good =
          n % 2 === 0
            ? (await post(w, id, token)).status === 200
            : (await grpc.call(toProtobuf(request(auditRecord(id))))).code === 0;
        if (good) accepted++;
        else refused.push(id);
      }
    };
    const put = async (text: string): Promise<void> => {
      await writeFile(`${w.file}.new`, text);
      await rename(`${w.file}.new`, w.file);
    };
    const clients = [0, 1, 2, 3].map(client);
    for (const next of [B, "c".repeat(32), "d".repeat(32)]) {
      const before = accepted;
      await until(() => accepted > before + 20);
      await put(`${token}\n${next}\n`);
      const old = token;
      token = next;
      // Whoever took the old one just now has been answered when so many others have.
      const since = accepted;
      await until(() => accepted > since + 20);
      await put(`${next}\n`);
      await until(async () => (await post(w, "old", old)).status === 401);
    }
    running = false;
    await Promise.all(clients);
    assert.deepEqual(refused, []);
    const lines = (await w.r.lines()).map((line) => JSON.parse(line) as { writer: string });
    assert.ok(lines.length >= accepted && lines.every(({ writer }) => writer === "billing"));
    const own = (await w.r.ownLines()).filter(({ event }) => event === "proofline.config.changed");
    assert.ok(own.length >= 3, String(own.length));
  });

  test("a file that cannot be read keeps its tokens; an unknown one is 503, to come again; and it is said", async (t) => {
    const w = await withWriters(t, { "reload.interval": "10ms" });
    await writeFile(w.file, "");
    const said = () => w.r.logged.filter(({ msg }) => /its last tokens stay in force/.test(String(msg)));
    await until(() => said().length > 0);
    assert.equal((await post(w, "a", A)).status, 200);
    const undecided = await post(w, "b", B);
    assert.equal(undecided.status, 503);
    assert.match(undecided.headers.get("retry-after")!, /^[123]$/);
    assert.equal((await grpcClient(t, w.r.grpcAddress, { token: () => B }).call(Buffer.alloc(0))).code, 14);
    assert.equal((await post(w, "c")).status, 401);
    await writeFile(w.file, B);
    assert.equal((await post(w, "d", B)).status, 200);
    await until(async () => (await post(w, "e", A)).status === 401);
    assert.equal(said().length, 1);
  });

  test("a start with a file that cannot be used is BAD_TOKENS, and makes no log", async (t) => {
    const w = await withWriters(t);
    await writeFile(w.file, "short");
    const data = join(await temporaryFolder(t), "data");
    await assert.rejects(startTestReceiver(t, { data, settings: w.settings }), {
      code: "BAD_TOKENS",
      message: `auth.tokens: the file of billing, ${w.file}, cannot be used: line 1 has fewer than 16 characters`,
    });
  });
});
