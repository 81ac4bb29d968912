import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { PeerCertificate } from "node:tls";
import { Authenticator, type Shown, type Writers } from "../../src/auth/authenticator.ts";
import type { TokenReading } from "../../src/auth/token-table.ts";
import { temporaryFolder } from "../support/receiver.ts";

const A = "a".repeat(32);
const B = "b".repeat(32);

type Told = Pick<TokenReading, "changed" | "problems">;

async function authenticator(t: TestContext, o: { logs?: string[]; clients?: Writers["clients"]; tokens?: boolean } = {}) {
  const file = join(await temporaryFolder(t), "billing");
  await writeFile(file, A);
  const told: Told[] = [];
  const auth = new Authenticator({
    log: "audit.example.com/prod-0",
    onReading: ({ changed, problems }) => told.push({ changed, problems }),
  });
  const tokens = o.tokens === false ? [] : [{ name: "billing", file, logs: o.logs ?? ["audit.example.com/prod-0"] }];
  const writers = { tokens, clients: o.clients ?? [] };
  auth.use(writers, await auth.read(writers));
  return { auth, file, told };
}

const bearer = (token: string): Shown => ({ authorization: `Bearer ${token}`, certificate: undefined });
const nothing: Shown = { authorization: undefined, certificate: undefined };
const certificate = (CN: string): Shown => ({
  authorization: undefined,
  certificate: { subject: { CN }, raw: Buffer.of(1) } as unknown as PeerCertificate,
});

describe("who writes", () => {
  test("is the name of the token, whatever the spelling of the scheme", async (t) => {
    const { auth } = await authenticator(t);
    for (const scheme of ["Bearer", "bearer", "BEARER"]) {
      assert.equal(await auth.authenticate({ ...nothing, authorization: `${scheme} ${A}` }), "billing");
    }
  });

  test("without a credential, with another scheme or another token: unauthenticated, and the token is not repeated", async (t) => {
    const { auth } = await authenticator(t);
    for (const shown of [nothing, bearer(B), { ...nothing, authorization: `Basic ${B}` }, { ...nothing, authorization: A }]) {
      await assert.rejects(
        auth.authenticate(shown),
        (error: Error & { code: string }) => error.code === "unauthenticated" && !error.message.includes(B),
      );
    }
  });

  test("a token of a writer for other logs is forbidden; a star at the end of a name stands for any rest", async (t) => {
    const other = await authenticator(t, { logs: ["audit.example.com/prod-1", "audit.example.com"] });
    await assert.rejects(other.auth.authenticate(bearer(A)), { code: "forbidden" });
    for (const log of ["audit.example.com/*", "*", "audit.example.com/prod-0*"]) {
      assert.equal(await (await authenticator(t, { logs: [log] })).auth.authenticate(bearer(A)), "billing");
    }
  });

  test("with no writers configured anybody may write, and a verified certificate names itself", async (t) => {
    const { auth } = await authenticator(t, { tokens: false });
    assert.equal(await auth.authenticate(nothing), "");
    assert.equal(await auth.authenticate(bearer(B)), "");
    assert.equal(await auth.authenticate(certificate("edge")), "CN=edge");
  });

  test("a certificate is the writer that its identity is mapped to; one that is not mapped is forbidden", async (t) => {
    const clients = [{ name: "edge", identity: "CN=edge", logs: ["*"] }];
    const { auth } = await authenticator(t, { clients });
    assert.equal(await auth.authenticate(certificate("edge")), "edge");
    await assert.rejects(auth.authenticate(certificate("mallory")), { code: "forbidden" });
    assert.equal(await auth.authenticate({ ...certificate("mallory"), authorization: `Bearer ${A}` }), "billing");
    await assert.rejects(auth.authenticate(nothing), { code: "unauthenticated" });
  });
});

describe("another token in the file", () => {
  test("is good for the first request that shows it: the file is looked at before anybody is refused", async (t) => {
    const { auth, file, told } = await authenticator(t);
    await writeFile(file, `${A}\n${B}\n`);
    assert.equal(await auth.authenticate(bearer(B)), "billing");
    assert.equal(await auth.authenticate(bearer(A)), "billing");
    assert.deepEqual(told, [{ changed: ["billing"], problems: [] }]);
  });

  test("many requests with a token that nobody knows make for few readings, and all of them are answered", async (t) => {
    const { auth, told } = await authenticator(t);
    const refused = await Promise.allSettled(Array.from({ length: 200 }, (_, i) => auth.authenticate(bearer(`${B}${i}`))));
    assert.ok(refused.every(({ status }) => status === "rejected"));
    assert.deepEqual(told, []);
  });

  test("a token that was removed is refused from the next look on", async (t) => {
    const { auth, file } = await authenticator(t);
    await writeFile(file, B);
    await auth.refresh();
    await assert.rejects(auth.authenticate(bearer(A)), { code: "unauthenticated" });
  });

  test("a file that cannot be used keeps its tokens, and an unknown one is undecided instead of refused: told once", async (t) => {
    const { auth, file, told } = await authenticator(t);
    await writeFile(file, "");
    await auth.refresh();
    await auth.refresh();
    assert.equal(await auth.authenticate(bearer(A)), "billing");
    await assert.rejects(auth.authenticate(bearer(B)), { code: "auth_undecided" });
    await assert.rejects(auth.authenticate(nothing), { code: "unauthenticated" });
    assert.deepEqual(
      told.map(({ problems }) => problems.map(({ reason }) => reason)),
      [["it holds no token"]],
    );
    await writeFile(file, B);
    assert.equal(await auth.authenticate(bearer(B)), "billing");
    await assert.rejects(auth.authenticate(bearer(A)), { code: "unauthenticated" });
  });
});
