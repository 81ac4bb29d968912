import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyRecord, formatTail } from "@proofline/event";
import fc from "fast-check";
import { IdHasher } from "../src/id-hash.ts";
import { batchTails, idEnd, idStart } from "../src/tail-batch.ts";
import { RecentIds } from "../src/window.ts";
import { create, entries, entry, open, seen } from "./support/fixture.ts";
import { MemoryDisk } from "./support/memory-disk.ts";

const KEY = Uint32Array.from([0x03020100, 0x07060504]);

test("HalfSipHash-1-3 with 64 bits of output gives its definition's values", () => {
  // A second spelling of the definition, in 64-bit integers.
  const mask = 0xffff_ffffn;
  const rotate = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (32n - by))) & mask;
  const reference = (bytes: Uint8Array): [number, number] => {
    const [k0, k1] = [BigInt(KEY[0]!), BigInt(KEY[1]!)];
    let [a, b, c, d] = [k0, k1 ^ 0xeen, 0x6c796765n ^ k0, 0x74656462n ^ k1];
    const round = (): void => {
      a = (a + b) & mask;
      b = rotate(b, 5n) ^ a;
      a = rotate(a, 16n);
      c = (c + d) & mask;
      d = rotate(d, 8n) ^ c;
      a = (a + d) & mask;
      d = rotate(d, 7n) ^ a;
      c = (c + b) & mask;
      b = rotate(b, 13n) ^ c;
      c = rotate(c, 16n);
    };
    const padded = Buffer.concat([bytes, Buffer.alloc(4 - (bytes.length % 4))]);
    padded[padded.length - 1] = bytes.length & 0xff;
    for (let at = 0; at < padded.length; at += 4) {
      const word = BigInt(padded.readUInt32LE(at));
      d ^= word;
      round();
      a ^= word;
    }
    const end = (toggle: () => void): number => {
      toggle();
      for (let i = 0; i < 3; i++) round();
      return Number(b ^ d);
    };
    const low = end(() => {
      c ^= 0xeen;
    });
    const high = end(() => {
      b ^= 0xddn;
    });
    return [low, high];
  };
  const hasher = new IdHasher(KEY);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const around = Buffer.concat([Buffer.from("x"), bytes, Buffer.from("y")]);
      hasher.hash(around, 1, around.length - 1);
      assert.deepEqual([hasher.low, hasher.high], reference(bytes));
    }),
  );
});

test("the newest lines are known by the hashes of their ids, and what is known is right", () => {
  // Few of them, so that one comes again and again and their places in the table meet.
  const hashes = fc.array(fc.tuple(fc.constantFrom(0, 1, 2, 1024), fc.constantFrom(0, 7)));
  fc.assert(
    fc.property(hashes, fc.integer({ min: 0, max: 8 }), fc.nat(), (all, capacity, first) => {
      const window = new RecentIds(capacity, KEY);
      for (const [i, [low, high]] of all.entries()) {
        window.add(low, high, first + i);
        const found = window.find(low, high);
        const expected = all.flatMap((other, j) => (j <= i && other[0] === low && other[1] === high ? [first + j] : []));
        assert.deepEqual(found, expected.slice(expected.length - found.length), "the newest, the oldest of them first");
        const recent = expected.filter((seq) => seq > first + i - capacity);
        assert.ok(found.length >= recent.length, "those that are recent are all there");
        assert.ok(
          found.every((seq) => seq > first + i - 2 * capacity - 1),
          "no more than twice the capacity is held",
        );
      }
    }),
  );
});

test("an id is found in its tail as it is spelled there, quotes and backslashes and all", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1 }), fc.string({ unit: "grapheme" }), (id, body) => {
      const record = { ...emptyRecord(), id, body };
      const tail = Buffer.from(formatTail(record));
      assert.equal(tail.subarray(idStart(0), idEnd(tail, 0, tail.length)).toString(), JSON.stringify(id).slice(1, -1));
    }),
  );
});

test("tails as strings and their bytes are one batch, whatever the characters take", () => {
  const hasher = new IdHasher(KEY);
  const { bytes, ends, ids } = batchTails(['"id":"é"}', '"id":"b"}', '"id":"é"}'], hasher);
  assert.equal(Buffer.from(bytes).toString(), '"id":"é"}"id":"b"}"id":"é"}');
  assert.deepEqual([...ends], [10, 19, 29]);
  assert.deepEqual(ids.subarray(0, 2), ids.subarray(4, 6));
  assert.notDeepEqual(ids.subarray(0, 2), ids.subarray(2, 4));
});

test("ids are there after a restart: the newest ids known, old ones forgotten, conflicts told", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const first = await open({ disk, windowRecords: 5 });
  const conflicting = entry("e-5", { body: "other" });
  const all = [...entries("e", 7), conflicting];
  await first.append(all);
  const answers = (ledger: typeof first) =>
    Promise.all(
      all.map(async (one) => {
        const found = await seen(ledger, one);
        return found === undefined ? undefined : `${found.status} ${found.seq}`;
      }),
    );
  const before = await answers(first);
  assert.deepEqual(before.slice(3), ["same 3", "same 4", "same 5", "same 6", "same 7"]);
  assert.deepEqual(first.places("e-5"), [5, 7]);
  assert.deepEqual(await seen(first, entry("e-5", { body: "a third" })), { status: "conflict", seq: 5 });
  await first.close();
  const again = await open({ disk, windowRecords: 5 });
  assert.deepEqual(await answers(again), [undefined, undefined, undefined, ...before.slice(3)]);
  await again.append(entries("more", 10));
  assert.deepEqual(
    (await answers(again)).filter((answer) => answer !== undefined),
    [],
  );
  for (const one of entries("more", 10).slice(-5)) assert.equal((await seen(again, one))?.status, "same");
  await again.close();
});

test("a batch's suspects are the entries whose ids are there, wherever they came from", async () => {
  const disk = new MemoryDisk();
  await create(disk);
  const ledger = await open({ disk });
  const batch = (ids: readonly string[]) =>
    batchTails(
      ids.map((id) => entry(id).tail),
      new IdHasher(ledger.idKey),
    );
  await ledger.append(batch(['quote"d', "back\\slash", "ünïcödé 🎉", "plain"]));
  assert.deepEqual(ledger.suspects(batch(["new", "plain", "other", 'quote"d', "ünïcödé 🎉"])), [
    { entry: 1, seqs: [3] },
    { entry: 3, seqs: [0] },
    { entry: 4, seqs: [2] },
  ]);
  assert.deepEqual(ledger.places("back\\slash"), [1]);
  assert.deepEqual(ledger.suspects(batch(["new"])), []);
  await ledger.close();
});
