import assert from "node:assert/strict";
import { test } from "node:test";
import { contentDigest, emptyRecord, formatTail } from "@proofline/event";
import fc from "fast-check";
import { RecentIds } from "../src/window.ts";
import { create, entries, entry, open } from "./support/fixture.ts";
import { MemoryDisk } from "./support/memory-disk.ts";

test("of any lines, the newest ones are known by id and content, and what is known is right", () => {
  const lines = fc.array(fc.record({ id: fc.constantFrom("a", "b", "c", "d", "e"), content: fc.constantFrom("x", "y", "z") }));
  fc.assert(
    fc.property(lines, fc.integer({ min: 0, max: 8 }), fc.nat(), (all, capacity, first) => {
      const window = new RecentIds(capacity);
      for (const [i, { id, content }] of all.entries()) {
        window.add(id, content, first + i);
        for (let j = Math.max(0, i + 1 - capacity); j <= i; j++) {
          const found = window.find(all[j]!.id, all[j]!.content);
          assert.ok(found?.same, "a recent line is known");
          const line = all[found.seq - first]!;
          assert.deepEqual([line.id, line.content], [all[j]!.id, all[j]!.content]);
        }
      }
      for (const id of "abcde") {
        const found = window.find(id, "nothing said this");
        if (found === undefined) continue;
        assert.equal(found.same, false);
        assert.equal(all[found.seq - first]?.id, id);
        assert.ok(found.seq >= first + all.length - 2 * capacity, "no more than twice the capacity is held");
      }
    }),
  );
});

test("ids are there after a restart: the newest ids known, old ones forgotten, conflicts told", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const first = await open({ disk, windowRecords: 5 });
  const conflicting = entry("e-5", { body: "other" });
  await first.append([...entries("e", 7), conflicting]);
  const answers = (ledger: Awaited<ReturnType<typeof open>>) =>
    [...entries("e", 7), conflicting].map(({ id, content }) => {
      const seen = ledger.seen(id, content);
      return seen === undefined ? undefined : `${seen.status} ${seen.seq}`;
    });
  const before = answers(first);
  assert.deepEqual(before.slice(3), ["same 3", "same 4", "same 5", "same 6", "same 7"]);
  assert.equal(first.seen("e-5", entry("e-5").content)?.seq, 5);
  assert.equal(first.seen("e-5", "something else")?.status, "conflict");
  await first.close();
  const again = await open({ disk, windowRecords: 5 });
  assert.deepEqual(answers(again), [undefined, undefined, undefined, ...before.slice(3)]);
  await again.append(entries("more", 10));
  assert.deepEqual(
    answers(again).filter((answer) => answer !== undefined),
    [],
  );
  for (const { id, content } of entries("more", 10).slice(-5)) assert.equal(again.seen(id, content)?.status, "same");
  await again.close();
});

test("a restart gives a line that was quarantined, noted or oddly named the digest that its record had", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk });
  const records = ['quote"d', "back\\slash", "ünïcödé 🎉", "assigned", "quarantined", ',"quarantine":{'].map((id) => {
    const record = emptyRecord();
    record.id = id;
    record.body = 'a string that says "note":"assigned" and ,"quarantine":{';
    if (id === "assigned") record.notes.push({ path: "id", note: "assigned" }, { path: "event", note: "missing" });
    if (id === "quarantined") record.quarantine = { code: "ID_CONFLICT", reason: "two contents" };
    return { id, content: contentDigest(record), tail: formatTail(record) };
  });
  await ledger.append(records);
  await ledger.close();
  const again = await open({ disk });
  for (const [seq, { id, content }] of records.entries()) {
    const seen = again.seen(id, content);
    assert.deepEqual([seen?.status, seen?.seq], ["same", seq], id);
  }
  await again.close();
});
