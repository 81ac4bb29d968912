// The page of keys and the schema for editors are what the code says they are.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { configSchema, environmentName, formatConfigPage, formatConfigSchema, keyTable } from "@proofline/receiver";
import { fastify } from "fastify";
import { parse } from "yaml";

const read = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8");

/** Whether a configuration, as YAML, is one by the schema. Fastify has a validator of JSON Schema in it. */
async function accepts(yaml: string): Promise<boolean> {
  const app = fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false, strict: false } } });
  app.post("/", { schema: { body: configSchema() } }, () => "ok");
  const answer = await app.inject({ method: "POST", url: "/", payload: parse(yaml) as object });
  await app.close();
  return answer.statusCode === 200;
}

describe("docs/configuration.md", () => {
  test("is made from the table of keys (`proofline config keys --markdown > docs/configuration.md`)", () => {
    assert.ok(read("docs/configuration.md") === formatConfigPage(), "the page is not what the code says");
  });

  test("has every key with its variable and what it is for", () => {
    const page = formatConfigPage();
    for (const { key, about, type } of keyTable()) {
      assert.ok(page.includes(`| \`${key}\` | ${type} |`), key);
      assert.ok(page.includes(`\`${environmentName(key)}\``), key);
      assert.ok(about.length > 10, key);
    }
  });
});

describe("docs/config.schema.json", () => {
  test("is made from the table of keys (`proofline config schema > docs/config.schema.json`)", () => {
    assert.ok(read("docs/config.schema.json") === formatConfigSchema(), "the schema is not what the code says");
  });

  test("accepts the configuration that is delivered, which names it", async () => {
    const delivered = read("deploy/receiver.yaml");
    assert.match(delivered, /^# yaml-language-server: \$schema=\.\.\/docs\/config\.schema\.json$/m);
    assert.ok(await accepts(delivered));
  });

  const good = [
    "{}",
    "otlp:\nsinks:\n",
    "otlp: { http: '[::]:4318', tls: { cert_file: c, key_file: k, min_version: 1.2 }, max_request_bytes: 1000000, body_timeout: 1.5m }",
    "auth: { tokens: [{ name: billing, file: f, logs: ['a/*'] }] }",
    "sinks: { loki: { url: 'http://l', labels: { a: b } } }",
    "redaction: { policy: { keys: [] } }",
  ];
  const bad = [
    "otpl: {}",
    "otlp: { http: 4318 }",
    "otlp: { htpp: '127.0.0.1:1' }",
    "accept: some",
    "create: maybe",
    "checkpoint: { interval: 1 }",
    "auth: { tokens: [{ name: billing, file: f }] }",
    "auth: { tokens: [{ name: billing, token: t, logs: [l] }] }",
    "sinks: { loki: { tenant: t } }",
  ];
  for (const yaml of good) test(`accepts ${yaml.replaceAll("\n", " ")}`, async () => assert.ok(await accepts(yaml)));
  for (const yaml of bad) test(`marks ${yaml}`, async () => assert.ok(!(await accepts(yaml))));
});
