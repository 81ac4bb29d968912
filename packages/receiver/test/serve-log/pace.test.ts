import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ReadPace, TooManyReaders } from "../../src/serve-log/pace.ts";

const MIB = 1 << 20;

/** A pace whose clock moves only when somebody sleeps. */
function pace(bytesPerSecond: number): { pace: ReadPace; slept: number[]; clock: { ms: number } } {
  const clock = { ms: 1000 };
  const slept: number[] = [];
  const sleep = (ms: number): Promise<void> => {
    slept.push(ms);
    return Promise.resolve();
  };
  return { pace: new ReadPace({ bytesPerSecond, elapsedMs: () => clock.ms, sleep }), slept, clock };
}

const bytesOf = (length: number) => () => Promise.resolve(new Uint8Array(length));

describe("the pace of reading", () => {
  test("the first goes at once, the next ones when those before are paid for", async () => {
    const { pace: p, slept, clock } = pace(MIB);
    for (let i = 0; i < 3; i++) (await p.read(bytesOf(MIB)))!.held.close();
    assert.deepEqual(slept, [1000, 2000]);
    clock.ms += 10_000;
    (await p.read(bytesOf(MIB)))!.held.close();
    assert.equal(slept.length, 2);
  });

  test("who would wait for more than ten seconds is told to come again", async () => {
    const { pace: p } = pace(MIB);
    (await p.read(bytesOf(12 * MIB)))!.held.close();
    await assert.rejects(p.read(bytesOf(1)), TooManyReaders);
  });

  test("bytes that were read and not taken are bounded", async () => {
    const { pace: p } = pace(1 << 30);
    const held = [];
    for (let i = 0; i < 2; i++) held.push((await p.read(bytesOf(16 * MIB)))!.held);
    await assert.rejects(p.read(bytesOf(1)), TooManyReaders);
    held[0]!.close();
    (await p.read(bytesOf(16 * MIB)))!.held.close();
  });

  test("four read at a time, the others in turn; one that fails lets the next in", async () => {
    const { pace: p } = pace(1 << 30);
    let reading = 0;
    let most = 0;
    const order: number[] = [];
    const read = (i: number) => async (): Promise<Uint8Array> => {
      most = Math.max(most, ++reading);
      order.push(i);
      await new Promise((resolve) => setImmediate(resolve));
      reading--;
      if (i % 3 === 0) throw new Error("no");
      return new Uint8Array(1);
    };
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => p.read(read(i))));
    assert.equal(most, 4);
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
    assert.equal(results.filter(({ status }) => status === "rejected").length, 7);
  });

  test("what is not there costs nothing", async () => {
    const { pace: p, slept } = pace(1);
    for (let i = 0; i < 5; i++) assert.equal(await p.read(() => Promise.resolve(undefined)), undefined);
    assert.deepEqual(slept, []);
  });
});
