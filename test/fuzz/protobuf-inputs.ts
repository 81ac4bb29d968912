// protobuf-inputs.ts: hostile ExportLogsServiceRequests in protobuf: sound ones, changed where their structure hurts.

import { encodeRequest, randomRequest } from "../support/otlp.ts";
import { type Input, NEIGHBOUR } from "./input.ts";
import { Choices } from "./random.ts";
import { copyTree, type Field, LENGTH, listsOf, readTree, request, varint, writeTree } from "./wire-tree.ts";

const BASES = 400;
const trees: Field[][] = Array.from({ length: BASES }, (_, i) => readTree(encodeRequest(randomRequest(i + 1)), request));
const records: Field[][] = trees.flatMap((tree) =>
  tree
    .flatMap(({ fields }) => fields ?? [])
    .flatMap(({ number, fields }) => (number === 2 ? (fields ?? []) : []))
    .flatMap(({ number, fields }) => (number === 2 ? [fields ?? []] : [])),
);
const groups: Field[][] = trees.flatMap((tree) => tree.map(({ fields }) => fields ?? []));
const neighbour: Field = { number: 2, wireType: LENGTH, bytes: NEIGHBOUR.protobuf };
const LIES = [0, 1, 127, 128, 16_383, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 2 ** 63];
const NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 31, 32, 33, 100, 1000, 2 ** 29 - 1, 2 ** 29, 2 ** 32];
const BAD_UTF8 = [
  [0xff],
  [0xc0, 0x80],
  [0xe2, 0x82],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf0, 0x80, 0x80, 0x80],
  [0x80],
  [0xef, 0xbb, 0xbf],
];
const VARINTS = [
  [0x80],
  [...Array<number>(9).fill(0xff), 1],
  [...Array<number>(9).fill(0xff), 2],
  Array<number>(10).fill(0x80),
  Array<number>(11).fill(0xff),
  [0x80, 0],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
];

/** The same for the same seed. */
export function protobufInput(seed: number): Input {
  const choices = new Choices(seed);
  const kind = choices.below(8);
  if (kind < 5) {
    const record = copyTree(choices.pick(records));
    mutate(record, choices);
    const bytes = kind === 0 ? damage(writeTree(record), choices) : writeTree(record);
    return { encoding: "protobuf", kind: "record", seed, body: besideNeighbours(bytes) };
  }
  if (kind === 7) {
    const tree = copyTree(choices.pick(trees));
    mutate(tree, choices);
    return { encoding: "protobuf", kind: "anything", seed, body: damage(writeTree(tree), choices) };
  }
  const within = copyTree(choices.pick(groups));
  mutate(within, choices);
  const bytes = kind === 5 ? damage(writeTree(within), choices) : writeTree(within);
  // A ResourceLogs of its own before it and one behind it.
  const own: Field = {
    number: 1,
    wireType: LENGTH,
    bytes: writeTree([{ number: 2, wireType: LENGTH, bytes: writeTree([neighbour]) }]),
  };
  return { encoding: "protobuf", kind: "envelope", seed, body: writeTree([own, { number: 1, wireType: LENGTH, bytes }, own]) };
}

/** A sound request in which the bytes of one record of three are as given. */
function besideNeighbours(record: Uint8Array): Buffer {
  const fuzzed: Field = { number: 2, wireType: LENGTH, bytes: record };
  const scopeLogs: Field = { number: 2, wireType: LENGTH, bytes: new Uint8Array(), fields: [neighbour, fuzzed, neighbour] };
  return writeTree([{ number: 1, wireType: LENGTH, bytes: new Uint8Array(), fields: [scopeLogs] }]);
}

function mutate(root: Field[], choices: Choices): void {
  for (let times = 1 + choices.below(3); times > 0; times--) {
    const lists = listsOf(root);
    const list = choices.pick(lists);
    const at = choices.below(list.length + 1);
    const field = list[at];
    if (field === undefined) list.splice(at, 0, madeUp(choices));
    else change(list, at, field, choices);
  }
}

function change(list: Field[], at: number, field: Field, choices: Choices): void {
  switch (choices.below(14)) {
    case 0:
      field.wireType = choices.below(8);
      break;
    case 1:
      field.lie = choices.chance(0.5) ? choices.pick(LIES) : Math.max(0, field.bytes.length + choices.below(5) - 2);
      break;
    case 2:
      field.padTag = choices.below(11);
      break;
    case 3:
      field.padLength = choices.below(11);
      break;
    case 4:
      field.number = choices.pick(NUMBERS);
      break;
    case 5:
      list.splice(at, 0, ...copyTree(list.slice(at, at + 1 + choices.below(3))));
      break;
    case 6:
      list.splice(at, 1);
      break;
    case 7:
      if (field.fields === undefined) field.bytes = field.bytes.subarray(0, choices.below(field.bytes.length + 1));
      else field.fields.length = choices.below(field.fields.length + 1);
      break;
    case 8:
      field.bytes = Uint8Array.from([...field.bytes, ...choices.pick(BAD_UTF8), ...field.bytes].slice(0, 500));
      delete field.fields;
      break;
    case 9:
      field.wireType = 0;
      field.bytes = Uint8Array.from(choices.pick(VARINTS));
      delete field.fields;
      break;
    case 10:
      nest(field, choices);
      break;
    case 11: {
      const many = Array.from({ length: choices.below(100) }, () => field);
      list.splice(at, 0, ...many);
      break;
    }
    case 12:
      list.splice(at, 0, madeUp(choices));
      break;
    default: {
      const other = choices.below(list.length);
      [list[at], list[other]] = [list[other]!, field];
    }
  }
}

/** Puts a field into itself, again and again: arrays and maps in values, or whatever it is. */
function nest(field: Field, choices: Choices): void {
  const cycle = choices.pick([[5, 1], [6, 1, 2], [field.number]]);
  for (let level = choices.below(150); level > 0; level--) {
    const inner: Field = { ...field };
    field.number = cycle[level % cycle.length]!;
    field.wireType = LENGTH;
    field.fields = [inner];
    delete field.lie;
  }
}

function madeUp(choices: Choices): Field {
  const number = choices.pick(NUMBERS);
  const wireType = choices.below(8);
  const length = choices.below(20);
  const bytes =
    wireType === 0 ? varint(choices.pick(LIES), choices.below(3)) : Uint8Array.from({ length }, () => choices.below(256));
  return { number, wireType, bytes };
}

/** Bytes changed without regard to what they mean. */
function damage(bytes: Buffer, choices: Choices): Buffer {
  const at = choices.below(bytes.length + 1);
  switch (choices.below(4)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(choices.below(bytes.length + 1))]);
    case 2:
      return Buffer.concat([
        bytes.subarray(0, at),
        Uint8Array.from({ length: choices.below(9) }, () => choices.below(256)),
        bytes.subarray(at),
      ]);
    default: {
      const copy = Buffer.from(bytes);
      for (let times = choices.below(6); times > 0 && copy.length > 0; times--)
        copy[choices.below(copy.length)]! ^= 1 << choices.below(8);
      return copy;
    }
  }
}
