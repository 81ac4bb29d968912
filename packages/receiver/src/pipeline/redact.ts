// redact.ts: which parts of a record are redacted, and that what records share is redacted once. Ids are left as they are: two
// records whose ids were masked alike would become one. Knows no rules: see @proofline/redaction.

import type { Fields, LogRecord, Resource, Scope, Value } from "@proofline/event";
import type { RedactionEntry, Redactor } from "@proofline/redaction";

/** A shared object after redaction; every record that has it lists `entries` as its own. */
export interface Shared<T> {
  readonly value: T;
  readonly entries: readonly RedactionEntry[];
}

/** Redacts the records of one request. Keeps what was shared shared: the line's spelling of it is cached by its identity. */
export class RecordRedactor {
  readonly #redactor: Redactor;
  readonly #scopes = new Map<Scope, Shared<Scope>>();
  readonly #resources = new Map<Resource, Shared<Resource>>();

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  /** Changes the record in place. Returns the redactions made now; those of the producer, listed before them, are not among them. */
  redact(record: LogRecord): readonly RedactionEntry[] {
    const out: RedactionEntry[] = [];
    const redactor = this.#redactor;
    if (record.event !== "") record.event = redactor.text(record.event, "event", out);
    if (record.severityText !== "") record.severityText = redactor.text(record.severityText, "severity_text", out);
    if (record.attributes.size > 0) record.attributes = redactor.fields(record.attributes, "attributes", out);
    if (record.body !== undefined && record.body !== null) record.body = redactor.value(record.body, "body", out) as Value;
    const scope = this.scope(record.scope);
    const resource = this.resource(record.resource);
    record.scope = scope.value;
    record.resource = resource.value;
    if (scope.entries.length > 0) out.push(...scope.entries);
    if (resource.entries.length > 0) out.push(...resource.entries);
    if (out.length > 0) record.redactions = record.redactions.length === 0 ? out : [...record.redactions, ...out];
    return out;
  }

  /** The scope as every record under it gets it. */
  scope(scope: Scope): Shared<Scope> {
    return remember(this.#scopes, scope, () => {
      const entries: RedactionEntry[] = [];
      const name = this.#text(scope.name, "scope.name", entries);
      const version = this.#text(scope.version, "scope.version", entries);
      const schemaUrl = this.#text(scope.schemaUrl, "scope.schema_url", entries);
      const attributes = this.#fields(scope.attributes, "scope.attributes", entries);
      return { value: entries.length === 0 ? scope : { ...scope, name, version, schemaUrl, attributes }, entries };
    });
  }

  /** The resource as every record under it gets it. */
  resource(resource: Resource): Shared<Resource> {
    return remember(this.#resources, resource, () => {
      const entries: RedactionEntry[] = [];
      const attributes = this.#fields(resource.attributes, "resource", entries);
      const schemaUrl = this.#text(resource.schemaUrl, "resource_schema_url", entries);
      return { value: entries.length === 0 ? resource : { ...resource, attributes, schemaUrl }, entries };
    });
  }

  #text(text: string, path: string, entries: RedactionEntry[]): string {
    return text === "" ? text : this.#redactor.text(text, path, entries);
  }

  #fields(fields: Fields, path: string, entries: RedactionEntry[]): Fields {
    return fields.size === 0 ? fields : this.#redactor.fields(fields, path, entries);
  }
}

function remember<T>(known: Map<T, Shared<T>>, key: T, make: () => Shared<T>): Shared<T> {
  let shared = known.get(key);
  if (shared === undefined) {
    shared = make();
    known.set(key, shared);
  }
  return shared;
}
