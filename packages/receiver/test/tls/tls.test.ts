import assert from "node:assert/strict";
import { mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { loadConfig } from "@proofline/receiver";
import { grpcClient } from "../support/grpc.ts";
import { askTls } from "../support/https.ts";
import { auditRecord, request, toJson, toProtobuf } from "../support/otlp.ts";
import { startTestReceiver, type TestReceiver, temporaryFolder } from "../support/receiver.ts";
import { until } from "../support/until.ts";
import { type Authority, createAuthority, type Issued, issueServer } from "../support/x509.ts";

const JSON_TYPE = { "content-type": "application/json" };
const body = (id: string): Buffer => toJson(request(auditRecord(id)));

interface Secured {
  readonly r: TestReceiver;
  readonly url: string;
  readonly folder: string;
  readonly authority: Authority;
  readonly settings: Record<string, string>;
}

async function write(folder: string, { cert, key }: Issued): Promise<void> {
  await writeFile(join(folder, "tls.key"), key);
  await writeFile(join(folder, "tls.crt"), cert);
}

async function secured(t: TestContext, more: Record<string, string> = {}, clients?: Authority): Promise<Secured> {
  const folder = await temporaryFolder(t);
  const authority = createAuthority("servers");
  await write(folder, issueServer(authority));
  const settings: Record<string, string> = {
    "otlp.tls.cert_file": join(folder, "tls.crt"),
    "otlp.tls.key_file": join(folder, "tls.key"),
  };
  if (clients !== undefined) {
    await writeFile(join(folder, "ca.crt"), clients.cert);
    settings["otlp.tls.client_ca_file"] = join(folder, "ca.crt");
  }
  Object.assign(settings, { "reload.interval": "0s" }, more);
  const r = await startTestReceiver(t, { settings });
  return { r, url: `https://127.0.0.1:${r.receiver.http.port}`, folder, authority, settings };
}

const config =
  ({ r, settings }: Secured) =>
  () =>
    loadConfig({
      flags: { data: r.data, "otlp.http": "127.0.0.1:0", "otlp.grpc": "127.0.0.1:0", "disk.min_free_bytes": "0", ...settings },
    });

describe("TLS", () => {
  test("both listeners speak it, with the certificate that was given", async (t) => {
    const { r, url, authority } = await secured(t);
    const { ca } = { ca: authority.cert };
    const answer = await askTls(`${url}/v1/logs`, { ca, body: body("a"), headers: JSON_TYPE });
    assert.equal(answer.status, 200);
    assert.equal(answer.protocol, "TLSv1.3");
    assert.equal((await grpcClient(t, r.grpcAddress, { tls: { ca } }).call(toProtobuf(request(auditRecord("b"))))).code, 0);
    assert.equal((await r.lines()).length, 2);
  });

  test("a client that does not trust the certificate gets no further than the handshake", async (t) => {
    const { r, url } = await secured(t);
    const { cert: ca } = createAuthority("others");
    await assert.rejects(askTls(`${url}/v1/logs`, { ca, body: body("a"), headers: JSON_TYPE }));
    assert.equal((await grpcClient(t, r.grpcAddress, { tls: { ca } }).call(Buffer.alloc(0))).code, 14);
    assert.deepEqual(await r.lines(), []);
  });

  test("1.2 is the least that is spoken, and can be made 1.3", async (t) => {
    const low = await secured(t);
    assert.equal((await askTls(`${low.url}/healthz`, { ca: low.authority.cert, maxVersion: "TLSv1.2" })).protocol, "TLSv1.2");
    await assert.rejects(
      askTls(`${low.url}/healthz`, { ca: low.authority.cert, maxVersion: "TLSv1.1" }),
      /protocol version|EPROTO/i,
    );
    const high = await secured(t, { "otlp.tls.min_version": "1.3" });
    await assert.rejects(
      askTls(`${high.url}/healthz`, { ca: high.authority.cert, maxVersion: "TLSv1.2" }),
      /protocol version|EPROTO/i,
    );
  });

  test("clear text, garbage and a client that leaves harm nobody", async (t) => {
    const { r, url, authority } = await secured(t);
    for (const port of [r.receiver.http.port, r.receiver.grpc.port]) {
      for (const bytes of ["GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01", ""]) {
        const socket = connect(port, "127.0.0.1");
        const closed = new Promise((resolve) => socket.on("close", resolve));
        socket.on("error", () => {}).on("data", () => {});
        socket.end(bytes);
        await closed;
      }
    }
    assert.equal((await askTls(`${url}/healthz`, { ca: authority.cert })).status, 200);
  });

  const broken: [string, (folder: string) => Promise<void>, RegExp][] = [
    [
      "no certificate file",
      (folder) => rename(join(folder, "tls.crt"), join(folder, "gone")),
      /otlp\.tls\.cert_file: .*tls\.crt: there is no such file/,
    ],
    [
      "a certificate that is none",
      (folder) => writeFile(join(folder, "tls.crt"), "not-a-certificate"),
      /cert_file: .*holds no certificate in PEM/,
    ],
    [
      "a key that is none",
      (folder) => writeFile(join(folder, "tls.key"), "not-a-key"),
      /key_file: .*holds no private key in PEM/,
    ],
    [
      "another certificate's key",
      (folder) => writeFile(join(folder, "tls.key"), createAuthority("x").key),
      /is not the key of the certificate/,
    ],
  ];
  for (const [what, harm, message] of broken) {
    test(`a start with ${what} is BAD_TLS, and makes no log`, async (t) => {
      const s = await secured(t);
      await s.r.receiver.stop();
      await harm(s.folder);
      const data = join(s.folder, "other");
      await assert.rejects(startTestReceiver(t, { data, settings: s.settings }), (error: Error & { code: string }) => {
        assert.equal(error.code, "BAD_TLS");
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /not-a-(certificate|key)/);
        return true;
      });
    });
  }
});

describe("another certificate", () => {
  const shown = async ({ url }: Secured, ...authorities: Authority[]): Promise<string> =>
    (await askTls(`${url}/healthz`, { ca: authorities.map(({ cert }) => cert).join("") })).certificate.issuer.CN as string;

  test("is taken up by a reload, on both listeners, and stands in the log", async (t) => {
    const s = await secured(t);
    const next = createAuthority("new servers");
    await write(s.folder, issueServer(next));
    await s.r.receiver.reload(config(s));
    assert.equal(await shown(s, next), "new servers");
    assert.equal((await grpcClient(t, s.r.grpcAddress, { tls: { ca: next.cert } }).call(Buffer.alloc(0))).code, 0);
    const own = await s.r.ownLines();
    assert.deepEqual(
      own.map(({ event }) => event),
      ["proofline.receiver.started", "proofline.config.changed"],
    );
    assert.deepEqual(own[1]!.attributes["proofline.config.keys"], ["otlp.tls.cert_file"]);
    assert.match(
      (await askTls(`${s.url}/metrics`, { ca: next.cert })).body,
      /^proofline_tls_certificate_expiry_timestamp_seconds \d{10}/m,
    );
  });

  test("is noticed in a folder that is swapped under its link, as Kubernetes does", async (t) => {
    const folder = await temporaryFolder(t);
    const [first, second] = [createAuthority("first"), createAuthority("second")];
    for (const [name, authority] of [
      ["1", first],
      ["2", second],
    ] as const) {
      await mkdir(join(folder, name));
      await write(join(folder, name), issueServer(authority));
    }
    await symlink("1", join(folder, "..data"));
    for (const name of ["tls.crt", "tls.key"]) await symlink(join("..data", name), join(folder, name));
    const settings = {
      "otlp.tls.cert_file": join(folder, "tls.crt"),
      "otlp.tls.key_file": join(folder, "tls.key"),
      "reload.interval": "10ms",
    };
    const r = await startTestReceiver(t, { settings });
    const s = { r, url: `https://127.0.0.1:${r.receiver.http.port}`, folder, authority: first, settings };
    assert.equal(await shown(s, first, second), "first");
    await symlink("2", join(folder, "..data_tmp"));
    await rename(join(folder, "..data_tmp"), join(folder, "..data"));
    await until(async () => (await shown(s, first, second)) === "second");
  });

  test("that is broken keeps the old one in force, and is said once and loudly", async (t) => {
    const s = await secured(t, { "reload.interval": "10ms" });
    await writeFile(join(s.folder, "tls.crt"), "half a certificate");
    const said = () =>
      s.r.logged.filter(({ level, msg }) => level === "error" && /the old certificate stays in force/.test(String(msg)));
    await until(() => said().length > 0);
    assert.equal(await shown(s, s.authority), "servers");
    await s.r.receiver.reload(config(s));
    assert.equal(said().length, 1);
    assert.equal(await shown(s, s.authority), "servers");
    assert.match(
      (await askTls(`${s.url}/metrics`, { ca: s.authority.cert })).body,
      /proofline_reloads_total\{what="certificate",outcome="refused"\} 1/,
    );
    const next = createAuthority("mended");
    await write(s.folder, issueServer(next));
    await until(() =>
      shown(s, next).then(
        (issuer) => issuer === "mended",
        () => false,
      ),
    );
  });

  test("switching TLS off waits for a restart, and says so", async (t) => {
    const s = await secured(t);
    await s.r.receiver.reload(config({ ...s, settings: {} }));
    assert.equal(await shown(s, s.authority), "servers");
    const waiting = s.r.logged.find(({ msg }) => /wait for a restart/.test(String(msg)));
    assert.deepEqual(waiting?.keys, ["otlp.tls.cert_file", "otlp.tls.key_file", "reload.interval"]);
  });
});

describe("client certificates", () => {
  test("required: without one, or with one of another authority, there is no connection; with one, its identity is the writer", async (t) => {
    const clients = createAuthority("clients");
    const s = await secured(t, {}, clients);
    const ca = s.authority.cert;
    const post = (id: string, own?: Issued) => askTls(`${s.url}/v1/logs`, { ca, ...own, body: body(id), headers: JSON_TYPE });
    await assert.rejects(post("a"));
    await assert.rejects(post("b", createAuthority("others").issue({ common: "mallory" })));
    const billing = clients.issue({ common: "billing", names: ["URI:spiffe://example.com/billing"] });
    assert.equal((await post("c", billing)).status, 200);
    const grpc = await grpcClient(t, s.r.grpcAddress, { tls: { ca, ...clients.issue({ common: "ledger" }) } }).call(
      toProtobuf(request(auditRecord("d"))),
    );
    assert.equal(grpc.code, 0);
    assert.equal((await grpcClient(t, s.r.grpcAddress, { tls: { ca } }).call(Buffer.alloc(0))).code, 14);
    assert.deepEqual(
      (await s.r.lines()).map((line) => (JSON.parse(line) as { writer: string }).writer),
      ["URI:spiffe://example.com/billing", "CN=ledger"],
    );
  });

  test("mapped: an identity has a name and logs; a certificate of nobody's is 403, one for other logs too", async (t) => {
    const clients = createAuthority("clients");
    const map = [
      { name: "billing", identity: "DNS:billing.example.com", logs: ["default"] },
      { name: "payroll", identity: "CN=payroll", logs: ["payroll/*"] },
    ];
    const s = await secured(t, { "auth.clients": JSON.stringify(map) }, clients);
    const post = (own: Issued) =>
      askTls(`${s.url}/v1/logs`, { ca: s.authority.cert, ...own, body: body("a"), headers: JSON_TYPE });
    assert.equal((await post(clients.issue({ names: ["DNS:billing.example.com"] }))).status, 200);
    for (const own of [clients.issue({ common: "payroll" }), clients.issue({ common: "billing.example.com" })]) {
      assert.equal((await post(own)).status, 403);
      const grpc = await grpcClient(t, s.r.grpcAddress, { tls: { ca: s.authority.cert, ...own } }).call(Buffer.alloc(0));
      assert.equal(grpc.code, 7);
    }
    assert.deepEqual(
      (await s.r.lines()).map((line) => (JSON.parse(line) as { writer: string }).writer),
      ["billing"],
    );
  });

  test("requested: probes come without one, and one of another authority counts for nothing", async (t) => {
    const clients = createAuthority("clients");
    const settings = {
      "otlp.tls.client_auth": "request",
      "auth.clients": JSON.stringify([{ name: "billing", identity: "CN=billing", logs: ["*"] }]),
    };
    const s = await secured(t, settings, clients);
    const ca = s.authority.cert;
    const post = (own?: Issued) => askTls(`${s.url}/v1/logs`, { ca, ...own, body: body("a"), headers: JSON_TYPE });
    assert.equal((await askTls(`${s.url}/readyz`, { ca })).status, 200);
    assert.equal((await post()).status, 401);
    assert.equal((await post(createAuthority("others").issue({ common: "billing" }))).status, 401);
    assert.equal((await post(clients.issue({ common: "billing" }))).status, 200);
  });
});
