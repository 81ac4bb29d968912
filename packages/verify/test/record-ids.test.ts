import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { hashId, ID_WINDOW, RecordIds } from "../src/record-ids.ts";

describe("record ids in a window", () => {
  test("are found as a plain map of the last ones would, whatever the hashes", () => {
    // Few different hashes, so that slots collide and entries move.
    const word = fc.nat(6);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.tuple(word, word), { maxLength: 300 }), (window, ids) => {
        const table = new RecordIds(window);
        const recent: string[] = [];
        for (const [seq, [low, high]] of ids.entries()) {
          const key = `${low} ${high}`;
          const at = recent.lastIndexOf(key);
          assert.equal(table.add(low, high, seq), at < 0 ? undefined : seq - recent.length + at, `seq ${seq}`);
          recent.push(key);
          if (recent.length > window) recent.shift();
        }
      }),
      { numRuns: 500 },
    );
  });

  test("an id is found again at the edge of the window, and no later", () => {
    for (const [distance, found] of [
      [ID_WINDOW, true],
      [ID_WINDOW + 1, false],
    ] as const) {
      const table = new RecordIds();
      for (let seq = 0; seq < distance; seq++) table.add(seq + 1, seq * 7, seq);
      assert.equal(table.add(1, 0, distance), found ? 0 : undefined);
    }
  });

  test("different ids have different hashes, as far as anybody can see", () => {
    const seen = new Set<string>();
    for (let i = 0; i < 20_000; i++) {
      const bytes = Buffer.from(`"01JD${i.toString(36)}"`);
      const { low, high } = hashId(bytes, 0, bytes.length);
      seen.add(`${low} ${high}`);
    }
    assert.equal(seen.size, 20_000);
  });
});
