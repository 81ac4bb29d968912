import assert from "node:assert/strict";
import { test } from "node:test";
import { type Action, compilePolicy, defaultPolicy, parsePolicy, type RedactionEntry } from "../src/index.ts";

const key = new Uint8Array(32).fill(7);
const redactor = compilePolicy(defaultPolicy, { key });

function run(value: unknown, o = redactor): [unknown, [path: string, rule: string, action: Action][]] {
  const out: RedactionEntry[] = [];
  const after = o.value(value, "body", out);
  for (const entry of out) assert.equal(entry.policy, o.version);
  return [after, out.map(({ path, rule, action }) => [path, rule, action])];
}

const TOKEN = /^tok_[A-Za-z0-9_-]{22}$/;

test("a key rule replaces the whole value, of any type, in maps, objects and lists at any depth", () => {
  const [after, entries] = run(new Map([["a", [{ password: "x" }, { deep: new Map<string, unknown>([["apiKey", [1, 2]]]) }]]]));
  assert.deepEqual(after, new Map([["a", [{ password: "***" }, { deep: new Map([["apiKey", "***"]]) }]]]));
  assert.deepEqual(entries, [
    ["body.a.0.password", "password", "mask"],
    ["body.a.1.deep.apiKey", "api_key", "mask"],
  ]);
});

test("null and empty strings say nothing and stay, under key rules and content rules", () => {
  const value = { password: null, token: "", secret: undefined, "gen_ai.input.messages": "" };
  assert.equal(run(value)[0], value);
});

test("what is not touched is the same object; what is beside a change is shared", () => {
  const list = [1, "two", { three: 3n }];
  const value = new Map<string, unknown>([
    ["list", list],
    ["n", Number.NaN],
    ["email", "a@b.co"],
  ]);
  const [after] = run(value);
  assert.notEqual(after, value);
  assert.equal((after as typeof value).get("list"), list);
  assert.equal(value.get("email"), "a@b.co", "the original is not changed");
});

test("objects of classes that it does not know are left alone, unless a key covers them", () => {
  class Double {
    readonly value = 1.5;
  }
  const value = { amount: new Double(), when: new Date(0) };
  assert.equal(run(value)[0], value);
  assert.deepEqual(run({ token: new Double() })[0], { token: "***" });
});

test("tokens compare across fields and spellings, and differ between kinds", () => {
  const [after] = run({
    a: "x@Example.COM",
    b: "to x@example.com!",
    c: "4111 1111 1111 1111",
    d: "4111-1111-1111-1111",
    e: 4111111111111111,
  });
  const { a, b, c, d, e } = after as Record<string, string>;
  assert.match(a!, TOKEN);
  assert.equal(b, `to ${a}!`);
  assert.match(c!, TOKEN);
  assert.equal(d, c);
  assert.equal(e, c);
  assert.notEqual((run({ x: "X@example.com" })[0] as { x: string }).x, a, "the local part keeps its case");
});

test("without a key nothing is hashed: token and digest become mask, and the entries say mask", () => {
  const [after, entries] = run({ mail: "a@b.co", "gen_ai.prompt": "hello" }, compilePolicy(defaultPolicy, {}));
  assert.deepEqual(after, { mail: "***", "gen_ai.prompt": "***" });
  assert.deepEqual(entries, [
    ["body.mail", "email", "mask"],
    ["body.gen_ai.prompt", "content", "mask"],
  ]);
});

test("drop removes the entry, and a match inside a string", () => {
  const policy = parsePolicy({
    keys: [{ names: ["salary"], action: "drop", rule: "pay" }],
    values: [{ detect: ["email"], action: "drop" }],
  });
  const dropping = compilePolicy(policy, {});
  const [after, entries] = run({ salary: 1, note: "by a@b.co today", list: ["a@b.co"] }, dropping);
  assert.deepEqual(after, { note: "by  today", list: [""] });
  assert.deepEqual(entries, [
    ["body.salary", "pay", "drop"],
    ["body.note", "email", "drop"],
    ["body.list.0", "email", "drop"],
  ]);
  for (const [before, expected] of [
    ['{"salary":1}', "{}"],
    ['{ "salary" : 1 , "a":2}', '{  "a":2}'],
    ['{"a":2, "salary":{"b":[1]}}', '{"a":2}'],
    ['{"a":1.0,"salary":1,"salary":2,"b":3}', '{"a":1.0,"b":3}'],
    ['{"salary":1,"baseSalary":2}', "{}"],
  ] as const) {
    assert.equal(run(before, dropping)[0], expected);
  }
});

test("prompts, outputs and tool arguments become a keyed digest with their size; a policy can keep them", () => {
  const messages = [{ role: "user", content: "hello a@b.co" }];
  const [after, entries] = run({
    "gen_ai.input.messages": messages,
    "gen_ai.prompt.name": "greeting",
    "gen_ai.prompt.0.content": "hi",
  });
  const digested = after as Record<string, string>;
  assert.match(digested["gen_ai.input.messages"]!, /^hmac-sha256:[A-Za-z0-9_-]{43}:42$/);
  assert.match(digested["gen_ai.prompt.0.content"]!, /^hmac-sha256:[A-Za-z0-9_-]{43}:2$/);
  assert.equal(digested["gen_ai.prompt.name"], "greeting");
  assert.deepEqual(entries[0], ["body.gen_ai.input.messages", "content", "digest"]);
  const keeping = compilePolicy(parsePolicy({ content: "keep" }), { key });
  const [kept] = run({ "gen_ai.input.messages": messages }, keeping);
  assert.match(JSON.stringify(kept), /"content":"hello tok_/, "the other rules still hold");
});

test("a key that holds an address is renamed; two that become the same are numbered; order is kept", () => {
  const [after, entries] = run(
    new Map<string, unknown>([
      ["first", 1],
      ["a@b.co", 2],
      ["a@B.CO", "x"],
      ["last", 3],
    ]),
  );
  const names = [...(after as Map<string, unknown>).keys()];
  assert.match(names[1]!, TOKEN);
  assert.deepEqual(names, ["first", names[1], `${names[1]}#2`, "last"]);
  assert.deepEqual(entries, [
    [`body.${names[1]}`, "email", "token"],
    [`body.${names[1]}#2`, "email", "token"],
  ]);
  const [text] = run('{"a@b.co":1,"a@b.co":2}');
  assert.equal(text, `{"${names[1]}":1,"${names[1]}#2":2}`);
});

test("a key named __proto__ is a key like any other", () => {
  const value = JSON.parse('{"__proto__":{"password":"x"},"b":1}') as object;
  const [after, entries] = run(value);
  assert.equal(JSON.stringify(after), '{"__proto__":{"password":"***"},"b":1}');
  assert.deepEqual(entries, [["body.__proto__.password", "password", "mask"]]);
});

test("several matches of a rule in one string are one entry", () => {
  assert.deepEqual(run("a@b.co, c@d.eu, 123-45-6789")[1], [
    ["body", "email", "token"],
    ["body", "ssn", "mask"],
  ]);
});

test("where two matches overlap the earliest wins, then the longest, and nothing of the other survives", () => {
  const masking = compilePolicy(defaultPolicy, {});
  assert.equal(run("https://u:eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln@host/", masking)[0], "https://u:***@host/");
  const [after] = run("a@b.co@secret.example.com", masking);
  assert.doesNotMatch(String(after), /secret|example/);
});

test("bytes that are text are read as text; other bytes are left alone", () => {
  const text = new TextEncoder().encode('{"password":"hunter2"}');
  assert.deepEqual(run(text)[0], new TextEncoder().encode('{"password":"***"}'));
  const binary = Uint8Array.of(0xff, 0xfe, 1, 2, 3, 4, 5);
  assert.equal(run(binary)[0], binary);
});

test("whole numbers that are card numbers are replaced; times in nanoseconds are not", () => {
  const value = { ns: 1732137243123456789n, ms: 1732137243123, big: 12345678901234567890123n };
  assert.equal(run(value)[0], value);
  assert.deepEqual(run({ n: 4111111111111111n })[1], [["body.n", "card", "token"]]);
});

test("what is deeper than 128 levels is masked whole, however deep it is", () => {
  let deep: unknown = "a@b.co";
  for (let level = 0; level < 50_000; level++) deep = level % 2 === 0 ? [deep] : { a: deep };
  const [after, entries] = run(deep);
  assert.doesNotMatch(JSON.stringify(after), /a@b/);
  assert.deepEqual(
    entries.map(([, rule, action]) => [rule, action]),
    [["too_deep", "mask"]],
  );
  assert.equal(run({ token: deep })[1].length, 1);
  assert.match(String((run({ "gen_ai.prompt": deep })[0] as Record<string, string>)["gen_ai.prompt"]), /^hmac-sha256:/);
});

test("long keys are shortened in paths", () => {
  const [, entries] = run({ ["k".repeat(5000)]: { password: "x" } });
  assert.equal(entries[0]![0].length, "body.".length + 129 + ".password".length);
});

test("a rule's own name stands in the entries; the first rule that hits decides", () => {
  const policy = parsePolicy({ keys: [{ names: ["pass"], allow: ["pass_rate"], action: "token", rule: "passes" }, "default"] });
  const [after, entries] = run(
    { password: "x", pass_rate: 0.5, testPassRate: 1, "pass-rate-token": 2 },
    compilePolicy(policy, { key }),
  );
  const { password, ...rest } = after as Record<string, unknown>;
  assert.match(String(password), TOKEN);
  assert.deepEqual(rest, { pass_rate: 0.5, testPassRate: 1, "pass-rate-token": "***" });
  assert.deepEqual(entries, [
    ["body.password", "passes", "token"],
    ["body.pass-rate-token", "token", "mask"],
  ]);
});
