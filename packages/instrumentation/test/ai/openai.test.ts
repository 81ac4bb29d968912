// Specifies what the register hook records of OpenAI's and Anthropic's clients, beside other instrumentations of them, too. The applications know nothing of
// audit; the services are local.

import assert from "node:assert/strict";
import { cp, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { apps, runApp } from "../kit/app.ts";
import { startFakeAiService } from "../kit/fake-ai-service.ts";
import { tempFolder } from "../kit/fixture.ts";
import type { SeenRecord } from "../kit/otlp-receiver.ts";

const told = (records: readonly SeenRecord[]) =>
  records.map(({ event, attributes: a }) => [event, a["audit.outcome"], a["audit.target.id"], a["gen_ai.response.id"]]);
const CHAT = ["ai.inference", "success", "fake-1", "chatcmpl-1"];
const RESPONSE = ["ai.inference", "success", "fake-1", "resp_1"];
const FACTS = {
  ...{ "gen_ai.provider.name": "openai", "gen_ai.request.model": "fake-1", "gen_ai.response.model": "fake-1-2026" },
  ...{ "gen_ai.usage.input_tokens": 12, "gen_ai.usage.output_tokens": 34, "gen_ai.usage.cache_read.input_tokens": 5 },
};

test("openai 7: each call is one event with model, tokens, finish reasons and digests, also when it is streamed", async (t) => {
  const calls = [
    "chat",
    "chatStream",
    "responses",
    "responsesStream",
    "chatRunner",
    "withResponse",
    "tee",
    "embeddings",
    "listing",
  ];
  const records = await runApp(t, ["ai/openai.js", await startFakeAiService(t), ...calls]);
  const embedding = ["ai.inference", "success", "fake-1", undefined];
  assert.deepEqual(told(records), [CHAT, CHAT, RESPONSE, RESPONSE, CHAT, CHAT, CHAT, embedding]);
  const [chat, streamed, responses, responsesStreamed] = records.map(({ attributes }) => attributes);
  assert.partialDeepStrictEqual(
    { ...chat },
    {
      ...FACTS,
      "gen_ai.response.finish_reasons": ["tool_calls"],
      "gen_ai.operation.name": "chat",
      "gen_ai.request.temperature": 0.5,
    },
  );
  assert.match(String(chat!["proofline.input.digest"]), /^hmac-sha256:/);
  assert.match(String(chat!["proofline.output.digest"]), /^hmac-sha256:/);
  assert.partialDeepStrictEqual({ ...streamed }, { ...FACTS, "gen_ai.response.finish_reasons": ["tool_calls"] });
  assert.equal(streamed!["proofline.input.digest"], chat!["proofline.input.digest"]);
  assert.partialDeepStrictEqual({ ...responses }, { ...FACTS, "gen_ai.response.finish_reasons": ["completed"] });
  assert.equal(responsesStreamed!["proofline.output.digest"], responses!["proofline.output.digest"]);
  assert.ok(!/example\.com|sk-none/.test(JSON.stringify(records)), "no content is in any record");
});

test("openai 7: a failure has the error's type; a stream that is left has an unknown outcome; a bare response its status", async (t) => {
  const records = await runApp(t, ["ai/openai.js", await startFakeAiService(t), "missing", "leave", "bare"]);
  assert.deepEqual(
    records.map(({ attributes: a }) => [a["audit.outcome"], a["error.type"], a["http.response.status_code"]]),
    [
      ["failure", "NotFoundError", 404],
      ["unknown", undefined, undefined],
      ["success", undefined, 200],
    ],
  );
});

test("openai: from CommonJS, and version 6, the same", async (t) => {
  const url = await startFakeAiService(t);
  assert.deepEqual(told(await runApp(t, ["ai/openai.cjs", url])), [RESPONSE]);
  const folder = await tempFolder(t);
  await mkdir(join(folder, "node_modules"));
  await symlink(join(apps, "../../node_modules/openai6"), join(folder, "node_modules/openai"));
  await cp(join(apps, "ai/openai.js"), join(folder, "app.mjs"));
  const records = await runApp(t, [join(folder, "app.mjs"), url, "chat", "responsesStream", "withResponse", "tee", "missing"]);
  const missing = ["ai.inference", "failure", "missing", undefined];
  assert.deepEqual(told(records), [CHAT, RESPONSE, CHAT, CHAT, missing]);
  assert.partialDeepStrictEqual({ ...records[0]!.attributes }, FACTS);
});

test("@anthropic-ai/sdk: its own spans are events, one a call, without its HTTP requests", async (t) => {
  const records = await runApp(t, ["ai/anthropic.js", await startFakeAiService(t)]);
  assert.deepEqual(told(records), [
    ["ai.inference", "success", "fake-1", "msg_1"],
    ["ai.inference", "failure", "missing", undefined],
  ]);
  assert.partialDeepStrictEqual(
    { ...records[0]!.attributes },
    {
      ...{ "gen_ai.provider.name": "anthropic", "gen_ai.usage.input_tokens": 12, "gen_ai.usage.output_tokens": 34 },
      ...{ "proofline.derivation.scope": "com.anthropic.sdk.typescript", "gen_ai.response.model": "fake-1-2026" },
    },
  );
  assert.equal(records[1]!.attributes["error.type"], "404");
});
