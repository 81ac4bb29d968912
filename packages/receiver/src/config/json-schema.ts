// json-schema.ts: the table of keys as a JSON Schema (draft-07, which editors' YAML servers know best): completion, and a mark under what is
// misspelt. The loader remains the judge: it also knows files, limits and contradictions.

import type { JsonSchema } from "./kinds.ts";
import type { KeyDoc } from "./leaf.ts";
import { keyTable } from "./schema.ts";

interface Section {
  readonly type: ["object", "null"] | "object";
  readonly additionalProperties: false;
  readonly properties: Record<string, JsonSchema | Section>;
  required?: string[];
}

/** The schema of a configuration file. */
export function configSchema(table: readonly KeyDoc[] = keyTable()): JsonSchema {
  const root = section("object");
  for (const { key, about, schema, required, ...doc } of table) {
    const path = key.split(".");
    const name = path.pop()!;
    const parent = path.reduce(child, root);
    const fallback = doc.default === "" ? "" : ` Default: ${doc.default}.`;
    parent.properties[name] = { description: `${about}.${fallback}`, ...schema };
    if (required) parent.required = [...(parent.required ?? []), name];
  }
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Proofline receiver configuration",
    description: "Every key is also an environment variable PROOFLINE_…; docs/configuration.md lists them all.",
    ...root,
  };
}

/** Its text, as in docs/config.schema.json. */
export function formatConfigSchema(): string {
  return `${JSON.stringify(configSchema(), null, 2)}\n`;
}

function child({ properties }: Section, name: string): Section {
  const known = (properties[name] ?? section(["object", "null"])) as Section;
  properties[name] = known;
  return known;
}

/** A section whose keys are all commented out is null. */
function section(type: Section["type"]): Section {
  return { type, additionalProperties: false, properties: {} };
}
