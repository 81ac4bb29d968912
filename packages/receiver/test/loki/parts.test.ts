import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { causeClass, parseRetryAfter } from "../../src/sinks/answer.ts";
import { delayMs } from "../../src/sinks/backoff.ts";
import { type DeadLetter, deadLetterFile, deadLetterPath } from "../../src/sinks/dead-letter.ts";
import { readAnswer } from "../../src/sinks/loki/answer.ts";
import { entryFor } from "../../src/sinks/loki/entry.ts";
import { StreamLabels } from "../../src/sinks/loki/labels.ts";
import { LOKI_DEFAULT_LIMITS } from "../../src/sinks/loki/limits.ts";
import { PendingCheckpoints } from "../../src/sinks/loki/pending-checkpoints.ts";
import { startLokiSink } from "../../src/sinks/loki/sink.ts";
import { TimeFloor, timestampFor } from "../../src/sinks/loki/timestamps.ts";
import { DAY, HOUR, SECOND, START } from "./harness.ts";
import { MemoryLedger } from "./memory-ledger.ts";

describe("timestamps", () => {
  test("are unique and increasing for any received times and any clock that does not step back", () => {
    const steps = fc.array(fc.tuple(fc.bigInt(1n, 3n * DAY), fc.bigInt(0n, DAY)), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (all) => {
        const floor = new TimeFloor(7 * 86_400_000);
        let received = START;
        let now = START + 10n * DAY;
        let last = 0n;
        all.forEach(([after, later], seq) => {
          received += after;
          now += later;
          const at = timestampFor(received, seq, floor.at(now));
          assert.ok(at > last && at >= received);
          last = at;
        });
      }),
    );
  });

  test("stay the same while the floor stands, which it does for most of an hour", () => {
    const floor = new TimeFloor(7 * 86_400_000);
    const floors = new Set<bigint>();
    for (let minute = 0n; minute < 600n; minute += 1n) floors.add(floor.at(START + minute * 60n * SECOND));
    assert.ok(floors.size <= 11);
  });

  test("are never older than what Loki takes, nor more than an hour and ten minutes younger", () => {
    for (let minute = 0n; minute < 600n; minute += 1n) {
      const now = START + minute * 60n * SECOND;
      const margin = new TimeFloor(7 * 86_400_000).at(now) - (now - 7n * DAY);
      assert.ok(margin >= 600n * SECOND && margin <= HOUR + 600n * SECOND);
    }
  });

  test("are what was received when Loki takes any age", () => {
    assert.equal(timestampFor(5_000_000_000n, 7, new TimeFloor(0).at(START)), 5_000_000_000n);
  });

  test("a floor that Loki named is taken once, and never lowered", () => {
    const floor = new TimeFloor(7 * 86_400_000);
    assert.equal(floor.learn(START - HOUR, START), true);
    assert.equal(floor.learn(START - HOUR, START), false);
    assert.equal(floor.learn(START - DAY, START), false);
    assert.equal(floor.at(START), START - HOUR + 60n * SECOND);
  });
});

describe("an answer", () => {
  const cases: [status: number, body: string, kind: string][] = [
    [204, "", "accepted"],
    [
      400,
      "max entry size '262144' bytes exceeded for stream '{a=\"b\"}' while adding an entry with length '262145' bytes",
      "refused",
    ],
    [400, "couldn't parse labels: 1:3: parse error: unexpected character inside braces: '-'", "refused"],
    [400, "multiple org IDs present", "misconfigured"],
    [400, "tenant ID 'a b' contains unsupported character ' '", "misconfigured"],
    [400, "entry for stream '{a=\"b\"}' has timestamp too new: 2026-11-21T11:16:45Z", "misconfigured"],
    [400, "<html>", "misconfigured"],
    [401, "no org id", "misconfigured"],
    [404, "404 page not found", "misconfigured"],
    [413, "", "too-large"],
    [422, "error at least one valid stream is required for ingestion", "misconfigured"],
    [429, "ingestion rate limit exceeded for user fake (limit: 104857 bytes/sec)", "busy"],
    [500, "rpc error: code = ResourceExhausted desc = grpc: received message larger than max (5017319 vs. 4194304)", "too-large"],
    [500, "rpc error: code = ResourceExhausted desc = too many streams", "busy"],
    [502, "", "busy"],
    [200, "ok", "misconfigured"],
    [301, "", "misconfigured"],
  ];
  for (const [status, body, kind] of cases) {
    test(`${status} ${JSON.stringify(body.slice(0, 40))} means ${kind}`, () => {
      assert.equal(readAnswer(status, undefined, body, 0).kind, kind);
    });
  }

  test("that names the oldest acceptable time gives it, the newest of several", () => {
    const line = (time: string): string =>
      `reason: 'entry too far behind, entry timestamp is: 2026-11-21T10:04:45Z, oldest acceptable timestamp is: ${time}',\n`;
    const answer = readAnswer(
      400,
      undefined,
      line("2026-11-21T10:05:45Z") + line("2026-11-21T10:07:45Z") + line("2026-11-21T10:06:45Z"),
      0,
    );
    assert.ok(answer.kind === "refused");
    assert.equal(answer.oldestNs, BigInt(Date.parse("2026-11-21T10:07:45Z")) * 1_000_000n);
  });

  test("any status and body means something, and the reason is bounded", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 599 }),
        fc.string(),
        fc.option(fc.string(), { nil: undefined }),
        (status, body, after) => {
          const answer = readAnswer(status, after, body.repeat(50), 0);
          assert.ok(answer.kind === "accepted" || answer.reason.length < 700);
          if (answer.kind === "busy" && answer.retryAfterMs !== undefined)
            assert.ok(answer.retryAfterMs >= 0 && answer.retryAfterMs <= 300_000);
        },
      ),
    );
  });

  test("a Retry-After in the past is now", () => {
    assert.equal(parseRetryAfter("Wed, 21 Oct 2015 07:28:00 GMT", Date.parse("2026-11-21T00:00:00Z")), 0);
  });

  test("refusals for one cause have one class, whatever the entry", () => {
    const reason = (stream: string, bytes: number): string =>
      `400 max entry size '262144' bytes exceeded for stream '{a="${stream}"}' with length '${bytes}' bytes`;
    assert.equal(causeClass(reason("x", 1)), causeClass(reason("y", 22)));
    assert.notEqual(causeClass(reason("x", 1)), causeClass("400 couldn't parse labels: 1:3"));
  });
});

test("the delay is within the full jitter's range, for any number of failures", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (failures, random) => {
      const delay = delayMs(failures, () => random, { baseMs: 100, maxMs: 5000 });
      assert.ok(delay >= 0 && delay < 5000 && delay <= 100 * 2 ** (failures - 1));
    }),
  );
});

describe("an entry", () => {
  const labels = (): StreamLabels => new StreamLabels("log", {}, LOKI_DEFAULT_LIMITS);

  test("comes of any bytes, or a reason does", () => {
    const line = new MemoryLedger("log").add(START, { body: "text", service: "svc" }).lines[0]!;
    const mutated = fc.tuple(fc.nat(line.length - 1), fc.nat(255)).map(([at, byte]) => {
      const copy = Buffer.from(line);
      copy[at] = byte;
      return copy;
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          mutated,
          fc.json().map((json) => Buffer.from(json)),
        ),
        (bytes) => {
          const entry = entryFor(3, bytes, labels(), LOKI_DEFAULT_LIMITS);
          if ("unsendable" in entry) return;
          const [text, metadata] = JSON.parse(`[${entry.json}`) as [string, Record<string, string>];
          assert.ok(Buffer.from(text).equals(Buffer.from(bytes)));
          assert.equal(metadata.seq, "3");
          assert.ok(
            Object.values(metadata).every((value) => value.length <= 257 && value.isWellFormed() && !value.includes("\uFFFD")),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  test("with long values in every field stays far below Loki's limits, and says where it was cut", () => {
    const long = "é😀".repeat(3000);
    const attributes = new Map(
      ["audit.actor.id", "audit.action", "audit.target.id", "proofline.workflow.id"].map((name) => [name, long]),
    );
    const line = new MemoryLedger("log").add(START, { attributes, event: "e".repeat(900) }).lines[0]!;
    const entry = entryFor(0, line, labels(), LOKI_DEFAULT_LIMITS);
    assert.ok(!("unsendable" in entry));
    const [, metadata] = JSON.parse(`[${entry.json}`) as [string, Record<string, string>];
    assert.ok(metadata.actor_id!.endsWith("…") && metadata.actor_id!.isWellFormed());
    assert.ok(entry.bytes - line.length < 8192);
  });
});

describe("the label of an event class", () => {
  const streamOf = (labels: StreamLabels, eventClass?: string): unknown => {
    const attributes = new Map(eventClass === undefined ? [] : [["proofline.event.class", eventClass]]);
    const line = new MemoryLedger("log").add(START, { service: "svc", attributes }).lines[0]!;
    const entry = entryFor(0, line, labels, LOKI_DEFAULT_LIMITS);
    assert.ok(!("unsendable" in entry));
    return JSON.parse(entry.stream);
  };
  const stream = { service_name: "svc", log: "log", type: "line" };

  test("is there only when it is wanted", () => {
    assert.deepEqual(streamOf(new StreamLabels("log", {}, LOKI_DEFAULT_LIMITS), "approval"), stream);
    assert.deepEqual(streamOf(new StreamLabels("log", {}, LOKI_DEFAULT_LIMITS, true), "approval"), {
      ...stream,
      class: "approval",
    });
  });

  test("is `other` for a line without a class, and for one that the registry does not know", () => {
    const labels = new StreamLabels("log", {}, LOKI_DEFAULT_LIMITS, true);
    assert.deepEqual(streamOf(labels), { ...stream, class: "other" });
    assert.deepEqual(streamOf(labels, "made-up"), { ...stream, class: "other" });
  });

  test("takes no room of the services", () => {
    const labels = new StreamLabels("log", {}, { ...LOKI_DEFAULT_LIMITS, maxServices: 2 }, true);
    for (const eventClass of ["login", "access", "change", "approval"]) labels.line(labels.serviceLabel("one"), eventClass);
    labels.line(labels.serviceLabel("two"), "login");
    assert.equal(labels.serviceLabel("one"), "one");
    assert.equal(labels.serviceLabel("two"), "two");
    assert.equal(labels.serviceLabel("three"), "other_services");
  });

  test("cannot be set by hand beside", () => {
    assert.throws(() => new StreamLabels("log", { class: "x" }, LOKI_DEFAULT_LIMITS, true), { code: "BAD_LABEL" });
    assert.doesNotThrow(() => new StreamLabels("log", { class: "x" }, LOKI_DEFAULT_LIMITS));
  });
});

describe("options that no Loki could take stop the start", () => {
  const start = (o: object): void => {
    startLokiSink({
      ledger: new MemoryLedger(),
      url: "http://127.0.0.1:1",
      deadLetters: { append: () => Promise.resolve() },
      ...o,
    });
  };
  const many = Object.fromEntries(Array.from({ length: 13 }, (_, i) => [`k${i}`, "v"]));
  const cases: [string, object, string, RegExp][] = [
    ["a URL without a scheme", { url: "loki:3100" }, "BAD_URL", /"loki:3100" is not a URL/],
    ["a URL with a password in it that is not one", { url: "ftp://u:secret@h" }, "BAD_URL", /"…@h" is not a URL/],
    ["a tenant that is two", { tenant: "a|b" }, "BAD_TENANT", /"a\|b" is not a tenant/],
    ["a label of ours", { labels: { log: "x" } }, "BAD_LABEL", /"log" is set by Proofline/],
    ["a label name with a dash", { labels: { "a-b": "x" } }, "BAD_LABEL", /"a-b" is not a label name/],
    ["an empty label", { labels: { env: "" } }, "BAD_LABEL", /"env" has a value/],
    ["too many labels", { labels: many }, "TOO_MANY_LABELS", /13 given; Loki takes 12/],
    ["a log that is no label", { ledger: new MemoryLedger("a\uFFFD") }, "BAD_LOG_NAME", /cannot be a label/],
  ];
  for (const [name, options, code, message] of cases) {
    test(name, () => {
      assert.throws(() => start(options), { name: "LokiSinkError", code, message });
    });
  }
});

describe("the dead letter file", () => {
  const letter = (seq: number): DeadLetter => ({ seq, time: "2026-11-20T00:00:00.000Z", reason: `400 no ${seq}` });

  test("is made with the first letter, in a folder that it makes, under a name that no cursor can have", async () => {
    const folder = await mkdtemp(join(tmpdir(), "proofline-letters-"));
    try {
      const path = deadLetterPath(folder, "loki");
      await deadLetterFile(path).append([letter(1), letter(2)]);
      await deadLetterFile(path).append([letter(3)]);
      const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
      assert.deepEqual(
        lines.map((line) => JSON.parse(line)),
        [letter(1), letter(2), letter(3)],
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("a torn last line does not swallow the next letter", async () => {
    const folder = await mkdtemp(join(tmpdir(), "proofline-letters-"));
    try {
      const path = join(folder, "letters");
      await writeFile(path, `${JSON.stringify(letter(1))}\n{"seq":2,"ti`);
      await deadLetterFile(path).append([letter(2)]);
      const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
      assert.deepEqual([JSON.parse(lines[0]!), JSON.parse(lines[2]!)], [letter(1), letter(2)]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("pending checkpoints", () => {
  test("are due in order, once their lines are there", () => {
    const pending = new PendingCheckpoints();
    for (const size of [5, 9]) pending.add({ note: `n${size}`, size, atNs: 0n });
    assert.equal(pending.due(4), undefined);
    const first = pending.due(9)!;
    assert.equal(first.size, 5);
    pending.sent(first);
    assert.equal(pending.due(9)!.size, 9);
  });

  test("are thinned while Loki is far behind; the newest and the oldest always stay", () => {
    const pending = new PendingCheckpoints(16);
    for (let size = 1; size <= 10_000; size += 1) pending.add({ note: `n${size}`, size, atNs: 0n });
    assert.ok(pending.length <= 17);
    assert.equal(pending.due(1)!.size, 1);
    let newest = 0;
    for (let due = pending.due(10_000); due !== undefined; due = pending.due(10_000)) {
      newest = due.size;
      pending.sent(due);
    }
    assert.equal(newest, 10_000);
  });
});
