// Specifies when a call within a call is no event of its own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isPartOf } from "../../src/spans/nesting.ts";

const tool = (target?: string) => ({ kind: "tool", target });

test("a tool that is called by way of another layer is one call; a tool that calls another tool is two", () => {
  assert.ok(isPartOf(tool("refund"), tool("refund")));
  assert.ok(isPartOf(tool("refund"), tool("billing__refund")));
  assert.ok(isPartOf(tool("billing.refund"), tool("refund")));
  assert.ok(isPartOf(tool(), tool("refund")), "what is not named cannot be told apart");
  assert.ok(!isPartOf(tool("transfer"), tool("refund")));
  assert.ok(!isPartOf(tool("fund"), tool("refund")));
  assert.ok(!isPartOf(tool("refund"), { kind: "agent", target: "refund" }));
  assert.ok(!isPartOf(tool("refund"), undefined));
});

test("a request is part of what it carries; what a tool sends by itself is not", () => {
  const http = { kind: "http" };
  for (const kind of ["inference", "cloud", "database"]) assert.ok(isPartOf(http, { kind }));
  assert.ok(isPartOf(http, { kind: "tool", carrier: true }));
  assert.ok(!isPartOf(http, { kind: "tool" }));
  assert.ok(!isPartOf(http, { kind: "tool", carrier: false }));
});

test("a model's call within a model's call is the same call; an agent within an agent is another", () => {
  assert.ok(isPartOf({ kind: "inference" }, { kind: "inference" }));
  assert.ok(!isPartOf({ kind: "agent" }, { kind: "agent" }));
});
