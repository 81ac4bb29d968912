// leaf.ts: how the table of keys is written: a leaf of the schema for each key, with what its documentation says of it.

import { z } from "zod";
import type { JsonSchema, Kind } from "./kinds.ts";
import { showValue } from "./problem.ts";

/** A key as its documentation shows it. */
export interface KeyDoc {
  /** Dotted path. */
  readonly key: string;
  /** As one would write it; "" when there is none. */
  readonly default: string;
  readonly about: string;
  /** As its kind says: `HOST:PORT`. */
  readonly type: string;
  /** Its value, for editors. */
  readonly schema: JsonSchema;
  /** Whether a new value is taken up by a reload; else by a restart only. */
  readonly reload: boolean;
  /** Whether its section cannot do without it. */
  readonly required: boolean;
}

type Leaf<T> = z.ZodPipe<z.ZodUnknown, z.ZodTransform<Awaited<T>, unknown>>;
type Section<Shape extends z.ZodRawShape> = z.ZodPreprocess<
  z.ZodObject<{ -readonly [P in keyof Shape]: Shape[P] }, z.core.$strict>,
  unknown
>;

/** A key with a default. @param reload whether a reload takes up a new value */
export function key<T>(kind: Kind<T>, fallback: string, about: string, reload = false): z.ZodPrefault<Leaf<T>> {
  return leaf(kind)
    .prefault(fallback)
    .meta(docOf(kind, fallback, about, reload));
}

/** A key that may be left out. */
export function optional<T>(kind: Kind<T>, about: string, reload = false): z.ZodOptional<Leaf<T>> {
  return leaf(kind)
    .optional()
    .meta(docOf(kind, "", about, reload));
}

/** A key that its section cannot do without. */
export function required<T>(kind: Kind<T>, about: string): Leaf<T> {
  return leaf(kind).meta({ ...docOf(kind, "", about, false), required: true });
}

function docOf(
  { type, schema }: Kind<unknown>,
  fallback: string,
  about: string,
  reload: boolean,
): Omit<KeyDoc, "key"> & Record<string, unknown> {
  return { default: fallback, about, type, schema, reload, required: false };
}

function leaf<T>(kind: Kind<T>): Leaf<T> {
  return z.unknown().transform((input, context): Awaited<T> => {
    const refuse = (message: string): never => {
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    };
    if (input === undefined) return refuse("is missing");
    if (input === null) return refuse("has no value; leave the key out to get the default");
    const parsed = kind(input);
    return "value" in parsed
      ? (parsed.value as Awaited<T>)
      : refuse(`${parsed.hidden ? "the value" : showValue(input)} ${parsed.expected}`);
  });
}

export function section<Shape extends z.ZodRawShape>(shape: Shape): Section<Shape> {
  // A section whose keys are all commented out is `null` in YAML.
  return z.preprocess((input) => input ?? {}, z.strictObject(shape));
}

/** Every key under a node, in order. */
export function leaves(node: z.ZodType, prefix: string): KeyDoc[] {
  const meta = node.meta();
  if (meta !== undefined) return [{ key: prefix, ...(meta as unknown as Omit<KeyDoc, "key">) }];
  if (node instanceof z.ZodPipe) return leaves(node.out as z.ZodType, prefix);
  if (node instanceof z.ZodOptional) return leaves(node.unwrap() as z.ZodType, prefix);
  if (!(node instanceof z.ZodObject)) return [];
  return Object.entries(node.shape).flatMap(([name, child]) =>
    leaves(child as z.ZodType, prefix === "" ? name : `${prefix}.${name}`),
  );
}
