// The texts were read from Loki 3.7.8; `npm run test:real` sends the same requests to a real one and compares.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type FakeLoki, startFakeLoki } from "../../../../test/support/fake-loki.ts";
import { lokiCases, lokiQueries, runLokiCases, runLokiQueries } from "../../../../test/support/loki-cases.ts";

const NOW = BigInt(Date.parse("2026-11-21T11:05:45.465Z")) * 1_000_000n;

async function withFake(body: (loki: FakeLoki) => Promise<void>): Promise<void> {
  const loki = await startFakeLoki({ now: () => NOW, limits: { ingestionBytesPerSecond: 1e12, ingestionBurstBytes: 1e12 } });
  try {
    await body(loki);
    assert.deepEqual(loki.accidents, []);
  } finally {
    await loki.close();
  }
}

describe("the fake Loki answers as the real one was seen to", () => {
  test("to pushes: status and text", async () => {
    await withFake(async (loki) => {
      const answers = await runLokiCases(loki.url, NOW);
      for (const { name, status, text } of lokiCases(NOW)) {
        const answer = answers.get(name)!;
        assert.equal(answer.status, status, name);
        if (text !== undefined) assert.match(answer.text, text, name);
      }
    });
  });

  test("to queries: order, limits, bounds, grouping and deletions", async () => {
    await withFake(async (loki) => {
      await runLokiCases(loki.url, NOW);
      const answers = await runLokiQueries(loki.url, NOW);
      for (const { name, status, lines, text } of lokiQueries(NOW)) {
        const answer = answers.get(name)!;
        assert.equal(answer.status, status, name);
        if (lines !== undefined) assert.deepEqual(answer.lines, lines, name);
        if (text !== undefined) assert.match(answer.text, text, name);
      }
    });
  });
});
