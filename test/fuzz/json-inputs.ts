// json-inputs.ts: hostile ExportLogsServiceRequests in JSON. Changes to values leave a text that is JSON; changes to its tokens need not.

import { randomRequest, requestToJson } from "../support/otlp.ts";
import { type Input, NEIGHBOUR } from "./input.ts";
import { Choices } from "./random.ts";

/** A value as its own text, or what it is made of. */
type Node = string | Node[] | Member[];
interface Member {
  name: string;
  value: Node;
}

const BASES = 400;
const requests: Node[] = Array.from({ length: BASES }, (_, i) => toNode(JSON.parse(requestToJson(randomRequest(i + 1)))));
const groups: Node[] = requests.flatMap((node) => find(node, '"resourceLogs"'));
const records: Node[] = groups.flatMap((group) => find(group, '"scopeLogs"')).flatMap((scope) => find(scope, '"logRecords"'));

/** Each is JSON. */
const VALUES = [
  ...["null", "true", "false", "0", "-0", "-0.0", "1e999", "-1e999", "1e-999", "1.5", "9007199254740993", "9223372036854775807"],
  ...[
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "1E+2",
  ],
  ...[
    "0.1e1",
    `1${"0".repeat(400)}`,
    `0.${"3".repeat(400)}`,
    '"NaN"',
    '"Infinity"',
    '"-Infinity"',
    '"0x10"',
    '"1e3"',
    '" 1"',
    '"+1"',
  ],
  ...[
    '""',
    '"\\u0000"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\ud83d\\ude42"',
    '"\\/\\b\\f\\n\\r\\t\\"\\\\"',
    '"\u2028\u2029"',
    '"__proto__"',
  ],
  ...[
    '"9223372036854775807"',
    '"-1"',
    '"18446744073709551616"',
    '"INFO"',
    '"AQ=="',
    '"_-8"',
    '"*"',
    '"5b8aa5a2d2c872e8321cf37308d69df2"',
  ],
  ...["[]", "{}", "[[]]", "[null]", '{"values":[]}', '{"key":"k"}', '[{"key":"k","value":{"intValue":"1","stringValue":"2"}}]'],
];
const NAMES = [
  ...[
    "timeUnixNano",
    "severityNumber",
    "body",
    "attributes",
    "traceId",
    "spanId",
    "flags",
    "eventName",
    "key",
    "value",
    "values",
    "resource",
  ],
  ...[
    "scope",
    "scopeLogs",
    "logRecords",
    "resourceLogs",
    "schemaUrl",
    "stringValue",
    "intValue",
    "doubleValue",
    "boolValue",
    "bytesValue",
  ],
  ...[
    "arrayValue",
    "kvlistValue",
    "droppedAttributesCount",
    "__proto__",
    "constructor",
    "",
    "time_unix_nano",
    "\\u0074raceId",
    "a\\ud800",
  ],
].map((name) => `"${name}"`);
/** None is JSON by itself. */
const TOKENS = [
  "{",
  "}",
  "[",
  "]",
  ":",
  ",",
  '"',
  "\\",
  "'",
  "/*x*/",
  "//",
  "NaN",
  "tru",
  "nul",
  "+1",
  "01",
  "1.",
  ".5",
  "1e",
  "-",
  "0x1",
  "\u00a0",
  "\ufeff",
  '"\\x"',
  '"\\u12"',
  '"\u0001"',
  '"\n"',
  "\u0000",
];

/** The same for the same seed. */
export function jsonInput(seed: number): Input {
  const choices = new Choices(seed);
  const kind = choices.below(8);
  if (kind < 5) {
    const record = change(choices.pick(records), choices, 1 + choices.below(3));
    return {
      encoding: "json",
      kind: "record",
      seed,
      body: bytesOf(besideNeighbours(write(record, choices)), choices, kind === 0),
    };
  }
  if (kind === 5) {
    const own = `{"scopeLogs":[{"logRecords":[${NEIGHBOUR.json}]}]}`;
    const within = write(change(choices.pick(groups), choices, 1 + choices.below(3)), choices);
    return { encoding: "json", kind: "envelope", seed, body: Buffer.from(`{"resourceLogs":[${own},${within},${own}]}`) };
  }
  const whole = write(change(choices.pick(requests), choices, 1 + choices.below(3)), choices);
  return { encoding: "json", kind: "anything", seed, body: bytesOf(damage(whole, choices), choices, kind === 6) };
}

function besideNeighbours(record: string): string {
  return `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${NEIGHBOUR.json},${record},${NEIGHBOUR.json}]}]}]}`;
}

/** Every value in it is replaced with the same small chance until the changes are made. */
function change(root: Node, choices: Choices, times: number): Node {
  let size = 1;
  count(root, () => size++);
  const marks = new Set(Array.from({ length: times }, () => choices.below(size)));
  let at = 0;
  const walk = (node: Node): Node => {
    const here = at++;
    const copy: Node =
      typeof node === "string"
        ? node
        : isMembers(node)
          ? node.map(({ name, value }) => ({ name, value: walk(value) }))
          : (node as Node[]).map(walk);
    return marks.has(here) ? changed(copy, choices) : copy;
  };
  return walk(root);
}

function changed(node: Node, choices: Choices): Node {
  const other = choices.pick(VALUES);
  switch (choices.below(8)) {
    case 0: {
      const open = choices.pick(['{"arrayValue":{"values":[', '{"kvlistValue":{"values":[{"key":"k","value":', "[", '{"x":']);
      const close = open
        .split("")
        .reverse()
        .flatMap((c) => (c === "{" ? ["}"] : c === "[" ? ["]"] : []))
        .join("");
      const levels = choices.below(100);
      return open.repeat(levels) + text(node) + close.repeat(levels);
    }
    case 1:
      return [node, other, node];
    case 2:
      return [{ name: choices.pick(NAMES), value: node }];
    case 3:
    case 4:
      if (!isMembers(node)) return other;
      return [...node, { name: choices.pick(NAMES), value: other }, ...(choices.chance(0.3) ? node : [])];
    case 5:
      if (!isMembers(node) || node.length === 0) return other;
      return node.map((member, i) => (i === 0 ? { ...member, name: choices.pick(NAMES) } : member));
    case 6:
      if (typeof node === "string") return other;
      return Array.from({ length: choices.below(100) }, () => node);
    default:
      return other;
  }
}

function write(node: Node, choices: Choices): string {
  const space = choices.chance(0.2) ? choices.pick([" ", "\n", "\t \r\n"]) : "";
  return text(node, space);
}

function text(node: Node, space = ""): string {
  if (typeof node === "string") return space + node;
  if (isMembers(node))
    return `${space}{${node.map(({ name, value }) => `${space}${name}${space}:${text(value, space)}`).join()}${space}}`;
  return `${space}[${(node as Node[]).map((one) => text(one, space)).join()}${space}]`;
}

/** Changes tokens and characters: what comes out is JSON by chance only. */
function damage(source: string, choices: Choices): string {
  let damaged = source;
  for (let times = 1 + choices.below(3); times > 0; times--) {
    const at = choices.below(damaged.length + 1);
    const end = Math.min(damaged.length, at + choices.below(8));
    switch (choices.below(4)) {
      case 0:
        damaged = damaged.slice(0, at) + choices.pick(TOKENS) + damaged.slice(at);
        break;
      case 1:
        damaged = damaged.slice(0, at) + damaged.slice(end);
        break;
      case 2:
        damaged = damaged.slice(0, at);
        break;
      default:
        damaged = damaged.slice(0, at) + choices.pick(TOKENS).repeat(choices.below(50)) + damaged.slice(end);
    }
  }
  return damaged;
}

/** @param bad some letters of texts become bytes that are no UTF-8: still within their text */
function bytesOf(source: string, choices: Choices, bad: boolean): Buffer {
  const bytes = Buffer.from(source);
  if (!bad) return bytes;
  for (let times = 1 + choices.below(4); times > 0; times--) {
    // Never the letters of an escape, of a name that matters or of the neighbour: only what stands for itself.
    const at = bytes.indexOf("é".normalize(), choices.below(bytes.length));
    if (at >= 0) bytes[at + choices.below(2)] = choices.pick([0xff, 0xc0, 0x80, 0xed, 0xf5]);
  }
  return bytes;
}

function toNode(value: unknown): Node {
  if (Array.isArray(value)) return value.map(toNode);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return Object.entries(value).map(([name, one]) => ({ name: JSON.stringify(name), value: toNode(one) }));
}

function isMembers(node: Node): node is Member[] {
  return Array.isArray(node) && node.length > 0 && typeof node[0] === "object" && "name" in node[0];
}

function find(node: Node, name: string): Node[] {
  if (!isMembers(node)) return [];
  return node.flatMap((member) => (member.name === name && Array.isArray(member.value) ? (member.value as Node[]) : []));
}

function count(node: Node, one: () => void): void {
  if (typeof node === "string") return;
  for (const child of node) {
    one();
    count(typeof child === "object" && "name" in child ? child.value : child, one);
  }
}
