import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { DeadLetter } from "../../src/sinks/dead-letter.ts";
import { DAY, Harness, HOUR, SECOND, START } from "./harness.ts";

interface Seen {
  readonly confirmed: { lines: number };
  readonly mismatches: DeadLetter[];
  readonly counts: Record<string, number>;
  readonly resent: { lines: number };
}

/** Every sleep moves the clock by as much as it says. */
async function open(
  t: TestContext,
  o: { repair?: boolean; start?: boolean } = {},
): Promise<{ h: Harness; seen: Seen; go: () => void }> {
  const h = await Harness.open(t);
  const seen: Seen = { confirmed: { lines: 0 }, mismatches: [], counts: {}, resent: { lines: 0 } };
  h.onSleep = (ms) => {
    h.nowNs += BigInt(ms) * 1_000_000n;
  };
  const go = (): void => {
    h.start({
      readBack: {
        repair: o.repair ?? false,
        sealed: () => h.ledger.sealed,
        deadLettered: async () => new Set(h.seqsRefused()),
        mismatches: { append: async (letters) => void seen.mismatches.push(...letters) },
        metrics: {
          confirmed: (lines) => (seen.confirmed.lines += lines),
          mismatch: (kind, count) => (seen.counts[kind] = (seen.counts[kind] ?? 0) + count),
          resent: (lines) => (seen.resent.lines += lines),
        },
      },
    });
  };
  return { h, seen, go };
}

const confirmed = (h: Harness): number => h.sink!.confirmation()!.confirmed;

describe("read-back", () => {
  test("confirms sealed lines, in order, and no other", async (t) => {
    const { h, seen, go } = await open(t);
    for (let i = 0; i < 2600; i += 1) h.ledger.add(START + BigInt(i), { service: `s${i % 3}` });
    h.ledger.sealed = 2000;
    h.nowNs = START + SECOND;
    go();
    await h.until(() => confirmed(h) >= 2000);
    assert.equal(h.ledger.cursors.get("loki.confirmed"), 2000);
    assert.ok(h.sink!.confirmation()!.unconfirmedSeconds >= 0);
    h.ledger.sealed = 2600;
    await h.until(() => confirmed(h) === 2600);
    assert.equal(seen.confirmed.lines, 2600);
    assert.deepEqual(seen.mismatches, []);
    await h.until(() => h.sink!.confirmation()!.unconfirmedSeconds === 0);
    await h.sink!.stop();
    go(); // the mark is durable: nothing is read again
    await h.until(() => confirmed(h) === 2600);
    assert.equal(seen.confirmed.lines, 2600);
  });

  test("confirms the open segment of a quiet log when its lines are ten minutes old", async (t) => {
    const { h, seen, go } = await open(t);
    h.ledger.add(START).add(START + 1n);
    go();
    await h.until(() => confirmed(h) === 2);
    assert.ok(h.nowNs >= START + 600n * SECOND);
    assert.deepEqual(seen.mismatches, []);
  });

  test("finds what Loki has lost, changed and made up, loudly, once, and goes on behind it", async (t) => {
    const { h, seen, go } = await open(t);
    for (let i = 0; i < 1200; i += 1) h.ledger.add(START + BigInt(i) * 1_000n);
    go();
    await h.caughtUp();
    const query = (text: string): string => `{type="line"} |= \`${text}\``;
    const del = async (text: string): Promise<void> => {
      const words = new URLSearchParams({ query: query(text), start: "0", end: String(START / SECOND + 1n) });
      assert.equal((await fetch(`${h.loki.url}/loki/api/v1/delete?${words.toString()}`, { method: "POST" })).status, 204);
    };
    const push = async (ns: bigint, line: string): Promise<void> => {
      const stream = { service_name: "unknown_service", log: h.ledger.name, type: "line" };
      const body = JSON.stringify({ streams: [{ stream, values: [[String(ns), line]] }] });
      const headers = { "content-type": "application/json" };
      assert.equal((await fetch(`${h.loki.url}/loki/api/v1/push`, { method: "POST", headers, body })).status, 204);
    };
    h.nowNs += 2n * SECOND;
    await del('"id":"id-617"');
    await del('"id":"id-700"');
    await push(START + 700_000n, h.ledger.texts()[700]!.replace('"actor', '"Actor').replace("id-700", "ID-700"));
    await push(START + 800_500n, "a stranger");
    await push(START + 900_000n, h.ledger.texts()[900]!.replace("ann", "bob"));
    const startedNs = h.nowNs;
    h.ledger.sealed = 1200;
    await h.until(() => confirmed(h) === 1200);
    assert.deepEqual(
      seen.mismatches.map(({ seq, reason }) => [seq, reason]),
      [
        [617, "missing"],
        [700, "changed"],
        [900, "extra"],
        [-1, "extra"],
      ],
    );
    assert.deepEqual(seen.counts, { missing: 1, changed: 1, extra: 2 });
    assert.equal(seen.confirmed.lines, 1200 - 4);
    assert.ok(h.nowNs - startedNs >= 900n * SECOND, "Loki had its time");
    const told = h.logged.filter(({ event }) => event === "loki_mismatch");
    assert.equal(told[0]!.details.advice, "proofline resend --from 617 --to 617");
  });

  test("what Loki shows late is no alarm", async (t) => {
    const { h, seen, go } = await open(t);
    for (let i = 0; i < 300; i += 1) h.ledger.add(START + BigInt(i));
    go();
    await h.caughtUp();
    // As if nothing was pushed yet: another Loki is asked at first.
    h.loki.hide((entry) => h.nowNs < START + 400n * SECOND && entry.metadata.seq !== "5");
    h.ledger.sealed = 300;
    await h.until(() => confirmed(h) === 300);
    assert.deepEqual(seen.mismatches, []);
    assert.ok(h.nowNs >= START + 400n * SECOND);
  });

  test("an old backlog is waited for as long as Loki may take to show it", async (t) => {
    const { h, seen, go } = await open(t);
    for (let i = 0; i < 50; i += 1) h.ledger.add(START - DAY + BigInt(i) * SECOND);
    h.ledger.sealed = 50;
    h.loki.hide(() => h.nowNs < START + 3n * HOUR);
    go();
    await h.until(() => confirmed(h) === 50);
    assert.deepEqual(seen.mismatches, []);
  });

  test("lines that got a later timestamp, being too old for Loki, are found there", async (t) => {
    const { h, seen, go } = await open(t);
    for (let i = 0; i < 120; i += 1) h.ledger.add(START - 12n * DAY + BigInt(i) * HOUR);
    h.ledger.sealed = 120;
    go();
    await h.until(() => confirmed(h) === 120);
    assert.ok(h.counts.restamped > 50);
    assert.deepEqual(seen.mismatches, []);
  });

  test("lines that Loki refused are not missed", async (t) => {
    const { h, seen, go } = await open(t);
    for (let i = 0; i < 100; i += 1) h.ledger.add(START + BigInt(i), { id: i === 50 ? "poison" : `id-${i}` });
    h.loki.refuse((entry) => (entry.metadata.record_id === "poison" ? "no" : undefined));
    h.ledger.sealed = 100;
    go();
    await h.until(() => confirmed(h) === 100);
    assert.deepEqual(seen.mismatches, []);
  });

  test("repair sends again what is missing, and confirms it then", async (t) => {
    const { h, seen, go } = await open(t, { repair: true });
    for (let i = 0; i < 400; i += 1) h.ledger.add(START + BigInt(i));
    h.loki.fail({ kind: "answer", status: 204 }); // a 204, and nothing was kept
    go();
    await h.until(() => h.sink!.status().next === 400);
    h.ledger.sealed = 400;
    await h.until(() => confirmed(h) === 400);
    assert.equal(seen.resent.lines, 400);
    assert.deepEqual(seen.mismatches, []);
    assert.deepEqual(h.lines(), h.ledger.texts());
  });

  test("a Loki that cannot be read confirms nothing and alarms nobody; it says so once", async (t) => {
    const { h, seen, go } = await open(t);
    for (let i = 0; i < 10; i += 1) h.ledger.add(START + BigInt(i));
    go();
    await h.caughtUp();
    await h.loki.down();
    h.ledger.sealed = 10;
    await h.until(() => h.nowNs > START + 6n * HOUR);
    assert.equal(confirmed(h), 0);
    assert.deepEqual(seen.mismatches, []);
    assert.equal(h.logged.filter(({ event }) => event === "loki_read_back_waits").length, 1);
    await h.loki.up();
    await h.until(() => confirmed(h) === 10);
    assert.equal(seen.confirmed.lines, 10);
  });
});
