import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compilePolicy, defaultPolicy, type Policy, PolicyError, parsePolicy, policyVersion } from "../src/index.ts";

function problemsOf(input: unknown): PolicyError {
  try {
    parsePolicy(input);
  } catch (error) {
    assert.ok(error instanceof PolicyError);
    return error;
  }
  return assert.fail("the policy was accepted");
}

test("an empty policy is the default one, and both have the same version", () => {
  assert.deepEqual(parsePolicy({}), { ...defaultPolicy });
  assert.equal(policyVersion(parsePolicy({})), policyVersion(defaultPolicy));
  assert.deepEqual(parsePolicy(null), parsePolicy({}));
  assert.match(policyVersion(defaultPolicy), /^[0-9a-f]{12}$/);
});

test("the version is that of the content: neither the order of properties nor a repeated parse changes it", () => {
  const policy = parsePolicy({ keys: [{ names: ["iban"], action: "token", rule: "bank" }], content: "keep" });
  const turned = parsePolicy({ content: "keep", keys: [{ rule: "bank", action: "token", names: ["iban"] }] });
  assert.equal(policyVersion(policy), policyVersion(turned));
  assert.equal(policyVersion(parsePolicy(policy)), policyVersion(policy));
  assert.notEqual(policyVersion(policy), policyVersion({ ...policy, version: "2" }));
  assert.notEqual(policyVersion(policy), policyVersion(defaultPolicy));
});

test("`default` in a list stands for the default rules", () => {
  const policy = parsePolicy({ keys: [{ names: ["salary"], action: "drop" }, "default"], values: ["default"] });
  assert.deepEqual(policy.keys, [{ names: ["salary"], action: "drop" }, ...defaultPolicy.keys]);
  assert.deepEqual(policy.values, defaultPolicy.values);
});

test("content is kept, or takes another action, by one word", () => {
  assert.equal(parsePolicy({ content: "keep" }).content, "keep");
  const { content } = parsePolicy({ content: "drop" });
  assert.ok(content !== undefined && content !== "keep");
  assert.equal(content.action, "drop");
  assert.ok(content.names.includes("gen_ai.input.messages"));
});

test("every problem is named with its place, its value and what was expected, all at once", () => {
  const error = problemsOf({
    keys: [{ names: ["x", "ok*", 7, "fine"], action: "tokenise" }],
    values: [
      { detect: ["e-mail"], action: "mask" },
      { detect: ["card"], action: "mask" },
      { detect: ["card"], action: "drop", rle: "x" },
    ],
    content: "sometimes",
    color: "red",
  });
  assert.deepEqual(
    error.problems.map(({ path, value }) => [path, value]),
    [
      ["color", '"color"'],
      ["keys[0].names[2]", "7"],
      ["keys[0].names[0]", '"x"'],
      ["keys[0].names[1]", '"ok*"'],
      ["keys[0].action", '"tokenise"'],
      ["values[0].detect[0]", '"e-mail"'],
      ["values[2].rle", '"rle"'],
      ["values[2].detect", '"card"'],
      ["content", '"sometimes"'],
    ],
  );
  assert.equal(error.code, "INVALID_POLICY");
  assert.equal(error.path, "color");
  assert.match(error.message, /keys\[0\]\.action: expected one of mask, token, drop, digest, found "tokenise"/);
});

test("encrypt is refused as not available yet", () => {
  const error = problemsOf({ values: [{ detect: ["email"], action: "encrypt" }] });
  assert.equal(error.path, "values[0].action");
  assert.match(error.expected, /encrypt is not available yet/);
});

test("a policy written by hand is checked when it is compiled", () => {
  const policy = { keys: [{ names: [], action: "encrypt" }], values: [] } as unknown as Policy;
  assert.throws(() => compilePolicy(policy, {}), { code: "INVALID_POLICY" });
});

test("a key that is too short is refused, and not shown", () => {
  assert.throws(() => compilePolicy(defaultPolicy, { key: new Uint8Array(16).fill(65) }), { code: "BAD_KEY", value: "16 bytes" });
});

test("whatever it is given, parsePolicy returns a policy that parses to itself, or throws PolicyError", () => {
  const shaped = fc.record(
    {
      keys: fc.array(
        fc.record(
          { names: fc.array(fc.string()), allow: fc.array(fc.string()), action: fc.constantFrom("mask", "token", "encrypt") },
          { requiredKeys: [] },
        ),
      ),
      values: fc.array(
        fc.oneof(
          fc.constant("default"),
          fc.record({ detect: fc.array(fc.constantFrom("email", "card")), action: fc.constant("drop") }),
        ),
      ),
      content: fc.oneof(fc.constant("keep"), fc.anything()),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.anything(), shaped), (input) => {
      try {
        const policy = parsePolicy(input);
        assert.deepEqual(parsePolicy(policy), policy);
        compilePolicy(policy, {});
      } catch (error) {
        assert.ok(error instanceof PolicyError, String(error));
      }
    }),
  );
});
