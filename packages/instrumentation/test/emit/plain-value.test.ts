// Specifies emit/plain-value.ts.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { MAX_PARTS, plainValue } from "../../src/emit/plain-value.ts";

const plain = plainValue;

/** null, scalars, int64, bytes, lists, plain objects and maps of these: what the encoder can write. */
function isPlain(value: unknown): boolean {
  if (typeof value === "bigint") return BigInt.asIntN(64, value) === value;
  if (value === null || value === undefined || ["string", "number", "boolean"].includes(typeof value)) return true;
  if (typeof value !== "object") return false;
  if (value instanceof Uint8Array) return true;
  if (Array.isArray(value)) return value.every(isPlain);
  const fields = value instanceof Map ? [...value] : Object.entries(value);
  return fields.every(([key, item]) => typeof key === "string" && isPlain(item));
}

function holdsProto(value: unknown): boolean {
  return JSON.stringify(value).includes('"__proto__"');
}

describe("any value", () => {
  test("that JSON can say stays as it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const found = plainValue(value);
        if (!holdsProto(value)) assert.equal(JSON.stringify(found), JSON.stringify(value));
      }),
    );
  });

  test("is taken without an exception, and becomes what OTLP can say", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withNullPrototype: true,
      withSparseArray: true,
    });
    fc.assert(
      fc.property(anything, (value) => {
        assert.ok(isPlain(plainValue(value)));
      }),
      { numRuns: 500 },
    );
  });

  test("of JavaScript's own kinds becomes what a reader expects", () => {
    class Money {
      amount = 3;
      #secret = 4;
      get secret(): number {
        return this.#secret;
      }
    }
    assert.equal(plain(new Date(0)), "1970-01-01T00:00:00.000Z");
    assert.equal(plain(5n), 5);
    assert.equal(plain(2n ** 70n), (2n ** 70n).toString());
    assert.deepEqual(plain(new Map([["a", new Set([1])]])), { a: [1] });
    assert.deepEqual(plain(new Money()), { amount: 3 });
    assert.deepEqual(plain({ a: undefined, b: [undefined] }), { b: [null] });
    assert.deepEqual(plain(new TypeError("no", { cause: "x" })), { type: "TypeError", message: "no", cause: "x" });
    assert.equal(plain({ toJSON: () => "me" }), "me");
    assert.equal(plain(new URL("http://a/b")), "http://a/b");
    assert.equal(plain(Symbol("s")), "Symbol(s)");
    assert.deepEqual(plain(new Uint16Array([1])), new Uint8Array([1, 0]));
  });

  test("that bites is named, not thrown for", () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    assert.deepEqual(plain(circle), { self: "[circular]" });
    const shared = { x: 1 };
    assert.deepEqual(plain([shared, shared]), [{ x: 1 }, { x: 1 }]);
    const thrower = {
      fine: 1,
      get bad(): never {
        throw new Error("no");
      },
    };
    assert.deepEqual(plain(thrower), { fine: 1, bad: "[unreadable]" });
    assert.equal(
      plain({
        toJSON() {
          throw new Error("no");
        },
      }),
      "[unreadable]",
    );
    assert.equal(
      plain(
        new Proxy(
          {},
          {
            ownKeys() {
              throw new Error("no");
            },
          },
        ),
      ),
      "[unreadable]",
    );
    let deep: unknown = "bottom";
    for (let i = 0; i < 5000; i++) deep = [deep];
    assert.match(JSON.stringify(plain(deep)), /\[too deep\]/);
    const long = plain(Array.from({ length: MAX_PARTS * 3 }, (_, i) => i)) as unknown[];
    assert.equal(long.at(-1), "[cut]");
  });

  test("with a key __proto__ keeps it, and changes no prototype", () => {
    const value = plainValue(JSON.parse('{"__proto__":{"polluted":true},"a":1}'));
    assert.deepEqual(
      [...(value as Map<string, unknown>)],
      [
        ["__proto__", { polluted: true }],
        ["a", 1],
      ],
    );
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });
});
