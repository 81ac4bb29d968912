// Every typed helper, over the wire, against the registry's own schema.

import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { EVENT_CLASSES, type EventClass, eventSchema } from "@proofline/event";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Audit } from "../../src/audit.ts";
import { access } from "../../src/helpers/access.ts";
import { approval } from "../../src/helpers/approval.ts";
import { change, override } from "../../src/helpers/change.ts";
import { decision, delegation } from "../../src/helpers/decision.ts";
import { login } from "../../src/helpers/login.ts";
import { fixture } from "../kit/fixture.ts";
import type { SeenRecord } from "../kit/otlp-receiver.ts";

const ann = { id: "ann", type: "user" } as const;
const bot = { id: "ap-agent", type: "agent" } as const;
const invoice = { id: "4711", type: "invoice" } as const;
const redactionKey = Buffer.alloc(32, 7);
const ajv = new Ajv2020({ formats: { "date-time": true } });
const validators = new Map(EVENT_CLASSES.map((of) => [of, ajv.compile(eventSchema(of))]));

/** What arrives of what `emit` records, each checked against the schema of its class. */
async function seen(t: TestContext, of: EventClass, emit: (audit: Audit) => void): Promise<SeenRecord[]> {
  const { audit: open, receiver } = await fixture(t);
  const audit = open({ redactionKey });
  emit(audit);
  assert.equal(await audit.flush(), 0);
  for (const { event, attributes } of receiver.accepted) {
    const fits = validators.get(of)!;
    assert.ok(fits({ event, attributes: { ...attributes } }), `${event}: ${ajv.errorsText(fits.errors)}`);
  }
  return receiver.accepted;
}

const only = (records: readonly SeenRecord[]): SeenRecord => {
  assert.equal(records.length, 1);
  return records[0]!;
};

describe("the registry", () => {
  test("has a schema for each class, whose id names class and version", () => {
    assert.deepEqual(
      EVENT_CLASSES.map((of) => eventSchema(of).$id),
      ["login", "access", "change", "approval", "override", "decision", "delegation"].map((of) => `urn:proofline:event:1:${of}`),
    );
  });

  test("refuses an event whose actor, outcome or own required attribute is missing", () => {
    const whole = {
      "audit.schema.version": "1",
      "audit.actor.id": "ann",
      "audit.actor.type": "user",
      "audit.action": "OVERRIDE",
      "audit.outcome": "success",
      "audit.target.id": "4711",
      "proofline.event.class": "override",
      "proofline.reason": "supplier confirmed by phone",
    };
    const fits = validators.get("override")!;
    assert.ok(fits({ event: "decision.overridden", attributes: whole }));
    for (const name of Object.keys(whole)) {
      const { [name as keyof typeof whole]: _gone, ...rest } = whole;
      assert.equal(fits({ event: "decision.overridden", attributes: rest }), false, name);
    }
  });
});

describe("login", () => {
  test("leaves user.login with how, or user.logout", async (t) => {
    const [inside, outside] = await seen(t, "login", (audit) => {
      login({ audit, actor: ann, outcome: "failure", method: "password", mfa: false, source: { id: "10.0.0.7", type: "ipv4" } });
      login({ audit, actor: ann, outcome: "success", action: "LOGOUT" });
    });
    assert.equal(inside!.event, "user.login");
    assert.equal(inside!.attributes["audit.action"], "LOGIN");
    assert.equal(inside!.attributes["audit.outcome"], "failure");
    assert.equal(inside!.attributes["proofline.login.method"], "password");
    assert.equal(inside!.attributes["proofline.login.mfa"], false);
    assert.equal(outside!.event, "user.logout");
    assert.equal(outside!.attributes["audit.action"], "LOGOUT");
  });
});

describe("access", () => {
  test("says what was read, of it which fields, how many, and what for", async (t) => {
    const record = only(
      await seen(t, "access", (audit) =>
        access({ audit, actor: ann, outcome: "success", target: invoice, fields: ["amount"], count: 3, purpose: "audit" }),
      ),
    );
    assert.equal(record.event, "data.accessed");
    assert.deepEqual(record.attributes["proofline.access.fields"], ["amount"]);
    assert.equal(record.attributes["proofline.access.count"], 3);
    assert.equal(record.attributes["proofline.access.purpose"], "audit");
  });
});

describe("change", () => {
  test("records of two objects the fields that differ, redacted", async (t) => {
    const record = only(
      await seen(t, "change", (audit) =>
        change({
          ...{ audit, actor: ann, outcome: "success", target: invoice },
          old: { state: "refused", amount: 10, lines: [1, 2], password: "old secret" },
          new: { state: "approved", amount: 10, lines: [1, 2], password: "new secret" },
        }),
      ),
    );
    assert.equal(record.attributes["audit.action"], "UPDATE");
    assert.deepEqual(record.attributes["proofline.change.fields"], ["state", "password"]);
    assert.deepEqual({ ...(record.attributes["proofline.change.old"] as object) }, { state: "refused", password: "***" });
    assert.deepEqual({ ...(record.attributes["proofline.change.new"] as object) }, { state: "approved", password: "***" });
  });

  test("is CREATE without an old value and DELETE without a new one", async (t) => {
    const records = await seen(t, "change", (audit) => {
      change({ audit, actor: ann, outcome: "success", target: invoice, new: { a: 1 } });
      change({ audit, actor: ann, outcome: "success", target: invoice, old: "x" });
    });
    assert.deepEqual(
      records.map(({ attributes }) => attributes["audit.action"]),
      ["CREATE", "DELETE"],
    );
  });
});

describe("approval", () => {
  const subject = { tool: "refund", arguments: { invoice: "4711", amount: 12 } };

  test("is followed from asking to executing by one id and one digest, also through JSON", async (t) => {
    const records = await seen(t, "approval", (audit) => {
      const asked = approval.asked({ audit, actor: bot, target: invoice, subject, expires: new Date("2026-11-22T00:00:00Z") });
      const kept = JSON.parse(JSON.stringify(asked)) as typeof asked;
      approval.granted({ audit, actor: ann, approval: kept, reason: "amount is small" });
      const reordered = { arguments: { amount: 12, invoice: "4711" }, tool: "refund" };
      assert.equal(approval.matches(kept, reordered, audit), true);
      assert.equal(approval.executed({ audit, actor: bot, approval: kept, subject: reordered }), true);
    });
    assert.deepEqual(
      records.map(({ event, attributes }) => [event, attributes["audit.action"], attributes["audit.outcome"]]),
      [
        ["approval.requested", "REVIEW", "success"],
        ["approval.granted", "APPROVE", "success"],
        ["approval.executed", "EXECUTE", "success"],
      ],
    );
    for (const name of ["proofline.approval.id", "proofline.approval.subject.digest"])
      assert.equal(new Set(records.map(({ attributes }) => attributes[name])).size, 1, name);
    assert.equal(records[1]!.attributes["proofline.approval.approver.id"], "ann");
    assert.equal(records[1]!.attributes["proofline.approval.expires"], "2026-11-22T00:00:00.000Z");
    assert.ok(!JSON.stringify(records).includes("refund"), "the subject itself is not recorded");
  });

  test("says when what is executed is not what was approved: a failure, with the digest of what was executed", async (t) => {
    const records = await seen(t, "approval", (audit) => {
      const asked = approval.asked({ audit, actor: bot, subject });
      const other = { ...subject, arguments: { invoice: "4711", amount: 12_000 } };
      assert.equal(approval.executed({ audit, actor: bot, approval: asked, subject: other }), false);
    });
    const [asked, executed] = records.map(({ attributes }) => attributes);
    assert.equal(executed!["audit.outcome"], "failure");
    assert.equal(executed!["proofline.approval.subject.matches"], false);
    assert.notEqual(executed!["proofline.approval.subject.digest"], asked!["proofline.approval.subject.digest"]);
    assert.equal(executed!["proofline.reason"], "what was executed is not what was approved");
  });

  test("may be refused or run out", async (t) => {
    const records = await seen(t, "approval", (audit) => {
      const asked = approval.asked({ audit, actor: bot, subject, approvalId: "call_1" });
      approval.refused({ audit, actor: ann, approval: asked });
      approval.expired({ audit, actor: { id: "scheduler", type: "system" }, approval: asked });
    });
    assert.deepEqual(
      records.map(({ event, attributes }) => [event, attributes["proofline.approval.id"]]),
      [
        ["approval.requested", "call_1"],
        ["approval.refused", "call_1"],
        ["approval.expired", "call_1"],
      ],
    );
  });

  test("cannot compare without a redaction key, and says neither yes nor no", async (t) => {
    const { audit: open } = await fixture(t);
    const audit = open();
    const asked = approval.asked({ audit, actor: bot, subject });
    assert.equal(asked.digest, undefined);
    assert.equal(approval.executed({ audit, actor: bot, approval: asked, subject: "another" }), undefined);
  });
});

describe("override", () => {
  test("names what was set aside, by whom and why", async (t) => {
    const record = only(
      await seen(t, "override", (audit) =>
        override({
          ...{ audit, actor: ann, outcome: "success", target: invoice, old: "block", new: "allow" },
          ...{ reason: "supplier confirmed", of: "dec-1", policy: { id: "four-eyes", version: "3" } },
        }),
      ),
    );
    assert.equal(record.event, "decision.overridden");
    assert.equal(record.attributes["audit.action"], "OVERRIDE");
    assert.equal(record.attributes["proofline.override.of"], "dec-1");
    assert.equal(record.attributes["proofline.policy.version"], "3");
  });
});

describe("decision", () => {
  test("records the verdict with digests of what went in and came out", async (t) => {
    const record = only(
      await seen(t, "decision", (audit) =>
        decision({
          ...{ audit, actor: bot, verdict: "block", decisionId: "dec-1", automated: true, confidence: 0.25, model: "risk-2" },
          ...{ policy: { id: "aml" }, input: { amount: 12 }, output: "block" },
        }),
      ),
    );
    assert.equal(record.attributes["proofline.decision.outcome"], "block");
    assert.equal(record.attributes["audit.outcome"], "success");
    assert.equal(record.attributes["gen_ai.request.model"], "risk-2");
    assert.match(String(record.attributes["proofline.input.digest"]), /^hmac-sha256:/);
    assert.equal(record.attributes["proofline.output.bytes"], '"block"'.length);
  });
});

describe("delegation", () => {
  test("says who let whom do what until when", async (t) => {
    const [given, taken] = await seen(t, "delegation", (audit) => {
      delegation({ audit, actor: ann, to: bot, scope: ["invoice.approve"], expires: new Date("2026-12-01T00:00:00Z") });
      delegation({ audit, actor: ann, to: bot, action: "REVOKE" });
    });
    assert.equal(given!.event, "authority.delegated");
    assert.equal(given!.attributes["proofline.delegation.to.id"], "ap-agent");
    assert.deepEqual(given!.attributes["proofline.delegation.scope"], ["invoice.approve"]);
    assert.equal(taken!.event, "authority.revoked");
  });
});

describe("every helper", () => {
  test("takes an event name, attributes and a time of one's own, and commits", async (t) => {
    const { audit: open, receiver } = await fixture(t);
    const audit = open();
    const receipt = await override.commit({
      ...{ audit, event: "invoice.overridden", actor: ann, outcome: "success", target: invoice, reason: "because" },
      ...{ attributes: { "invoice.amount": 12 }, time: 1_763_680_443_120, workflow: "ap" },
    });
    const record = only(receiver.accepted);
    assert.equal(record.id, receipt.id);
    assert.equal(record.event, "invoice.overridden");
    assert.equal(record.attributes["invoice.amount"], 12);
    assert.equal(record.attributes["proofline.event.class"], "override");
    assert.equal(record.timeNs, "1763680443120000000");
    assert.equal(record.attributes["proofline.workflow.id"], "ap");
  });

  test("keeps and counts an event without an actor or an outcome", async (t) => {
    const { audit: open, receiver } = await fixture(t);
    const audit = open();
    const untyped = login as unknown as (fields: object) => void;
    untyped({ audit });
    assert.equal(await audit.flush(), 0);
    assert.equal(receiver.accepted.length, 1);
    assert.equal(audit.stats().incomplete, 1);
  });
});
