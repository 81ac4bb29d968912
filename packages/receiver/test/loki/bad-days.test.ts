// The Lokis that an operator meets, as one table, on a clock that only the sink's own waiting moves. For each: nothing lost, in order, the
// dead letters exactly the refused lines, no more requests than the backoff allows, one batch in memory.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FakeLoki, Fault } from "../../../../test/support/fake-loki.ts";
import { Harness, SECOND, START } from "./harness.ts";

const MINUTE = 60n * SECOND;
const answer = (status: number, body = "", headers: Record<string, string> = {}): Fault => ({
  kind: "answer",
  status,
  body,
  headers,
});

interface BadDay {
  readonly name: string;
  /** Told when the trouble begins, and with each wait of the sink while it lasts. */
  readonly trouble: (loki: FakeLoki, minute: number) => void | Promise<void>;
  readonly mend: (loki: FakeLoki) => void | Promise<void>;
  /** How long it lasts, on the sink's clock. */
  readonly minutes: number;
  /** Requests that an hour of it may cost: full jitter up to 30 s comes to one each 15 s. */
  readonly maxRequests: number;
  readonly state: "retrying" | "blocked" | "following";
  readonly bad?: (seq: number) => boolean;
}

const always = (fault: Fault): Pick<BadDay, "trouble" | "mend"> => ({
  trouble: (loki) => loki.failAlways(fault),
  mend: (loki) => loki.failAlways(undefined),
});
const everyNth = (seq: number): boolean => seq % 1000 === 617;

const DAYS: readonly BadDay[] = [
  {
    name: "down for an hour",
    trouble: (loki, minute) => (minute === 0 ? loki.down() : undefined),
    mend: (loki) => loki.up(),
    ...{ minutes: 60, maxRequests: 0, state: "retrying" },
  },
  { name: "500 for an hour", ...always(answer(500, "boom")), minutes: 60, maxRequests: 300, state: "retrying" },
  { name: "garbage for an hour", ...always(answer(200, "\u0000\u0001<<<>>>")), minutes: 60, maxRequests: 300, state: "blocked" },
  {
    name: "half an answer for an hour",
    ...always({ kind: "half", stored: true }),
    minutes: 60,
    maxRequests: 300,
    state: "retrying",
  },
  {
    name: "a lost answer for an hour",
    ...always({ kind: "drop", stored: true }),
    minutes: 60,
    maxRequests: 300,
    state: "retrying",
  },
  {
    name: "429 in bursts: three of four minutes",
    trouble: (loki, minute) => loki.failAlways(minute % 4 === 3 ? undefined : answer(429, "ingestion rate limit exceeded")),
    mend: (loki) => loki.failAlways(undefined),
    ...{ minutes: 60, maxRequests: 900, state: "following" },
  },
  {
    name: "429 with Retry-After: 120",
    ...always(answer(429, "slow down", { "retry-after": "120" })),
    ...{ minutes: 60, maxRequests: 40, state: "retrying" },
  },
  {
    name: "400 for one entry in a thousand, all day",
    trouble: (loki, minute) => {
      if (minute === 0) loki.refuse(({ metadata }) => (metadata.record_id?.startsWith("bad") ? "no such thing" : undefined));
    },
    mend: () => {},
    ...{ minutes: 60, maxRequests: 4000, state: "following", bad: everyNth },
  },
];

describe("a bad day of Loki's, under load", () => {
  for (const day of DAYS) {
    test(day.name, async (t) => {
      const h = await Harness.open(t);
      let receivedNs = 0n;
      const add = (count: number): void => {
        for (let i = 0; i < count; i += 1) {
          const seq = h.ledger.size;
          receivedNs = receivedNs < h.nowNs ? h.nowNs : receivedNs + 1n;
          h.ledger.add(receivedNs, { id: `${day.bad?.(seq) ? "bad" : "id"}-${seq}`, service: `s${seq % 2}` });
        }
      };
      add(200);
      h.start({ limits: { maxBatchLines: 500 } });
      await h.caughtUp();
      const quiet = h.loki.pushes.length;

      const beganNs = h.nowNs;
      const minuteNow = (): number => Number((h.nowNs - beganNs) / MINUTE);
      await day.trouble(h.loki, 0);
      let last = 0;
      let mended = false;
      h.onSleep = async (ms) => {
        h.nowNs += BigInt(ms) * 1_000_000n;
        if (mended || minuteNow() === last) return;
        last = minuteNow();
        await day.trouble(h.loki, last);
        add(30); // the load goes on
      };
      add(100);
      // A sink that has nothing to send does not wait on its clock: then the test does.
      await h.until(() => {
        if (day.state === "following" && h.sink!.status().lagRecords === 0) {
          h.nowNs += MINUTE;
          add(30);
        }
        return minuteNow() >= day.minutes;
      });
      const { state, lagRecords, lagSeconds } = h.sink!.status();
      if (day.state !== "following") {
        assert.equal(state, day.state);
        assert.equal(lagRecords, h.ledger.size - 200);
        assert.ok(Math.abs(lagSeconds - Number(h.nowNs - beganNs) / 1e9) < 60, `${lagSeconds} s`);
      }
      const requests = h.loki.pushes.length - quiet;
      assert.ok(requests <= day.maxRequests, `${requests} requests`);
      assert.deepEqual(
        h.letters.filter(({ seq }) => day.bad?.(seq) !== true),
        [],
      );

      mended = true;
      await day.mend(h.loki);
      await h.caughtUp();
      const kept = h.ledger.texts().filter((_, seq) => day.bad?.(seq) !== true);
      assert.deepEqual(h.lines(), kept);
      assert.deepEqual(
        h.seqsRefused(),
        [...h.ledger.lines.keys()].filter((seq) => day.bad?.(seq) === true),
      );
      for (const { streams } of h.loki.pushes) {
        const seqs = streams.flatMap(({ values }) => values.map(({ metadata }) => Number(metadata.seq ?? 0)));
        assert.ok(seqs.length <= 500);
        assert.deepEqual(
          seqs,
          seqs.toSorted((a, b) => a - b),
        );
      }
      assert.deepEqual(h.loki.accidents, []);
      assert.equal(h.sink!.status().lagSeconds, 0);
    });
  }

  test("no answer at all, again and again: each request is given up in time, and one is under way, not more", async (t) => {
    const h = await Harness.open(t);
    for (let i = 0; i < 100; i += 1) h.ledger.add(START + BigInt(i));
    const never: Fault = { kind: "wait", release: new Promise(() => {}) };
    h.loki.fail(never, never, never, never);
    h.start({ timeoutMs: 60 });
    await h.caughtUp();
    assert.equal(h.loki.pushes.filter(({ status }) => status === 0).length, 4);
    assert.deepEqual(h.lines(), h.ledger.texts());
    assert.deepEqual(h.sleeps.slice(0, 4), [125, 250, 500, 1000]);
  });
});
