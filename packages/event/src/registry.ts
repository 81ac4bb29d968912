// registry.ts: one versioned registry of what an audit event of each class looks like, as JSON Schema (draft 2020-12) of its line. A record
// says its class in `proofline.event.class` and the registry's version in `audit.schema.version`. Within a version attributes may be
// added; a required one, or another meaning, takes a new version.

import { ATTR_PROOFLINE_EVENT_CLASS } from "./names.ts";
import { type AttributeKind, type AttributeRow, CLASSES, COMMON, type EventClass } from "./registry-classes.ts";

/** Stands in `audit.schema.version`. */
export const REGISTRY_VERSION = "1";

export const EVENT_CLASSES: readonly EventClass[] = Object.keys(CLASSES) as EventClass[];

/** A JSON Schema as plain data, ready for any validator or `JSON.stringify`. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * The schema of a line (or of a record in the same spelling) of a class. Other attributes than the named ones may be there; redacted values
 * are still texts. Source: JSON Schema draft 2020-12; values as in SPEC.md.
 */
export function eventSchema(of: EventClass): JsonSchema {
  const row = CLASSES[of];
  const rows = [...COMMON.filter(({ name }) => !row.attributes.some((own) => own.name === name)), ...row.attributes];
  const attributes: AttributeRow[] = [
    { name: ATTR_PROOFLINE_EVENT_CLASS, kind: [of], about: "the class in this registry", required: true },
    ...rows,
  ];
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: `urn:proofline:event:${REGISTRY_VERSION}:${of}`,
    title: of,
    description: row.about,
    type: "object",
    required: ["event", "attributes"],
    properties: {
      event: { type: "string", minLength: 1, examples: row.events },
      attributes: {
        type: "object",
        required: attributes.filter(({ required }) => required).map(({ name }) => name),
        properties: Object.fromEntries(
          attributes.map(({ name, kind, about }) => [name, { description: about, ...schemaOf(kind) }]),
        ),
      },
    },
  };
}

function schemaOf(kind: AttributeKind): JsonSchema {
  if (typeof kind !== "string") return { enum: kind };
  switch (kind) {
    case "text":
      return { type: "string", minLength: 1 };
    case "texts":
      return { type: "array", items: { type: "string" } };
    case "flag":
      return { type: "boolean" };
    case "integer":
      return { type: "integer", minimum: 0 };
    case "number":
      return { type: "number" };
    case "digest":
      return { type: "string", pattern: "^(sha256:[0-9a-f]{64}|hmac-sha256:[A-Za-z0-9_-]{43})$" };
    case "time":
      return { type: "string", format: "date-time" };
    case "any":
      return {};
  }
}
