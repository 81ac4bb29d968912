// Specifies the audit context across services: what is sent, what is read, and who is believed.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaultTextMapSetter, propagation, ROOT_CONTEXT } from "@opentelemetry/api";
import { W3CBaggagePropagator } from "@opentelemetry/core";
import fc from "fast-check";
import { fromBaggage, withBaggage } from "../../src/emit/baggage.ts";
import type { AuditContext } from "../../src/emit/context.ts";

/** As OpenTelemetry's own propagator writes it. */
function header(ctx: AuditContext): string {
  const carrier: Record<string, string> = {};
  new W3CBaggagePropagator().inject(withBaggage(ROOT_CONTEXT, ctx), carrier, defaultTextMapSetter);
  return carrier.baggage ?? "";
}

describe("the audit context in baggage", () => {
  test("comes out as it went in, through OpenTelemetry's propagator", () => {
    const ctx = {
      actor: { id: "ann@example.com", type: "user" },
      workflow: "ap;4711",
      task: "prüfen",
      run: "r,1",
      tenant: "t",
    } as const;
    assert.deepEqual(fromBaggage(header(ctx)), ctx);
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 60, unit: "grapheme" }), (workflow) => {
        assert.deepEqual(fromBaggage(header({ workflow })), { workflow });
      }),
    );
  });

  test("leaves members of others alone, on both sides", () => {
    const active = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ theirs: { value: "1" } }));
    const baggage = propagation.getBaggage(withBaggage(active, { workflow: "w" }))!;
    assert.deepEqual(
      baggage.getAllEntries().map(([name]) => name),
      ["theirs", "proofline.workflow"],
    );
    assert.deepEqual(fromBaggage("theirs=1, proofline.workflow=w;prop=x"), { workflow: "w" });
  });

  test("has no actor without a known type, and no value that is too long", () => {
    assert.deepEqual(fromBaggage("proofline.actor.id=ann"), {});
    assert.deepEqual(fromBaggage("proofline.actor.id=ann,proofline.actor.type=god"), {});
    assert.deepEqual(fromBaggage(`proofline.workflow=${"x".repeat(513)}`), {});
  });

  test("is read from any header at all without an error", () => {
    fc.assert(fc.property(fc.string(), (text) => typeof fromBaggage(text) === "object"));
    fc.assert(fc.property(fc.string(), (text) => typeof fromBaggage(`proofline.workflow=${text}`) === "object"));
  });
});
