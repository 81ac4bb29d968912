// What of the chart can be checked without Helm: its values against its schema, its README against its values, its copies against
// what they are copies of. With Helm: test/real/scenarios/helm.ts.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { CHART, COPIES, type Json, readText, valueRows, withReceiver, withTable } from "./chart.ts";

const schema = JSON.parse(readText("helm/proofline/values.schema.json")) as Json;
const receiver = JSON.parse(readText("docs/config.schema.json")) as Json;
const values = readText("helm/proofline/values.yaml");
const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);
const RENEW = "run `node test/deploy/update-chart.ts`";

type Tree = Record<string, unknown>;

/** The default values with others laid over them, as Helm does it. */
function valuesWith(over: Tree): Tree {
  return merged(parse(values) as Tree, over);
}

function merged(base: Tree, over: Tree): Tree {
  const result: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const old = result[key];
    result[key] = isTree(old) && isTree(value) ? merged(old, value) : value;
  }
  return result;
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refusals(over: Tree): string[] {
  validate(valuesWith(over));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** Every key of the values' schema, as `a.b`, as far as it is a closed object; what the receiver's own schema describes is one key. */
function schemaKeys(node: Json, prefix = ""): string[] {
  return Object.entries(node.properties ?? ({} as Json)).flatMap(([key, child]) => {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    const inner = child === undefined ? [] : schemaKeys(child, path);
    return [path, ...inner];
  });
}

describe("the chart's values", () => {
  test("the defaults are what the schema wants, but for the log's name, which somebody must choose", () => {
    assert.deepEqual(refusals({}), [
      "/log/prefix must NOT have fewer than 1 characters",
      `/log/prefix must match pattern "${schema.properties!.log!.properties!.prefix!.pattern as unknown as string}"`,
    ]);
    assert.deepEqual(refusals({ log: { prefix: "audit.example.com/prod" } }), []);
  });

  for (const name of readdirSync(join(CHART, "ci")))
    test(`ci/${name} is what the schema wants`, () => {
      assert.deepEqual(refusals(parse(readText("helm/proofline/ci", name)) as Tree), []);
    });

  test("every value has a line that says what it is for, and a place in the schema", () => {
    const known = new Set(schemaKeys(schema));
    const rows = valueRows(values);
    assert.ok(rows.length > 80);
    assert.deepEqual(
      rows.filter(({ key }) => !known.has(key)).map(({ key }) => key),
      [],
    );
    const documented = rows.map(({ key }) => key);
    const covered = (key: string) =>
      documented.some((one) => one === key || one.startsWith(`${key}.`) || key.startsWith(`${one}.`));
    assert.deepEqual(
      [...known].filter((key) => !covered(key) && key !== "global"),
      [],
      "in the schema, but not among the values",
    );
  });

  test("the README's table is made from them", () => {
    const readme = readText("helm/proofline/README.md");
    assert.equal(withTable(readme, values), readme, RENEW);
  });

  test("the schema of `config` is the receiver's own, less what the chart sets", () => {
    assert.deepEqual(schema, withReceiver(schema, receiver), RENEW);
  });

  for (const [from, to] of COPIES)
    test(`${to} is ${from}`, () => {
      assert.equal(readText(to), readText(from), RENEW);
    });

  test("no value is a secret: those that name one are empty", () => {
    const named = valueRows(values).filter(({ key }) => /secret/i.test(key));
    assert.ok(named.length >= 8);
    assert.deepEqual(
      named.filter(({ value }) => value !== '""' && value !== "[]").map(({ key }) => key),
      [],
    );
    assert.deepEqual(
      valueRows(values).filter(({ key }) => /(^|\.)(password|token|apiKey|secretKey|privateKey)$/i.test(key)),
      [],
    );
  });
});

describe("the chart's schema refuses", () => {
  const log = { prefix: "audit.example.com/prod" };
  const cases: readonly (readonly [string, Tree, RegExp])[] = [
    ["a key that is none", { replicaCount: 2 }, /must NOT have additional properties/],
    ["a log's name that is none", { log: { prefix: "/audit/" } }, /\/log\/prefix/],
    ["no replica", { replicas: 0 }, /\/replicas must be >= 1/],
    ["the tag `latest`", { image: { tag: "latest" } }, /\/image\/tag/],
    ["a digest that is none", { image: { digest: "sha256:abc" } }, /\/image\/digest/],
    ["a key of the receiver that is none", { config: { chekpoint: { interval: "1s" } } }, /\/config must NOT have/],
    ["a value of the receiver that cannot be", { config: { accept: "some" } }, /\/config\/accept/],
    ["the data folder, which the chart sets", { config: { data: "/tmp" } }, /\/config must NOT have/],
    ["addresses, which the chart sets", { config: { otlp: { http: "127.0.0.1:1" } } }, /\/config\/otlp must NOT have/],
    ["Loki's password in the configuration", { config: { sinks: { loki: { password_file: "x" } } } }, /\/config\/sinks\/loki/],
    ["a private key among the public ones", { verify: { keys: ["PRIVATE+KEY+a+0a1b2c3d+AAAA"] } }, /\/verify\/keys\/0/],
    ["a writer that is called as the service's own", { auth: { tokens: [{ name: "proofline.receiver" }] } }, /\/auth\/tokens/],
    ["a variable that would move the log", { extraEnv: [{ name: "PROOFLINE_LOG", value: "x" }] }, /\/extraEnv\/0\/name/],
    ["a variable out of a secret", { extraEnv: [{ name: "X", valueFrom: {} }] }, /\/extraEnv\/0/],
    ["root", { runAsUser: 0 }, /\/runAsUser/],
    ["a volume that several nodes write", { persistence: { accessMode: "ReadWriteMany" } }, /\/persistence\/accessMode/],
  ];
  for (const [what, over, message] of cases)
    test(what, () => {
      assert.match(refusals(merged({ log }, over)).join("\n"), message);
    });
});
