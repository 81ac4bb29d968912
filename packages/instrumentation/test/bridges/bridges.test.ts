// Specifies the bridges from pino and winston, with the real ones.

import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { describe, type TestContext, test } from "node:test";
import { pino } from "pino";
import winston from "winston";
import { pinoAudit } from "../../src/bridges/pino.ts";
import { winstonAudit } from "../../src/bridges/winston.ts";
import { recordAudit } from "../../src/testing.ts";

const marked = {
  event: "invoice.approved",
  actor: { id: "ann", type: "user" },
  action: "APPROVE",
  outcome: "success",
  attributes: { password: "hunter2" },
} as const;

function sink(): { stream: Writable; lines: string[] } {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { stream, lines };
}

function recorder(t: TestContext): ReturnType<typeof recordAudit> {
  const found = recordAudit();
  t.after(() => found.restore());
  return found;
}

describe("a line that is marked as audit", () => {
  test("of pino is an event, and still a line; others are lines only", (t) => {
    const recorded = recorder(t);
    const { stream, lines } = sink();
    const log = pino({ hooks: pinoAudit() }, stream);
    log.info("started");
    log.warn({ audit: marked, invoice: "4711" }, "approved by %s", "ann");
    log.child({ module: "x" }).info({ audit: { ...marked, event: "other" } });
    log.debug({ audit: marked }, "below the level");
    assert.equal(lines.length, 3);
    assert.match(lines[1]!, /"invoice":"4711","msg":"approved by ann"/);
    assert.deepEqual(
      recorded.events.map(({ event }) => event),
      ["invoice.approved", "other"],
    );
    recorded.assertEvent({
      event: "invoice.approved",
      actor: { id: "ann" },
      body: "approved by %s",
      attributes: { password: "***" },
    });
  });

  test("of winston is an event, and still a line, at any level; others are lines only", (t) => {
    const recorded = recorder(t);
    const { stream, lines } = sink();
    const format = winston.format.combine(winstonAudit(), winston.format.json());
    const log = winston.createLogger({ format, transports: [new winston.transports.Stream({ stream })] });
    log.info("started");
    log.error("approved", { audit: marked });
    log.debug("below the level", { audit: marked });
    assert.equal(lines.length, 2);
    assert.deepEqual(
      recorded.events.map(({ body }) => body),
      ["approved", "below the level"],
    );
  });

  test("never fails the application's logging", (t) => {
    const recorded = recorder(t);
    const { stream, lines } = sink();
    const log = pino({ hooks: pinoAudit() }, stream);
    const hostile = {
      get event(): string {
        throw new Error("no");
      },
    };
    log.info({ audit: hostile }, "x");
    log.info({ audit: "yes" }, "y");
    assert.equal(lines.length, 2);
    recorded.assertNoEvent();
  });
});
