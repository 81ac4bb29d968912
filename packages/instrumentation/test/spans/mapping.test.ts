// Specifies the table from spans to events: today's and last year's names of each project lead to the same event.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SpanKind } from "@opentelemetry/api";
import fc from "fast-check";
import { factsOf } from "../../src/spans/facts.ts";
import { derive } from "../../src/spans/mapping.ts";
import { statementShape } from "../../src/spans/statement-shape.ts";
import { digestOf, withDigest } from "../../src/spans/values-digest.ts";

type Attributes = Record<string, unknown>;
const of = (attributes: Attributes, name = "span", kind = SpanKind.INTERNAL) => derive({ name, kind, scope: "test", attributes });
const client = (attributes: Attributes) => of(attributes, "call", SpanKind.CLIENT);
const measure = (value: unknown) =>
  value === undefined ? undefined : { bytes: JSON.stringify(value).length, digest: "hmac-sha256:x" };
const facts = (attributes: Attributes, content = false) => factsOf(attributes, { measure, content });

describe("a model's inference", () => {
  const spans: readonly (readonly [string, Attributes, string])[] = [
    ["OpenTelemetry", { "gen_ai.operation.name": "chat", "gen_ai.request.model": "m" }, "span"],
    [
      "OpenTelemetry of a year ago",
      { "gen_ai.operation.name": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "m" },
      "span",
    ],
    ["the AI SDK before 7", { "ai.operationId": "ai.generateText.doGenerate", "ai.model.id": "m" }, "ai.generateText.doGenerate"],
    ["OpenInference", { "openinference.span.kind": "LLM", "llm.model_name": "m" }, "OpenAI Chat Completions"],
    ["Traceloop", { "llm.request.type": "chat", "gen_ai.request.model": "m" }, "openai.chat"],
  ];
  for (const [who, attributes, name] of spans)
    test(`is recognised in the words of ${who}`, () => {
      assert.deepEqual(of(attributes, name), {
        ...{ kind: "inference", event: "ai.inference", action: "EXECUTE", sideEffects: false },
        target: { id: "m", type: "gen_ai.model" },
      });
      assert.equal(facts(attributes)["gen_ai.request.model"], "m");
    });

  test("is one event an outer and an inner span of the AI SDK share", () => {
    assert.equal(of({ "ai.operationId": "ai.generateText", "ai.model.id": "m" }), undefined);
  });

  test("says model, tokens and finish reason under today's names, whoever said it", () => {
    const openInference = { "llm.token_count.prompt": 12, "llm.token_count.completion": 34, "llm.provider": "openai" };
    assert.partialDeepStrictEqual(facts(openInference), {
      "gen_ai.usage.input_tokens": 12,
      "gen_ai.usage.output_tokens": 34,
      "gen_ai.provider.name": "openai",
    });
    assert.deepEqual(facts({ "ai.response.finishReason": "stop" })["gen_ai.response.finish_reasons"], ["stop"]);
  });

  test("has its contents as size and digest only, unless the site wants them", () => {
    const attributes = {
      "gen_ai.input.messages": '[{"role":"user"}]',
      "gen_ai.output.messages": "[]",
      "gen_ai.request.model": "m",
    };
    const found = facts(attributes);
    assert.equal(found["proofline.input.digest"], "hmac-sha256:x");
    assert.ok(Number(found["proofline.output.bytes"]) > 0);
    assert.ok(!JSON.stringify(found).includes("role"));
    assert.equal(facts(attributes, true)["gen_ai.input.messages"], '[{"role":"user"}]');
  });
});

describe("a tool's call", () => {
  for (const [who, attributes, name] of [
    ["OpenTelemetry", { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "refund" }, "execute_tool refund"],
    ["MCP", { "mcp.method.name": "tools/call", "gen_ai.tool.name": "refund" }, "tools/call refund"],
    ["the AI SDK before 7", { "ai.toolCall.name": "refund" }, "ai.toolCall"],
    ["OpenInference", { "openinference.span.kind": "TOOL", "tool.name": "refund" }, "refund"],
    ["Traceloop", { "traceloop.span.kind": "tool", "traceloop.entity.name": "refund" }, "refund.tool"],
  ] as const)
    test(`has an intent and an outcome, in the words of ${who}`, () => {
      const found = of(attributes, name);
      assert.equal(found?.event, "ai.tool_call");
      assert.deepEqual(found?.target, { id: "refund", type: "gen_ai.tool" });
      assert.equal(found?.sideEffects, true);
      assert.equal(facts(attributes)["gen_ai.tool.name"], "refund");
    });
});

describe("data", () => {
  test("that is changed is an event, that is read is none", () => {
    const sql = (statement: string) =>
      client({ "db.system.name": "postgresql", "db.namespace": "shop", "db.query.text": statement });
    assert.deepEqual(sql("UPDATE invoices SET state = $1"), {
      ...{ kind: "database", event: "db.change", action: "UPDATE", sideEffects: false },
      target: { id: "shop", type: "db.postgresql" },
    });
    for (const [statement, action] of [
      ["insert into x values (1)", "CREATE"],
      ["  DELETE FROM x", "DELETE"],
      ["DROP TABLE x", "DELETE"],
      ["GRANT ALL ON x TO y", "UPDATE"],
    ] as const)
      assert.equal(sql(statement)?.action, action, statement);
    for (const statement of ["SELECT 1", "BEGIN", "show tables", ""]) assert.equal(sql(statement), undefined, statement);
    assert.equal(client({ "db.system": "mongodb", "db.operation": "insert", "db.mongodb.collection": "c" })?.target?.id, "c");
    assert.equal(client({ "db.system.name": "redis", "db.operation.name": "SET" })?.action, "WRITE");
  });

  test("that is sent to a cloud or over HTTP likewise", () => {
    const aws = (method: string) => client({ "rpc.system": "aws-api", "rpc.service": "DynamoDB", "rpc.method": method });
    assert.deepEqual(aws("PutItem")?.target, { id: "DynamoDB.PutItem", type: "aws.operation" });
    assert.equal(aws("DeleteItem")?.action, "DELETE");
    assert.equal(aws("GetItem"), undefined);
    const http = (method: string) =>
      client({ "http.request.method": method, "url.full": "https://u:p@api.example.com/a?token=1" });
    assert.equal(http("POST")?.target?.id, "POST https://api.example.com/a");
    assert.equal(http("GET"), undefined);
  });
});

describe("a statement's shape", () => {
  const shapes: readonly (readonly [string, string, string])[] = [
    ["postgresql", "UPDATE users SET mail = 'a@b.c' WHERE id = 7 -- ann", "UPDATE users SET mail = ? WHERE id = ?"],
    ["postgresql", 'select "Name" from t where a=$1 and b=$2', 'select "Name" from t where a=$1 and b=$2'],
    ["postgresql", "insert into t values ($$it's$$, $tag$x$tag$, E'\\'', 0x1F, 1.5e3)", "insert into t values (?, ?, ?, ?, ?)"],
    ["mysql", 'INSERT INTO t1 VALUES ("ann", 7) /* why */', "INSERT INTO t1 VALUES (?, ?)"],
    ["mongodb", '{"insert":"users","documents":[{"mail":"a@b.c"}]}', '{"insert":"?","documents":[{"mail":"?"}]}'],
    ["redis", "SET user:ann secret", "SET"],
  ];
  for (const [system, statement, shape] of shapes)
    test(`of ${system}: ${shape}`, () => assert.equal(statementShape(statement, system), shape));

  test("never holds what stood between quotes, in any statement", () => {
    const secret = fc.stringMatching(/^[a-z]{6,12}$/).map((word) => `zq${word}`);
    const filler = fc.constantFrom(" ", ", ", " and ", "(", ")", " = ", "7", "-- x\n", "/* y */", "$1", "tbl");
    fc.assert(
      fc.property(fc.array(filler, { maxLength: 8 }), secret, fc.array(filler, { maxLength: 8 }), (before, word, behind) => {
        const shape = statementShape(`${before.join("")}'${word}'${behind.join("")}`, "postgresql");
        return !shape.includes(word);
      }),
    );
  });

  test("is there for any text at all, and is bounded", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 5000 }),
        fc.constantFrom("mysql", "redis", ""),
        (s, system) => statementShape(s, system).length <= 2000,
      ),
    );
  });

  test("carries the values' digest in a comment where nothing else can", () => {
    const digest = `hmac-sha256:${"A".repeat(43)}`;
    assert.deepEqual(digestOf(withDigest("INSERT INTO t VALUES (?)", digest)), { statement: "INSERT INTO t VALUES (?)", digest });
    assert.deepEqual(digestOf("SELECT 1 /* values no */"), { statement: "SELECT 1 /* values no */", digest: undefined });
  });
});
