// Specifies that other projects' instrumentations of OpenAI's client and ours make one event a call, whichever is set up first; and that the table of mappings
// reads the spans that they really make.

import assert from "node:assert/strict";
import { test } from "node:test";
import { OpenAIInstrumentation as OpenInference } from "@arizeai/openinference-instrumentation-openai";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { OpenAIInstrumentation as Traceloop } from "@traceloop/instrumentation-openai";
import OpenAI from "openai";
import { AuditSpanProcessor } from "../src/spans/span-processor.ts";
import { beside } from "./kit/beside.ts";
import { startFakeAiService } from "./kit/fake-ai-service.ts";
import { fixture } from "./kit/fixture.ts";

for (const lib of ["traceloop", "openinference"] as const)
  for (const order of ["before", "after"] as const)
    test(`${lib}, set up ${order} us: one event a call; the application's exporter gets exactly its own spans`, (t) =>
      beside(t, lib, order));

for (const [name, Library] of [
  ["Traceloop", Traceloop],
  ["OpenInference", OpenInference],
] as const)
  test(`${name}'s real spans, without a patch of ours, lead to the same event`, async (t) => {
    const { receiver, audit } = await fixture(t);
    const instance = audit({ redactionKey: new Uint8Array(32).fill(7) });
    const library = new Library();
    library.setTracerProvider(new TracerProvider({ spanProcessors: [new AuditSpanProcessor({ audit: instance })] }) as never);
    library.manuallyInstrument(OpenAI as never);
    t.after(() => library.disable());
    const openai = new OpenAI({ apiKey: "sk-none", baseURL: `${await startFakeAiService(t)}/v1`, maxRetries: 0 });
    await openai.chat.completions.create({ model: "fake-1", messages: [{ role: "user", content: "refund ann@example.com" }] });
    assert.equal(await instance.flush(), 0);
    const [record, ...others] = receiver.accepted;
    assert.deepEqual(others, []);
    assert.partialDeepStrictEqual(
      { ...record!.attributes },
      {
        ...{ "audit.outcome": "success", "gen_ai.provider.name": "openai" },
        ...{ "gen_ai.usage.input_tokens": 12, "gen_ai.usage.output_tokens": 34 },
      },
    );
    // OpenInference has one attribute for the model that was asked for and the one that answered.
    assert.match(String(record!.attributes["gen_ai.request.model"]), /^fake-1/);
    assert.match(String(record!.attributes["proofline.input.digest"]), /^hmac-sha256:/);
    assert.ok(!JSON.stringify(record).includes("example.com"), "contents that they record are in no event");
  });
