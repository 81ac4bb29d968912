// well-formed.ts: a copy of a record in which every lone surrogate is U+FFFD, and the line says where. Only records that need
// it come here. Two keys that become the same are one repeated key: the last value wins, at the place of the first.
import type { LogRecord, Note, NoteCode, Resource, Scope } from "./record.ts";
import type { Fields, Value } from "./value.ts";

/** In UTF-16 units. A path is made of keys, and keys are as long as the sender likes. */
const MAX_PATH = 256;

/** Changes nothing of `record`. Cost: the whole record is copied. */
export function wellFormedRecord(record: LogRecord): LogRecord {
  const notes: Note[] = record.notes.map(({ path, note }) => ({ path: path.toWellFormed(), note }));
  const copy = new Copy(notes);
  return {
    ...record,
    id: copy.text(record.id, "id"),
    event: copy.text(record.event, "event"),
    severityText: copy.text(record.severityText, "severity_text"),
    attributes: copy.fields(record.attributes, "attributes"),
    body: record.body === undefined ? undefined : copy.value(record.body, "body"),
    scope: copy.scope(record.scope),
    resource: copy.resource(record.resource),
    redactions: record.redactions.map(({ path, rule, action, policy }) => ({
      path: path.toWellFormed(),
      rule: rule.toWellFormed(),
      action: action.toWellFormed(),
      policy: policy.toWellFormed(),
    })),
    producer: record.producer && { ...record.producer, stream: copy.text(record.producer.stream, "producer.stream") },
    writer: copy.text(record.writer, "writer"),
    quarantine: record.quarantine && { ...record.quarantine, reason: record.quarantine.reason.toWellFormed() },
    notes,
  };
}

class Copy {
  readonly #notes: Note[];
  constructor(notes: Note[]) {
    this.#notes = notes;
  }

  #note(path: string, note: NoteCode): void {
    this.#notes.push({ path: path.length <= MAX_PATH ? path : `${path.slice(0, MAX_PATH).toWellFormed()}…`, note });
  }

  text(text: string, path: string): string {
    if (text.isWellFormed()) return text;
    this.#note(path, "replaced_characters");
    return text.toWellFormed();
  }

  value(value: Value, path: string): Value {
    if (typeof value === "string") return this.text(value, path);
    if (Array.isArray(value)) return value.map((item, i) => this.value(item, itemPath(path, i)));
    if (value instanceof Map) return this.fields(value, path);
    return value;
  }

  fields(fields: Fields, path: string): Fields {
    const copy: Fields = new Map();
    for (const [key, value] of fields) {
      const name = key.toWellFormed();
      const place = keyPath(path, name);
      if (name !== key) this.#note(place, "replaced_characters");
      if (copy.has(name)) this.#note(place, "duplicate_key");
      copy.set(name, this.value(value, place));
    }
    return copy;
  }

  scope(scope: Scope): Scope {
    return {
      ...scope,
      name: this.text(scope.name, "scope.name"),
      version: this.text(scope.version, "scope.version"),
      schemaUrl: this.text(scope.schemaUrl, "scope.schema_url"),
      attributes: this.fields(scope.attributes, "scope.attributes"),
    };
  }

  resource(resource: Resource): Resource {
    return {
      ...resource,
      schemaUrl: this.text(resource.schemaUrl, "resource_schema_url"),
      attributes: this.fields(resource.attributes, "resource"),
    };
  }
}

/** Path of a map's key: `attributes` and `enduser.email` give `attributes.enduser.email`. */
export function keyPath(path: string, key: string): string {
  return `${path}.${key}`;
}

/** Path of a list's item, counted from 0: `body.lines[2]`. */
export function itemPath(path: string, index: number): string {
  return `${path}[${index}]`;
}
