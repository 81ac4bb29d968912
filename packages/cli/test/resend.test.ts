import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { type FakeLoki, startFakeLoki } from "../../../test/support/fake-loki.ts";
import { NOON_NS, record, run, temporaryFolder, writeLog } from "./support.ts";

async function setUp(t: TestContext): Promise<{ data: string; loki: FakeLoki }> {
  const data = join(await temporaryFolder(t), "data");
  const records = Array.from({ length: 40 }, (_, i) => record(`id-${i}`));
  await writeLog(data, "default", records, { segmentBytes: 64 * 1024 });
  const loki = await startFakeLoki({ now: () => NOON_NS + 3_600_000_000_000n });
  t.after(() => loki.close());
  return { data, loki };
}

const seqs = (loki: FakeLoki): number[] =>
  loki.entries({ type: "line" }).map(({ line }) => (JSON.parse(line) as { seq: number }).seq);

describe("resend", () => {
  test("sends the lines of a range, byte for byte, and says how many; a second time makes no copies", async (t) => {
    const { data, loki } = await setUp(t);
    for (let time = 0; time < 2; time += 1) {
      const { code, out } = await run(["resend", "--from", "10", "--to", "19", "--data", data, "--loki", loki.url]);
      assert.equal(code, 0);
      assert.match(out, /^sent {7}10 lines of default, of 10 to 19$/m);
    }
    assert.deepEqual(seqs(loki), [10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });

  test("a line that Loki refuses is named, with the reason, and the others are sent: 2", async (t) => {
    const { data, loki } = await setUp(t);
    loki.refuse(({ metadata }) => (metadata.seq === "12" ? "no such thing" : undefined));
    const { code, out } = await run(["resend", "--from", "10", "--to", "19", "--data", data, "--loki", loki.url]);
    assert.equal(code, 2);
    assert.match(out, /^refused {4}12 {3}400 no such thing$/m);
    assert.equal(seqs(loki).length, 9);
  });

  test("a range that the log does not have is 2, and what is there is sent", async (t) => {
    const { data, loki } = await setUp(t);
    const { code, error } = await run(["resend", "--from", "38", "--to", "49", "--data", data, "--loki", loki.url]);
    assert.equal(code, 2);
    assert.match(error, /10 of these lines are not in the log/);
    assert.deepEqual(seqs(loki), [38, 39]);
  });

  test("a Loki that is not there is 2, after the time that it is given", async (t) => {
    const { data } = await setUp(t);
    const words = ["resend", "--from", "0", "--to", "1", "--data", data, "--loki", "http://127.0.0.1:9", "--give-up", "0"];
    const { code, error } = await run(words);
    assert.equal(code, 2);
    assert.match(error, /Loki took no more: .*ECONNREFUSED/);
  });

  test("words that are off, no Loki, and no log", async (t) => {
    const { data, loki } = await setUp(t);
    const off = [
      ["--from", "x", "--to", "1", "--data", data, "--loki", loki.url],
      ["--from", "5", "--to", "1", "--data", data, "--loki", loki.url],
      ["--from", "1", "--to", "1", "--data", data],
      ["--from", "1"],
    ];
    for (const words of off) assert.equal((await run(["resend", ...words])).code, 64, words.join(" "));
    const elsewhere = ["--data", join(data, "nothing"), "--loki", loki.url];
    assert.equal((await run(["resend", "--from", "0", "--to", "0", ...elsewhere])).code, 2);
  });
});
