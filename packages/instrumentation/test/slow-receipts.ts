// Specifies receipts against the real receiver, as built: commit resolves with the line that is in the ledger.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { event, fixture, tempFolder } from "./kit/fixture.ts";
import { freePort, proofline } from "./kit/kill-rounds.ts";

test("commit resolves with log, seq and leaf hash of the event's own line, among events that nobody waits for", async (t) => {
  const folder = await tempFolder(t);
  const port = await freePort();
  await proofline(folder).start(t, port);
  const { audit } = await fixture(t);
  const instance = audit({ endpoint: `http://127.0.0.1:${port}` });
  for (let n = 1; n <= 20; n++) instance.record(event(n));
  const receipts = await Promise.all([21, 22, 23].map((n) => instance.commit(event(n))));
  assert.equal(await instance.flush(), 0);
  const segments = join(folder, "data", "kill.test", "segments");
  const lines = readdirSync(segments).flatMap((name) => readFileSync(join(segments, name), "utf8").split("\n").slice(0, -1));
  for (const { id, number, stream, ledger } of receipts) {
    assert.equal(ledger!.log, "kill.test");
    const line = lines.find((text) => (JSON.parse(text) as { seq: number }).seq === ledger!.seq)!;
    assert.partialDeepStrictEqual(JSON.parse(line), { id, producer: { stream, number } });
    assert.equal(createHash("sha256").update("\0").update(line).digest("base64"), ledger!.leafHash);
  }
});
