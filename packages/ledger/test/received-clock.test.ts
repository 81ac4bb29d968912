import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ReceivedClock } from "../src/received-clock.ts";
import { check, create, entries, FakeClock, open, START_NS } from "./support/fixture.ts";
import { MemoryDisk } from "./support/memory-disk.ts";

const SECOND = 1_000_000_000n;

test("moments are strictly increasing, whatever the clock does", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ ns: fc.bigInt({ min: 0n, max: 2n ** 62n }), count: fc.integer({ min: 1, max: 600 }) })),
      (reads) => {
        let now = 0n;
        let last = -1n;
        const clock = new ReceivedClock(() => now, last);
        for (const { ns, count } of reads) {
          now = ns;
          clock.read();
          const first = clock.take(count);
          assert.ok(first > last && (first === ns || first === last + 1n));
          last = first + BigInt(count - 1);
        }
      },
    ),
  );
});

test("a clock outside of what a line can say is refused before anything has a place", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const clock = new FakeClock();
  const ledger = await open({ disk, now: clock.now });
  clock.ns = 2n ** 64n;
  await assert.rejects(ledger.append(entries("a", 1)), { code: "IO", message: /the clock shows/ });
  clock.ns = START_NS;
  await ledger.append(entries("a", 1));
  await ledger.close();
  assert.equal(check(disk).lines.length, 1);
});

test("while the clock stands still, lines are a nanosecond apart; a small step back is bridged so, too", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const clock = new FakeClock();
  const ledger = await open({ disk, now: clock.now });
  await ledger.append(entries("a", 2));
  await ledger.append(entries("b", 1));
  clock.ns -= SECOND;
  await ledger.append(entries("c", 1));
  clock.ns += 2n * SECOND;
  await ledger.append(entries("d", 1));
  await ledger.close();
  const received = check(disk).lines.map((line) => line.received - START_NS);
  assert.deepEqual(received, [0n, 1n, 2n, 3n, SECOND]);
});

test("a step back of more than a second is a line of its own, once, with an id that nothing else has", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const clock = new FakeClock();
  const ledger = await open({ disk, now: clock.now });
  await ledger.append(entries("a", 1));
  clock.ns -= 3600n * SECOND;
  const { first } = await ledger.append(entries("b", 1));
  await ledger.append(entries("c", 1));
  assert.equal(first, 2, "the ledger's own line comes before");
  await ledger.close();
  const { lines } = check(disk);
  assert.deepEqual(
    lines.map(({ event }) => event),
    ["invoice.approved", "proofline.clock.stepped_back", "invoice.approved", "invoice.approved"],
  );
  const step = lines[1]!;
  assert.match(step.id, /^[0-9A-HJKMNP-TV-Z]{26}$/);
  assert.deepEqual(Object.fromEntries(step.attributes), {
    "proofline.clock.from": "2026-11-20T21:14:03.000000000Z",
    "proofline.clock.to": "2026-11-20T20:14:03.000000000Z",
  });
  assert.equal(step.time, clock.ns);
});

test("a clock that was set back while the ledger was closed is recorded at the next append", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const clock = new FakeClock();
  const ledger = await open({ disk, now: clock.now });
  await ledger.append(entries("a", 1));
  await ledger.close();
  clock.ns -= 10n * SECOND;
  const again = await open({ disk, now: clock.now });
  await again.append(entries("b", 1));
  await again.close();
  assert.equal(check(disk).lines[1]?.event, "proofline.clock.stepped_back");
});
