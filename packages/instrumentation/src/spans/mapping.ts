// mapping.ts: one table from spans to audit events. Each row says which spans it is about and what they mean; the names are those of today's and
// last year's OpenTelemetry conventions (gen_ai.*, mcp.*, db.*, http.*, rpc.*), of the AI SDK (ai.*), OpenInference and Traceloop. Knows no SDK.

import { SpanKind } from "@opentelemetry/api";

/** What a rule reads of a span. */
export interface SpanFacts {
  readonly name: string;
  readonly kind: SpanKind;
  readonly scope: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export type DerivedKind = "inference" | "tool" | "agent" | "retrieval" | "memory" | "database" | "http" | "cloud";

export interface Derived {
  readonly kind: DerivedKind;
  /** Name of the event at the end; at the start it is `<event>.started`. */
  readonly event: string;
  readonly action: string;
  readonly target: { readonly id: string; readonly type: string } | undefined;
  /** Whether it changes something outside of the process: then its start is recorded too, so that a crash leaves a trace of the attempt. */
  readonly sideEffects: boolean;
}

/** What a span means for the audit; undefined: nothing. The first row that fits counts. */
export function derive(span: SpanFacts): Derived | undefined {
  for (const rule of RULES) {
    const found = rule(span);
    if (found !== undefined) return found;
  }
  return undefined;
}

type Rule = (span: SpanFacts) => Derived | undefined;

const INFERENCE = new Set(["chat", "generate_content", "text_completion", "completion", "embeddings", "responses"]);
const RETRIEVAL = new Set(["retrieval", "search_memory", "rerank"]);
const MEMORY: Readonly<Record<string, string>> = {
  create_memory: "CREATE",
  update_memory: "UPDATE",
  upsert_memory: "WRITE",
  delete_memory: "DELETE",
  create_memory_store: "CREATE",
  delete_memory_store: "DELETE",
};

/** `gen_ai.operation.name`, today's convention. */
const genAi: Rule = ({ attributes }) => {
  const operation = text(attributes, "gen_ai.operation.name");
  if (operation === undefined) return undefined;
  if (INFERENCE.has(operation)) return inference(attributes);
  if (operation === "execute_tool") return tool(attributes);
  if (operation === "invoke_agent" || operation === "create_agent" || operation === "invoke_workflow") return agent(attributes);
  if (RETRIEVAL.has(operation)) return retrieval(attributes);
  const action = MEMORY[operation];
  if (action !== undefined)
    return derived("memory", "ai.memory_change", action, text(attributes, "gen_ai.memory.store.id"), "gen_ai.memory", true);
  return undefined;
};

/** The Model Context Protocol: a client's or server's call. */
const mcp: Rule = ({ attributes }) => {
  const method = text(attributes, "mcp.method.name");
  if (method === "tools/call") return tool(attributes);
  if (method === "resources/read")
    return derived("retrieval", "ai.retrieval", "READ", text(attributes, "mcp.resource.uri"), "mcp.resource", false);
  return undefined;
};

/** The AI SDK before 7, and its legacy integration: only the inner spans, or each call would count twice. */
const aiSdk: Rule = ({ name, attributes }) => {
  const operation = text(attributes, "ai.operationId") ?? name;
  if (operation === "ai.toolCall") return tool(attributes);
  if (
    /^ai\.(generateText\.doGenerate|streamText\.doStream|generateObject\.doGenerate|streamObject\.doStream|embed(Many)?\.doEmbed)$/.test(
      operation,
    )
  )
    return inference(attributes);
  return undefined;
};

/** OpenInference: `openinference.span.kind`. */
const openInference: Rule = ({ attributes }) => {
  switch (text(attributes, "openinference.span.kind") ?? "") {
    case "LLM":
    case "EMBEDDING":
      return inference(attributes);
    case "TOOL":
      return tool(attributes);
    case "AGENT":
      return agent(attributes);
    case "RETRIEVER":
    case "RERANKER":
      return retrieval(attributes);
    default:
      return undefined;
  }
};

/** Traceloop: `traceloop.span.kind`, and OpenLLMetry's older `llm.request.type`. */
const traceloop: Rule = ({ attributes }) => {
  const kind = text(attributes, "traceloop.span.kind");
  if (kind === "tool") return tool(attributes);
  if (kind === "agent" || kind === "workflow") return agent(attributes);
  return text(attributes, "llm.request.type") === undefined ? undefined : inference(attributes);
};

const CHANGES: Readonly<Record<string, string>> = {
  ...{ INSERT: "CREATE", UPDATE: "UPDATE", DELETE: "DELETE", REPLACE: "WRITE", MERGE: "WRITE", UPSERT: "WRITE", COPY: "IMPORT" },
  ...{ CREATE: "CREATE", ALTER: "UPDATE", DROP: "DELETE", TRUNCATE: "DELETE", RENAME: "UPDATE" },
  ...{ GRANT: "UPDATE", REVOKE: "UPDATE", CALL: "EXECUTE", DO: "EXECUTE", EXEC: "EXECUTE" },
  // MongoDB's
  ...{
    INSERTONE: "CREATE",
    INSERTMANY: "CREATE",
    FINDANDMODIFY: "UPDATE",
    BULKWRITE: "WRITE",
    CREATEINDEXES: "CREATE",
    DROPDATABASE: "DELETE",
  },
  // Redis's
  ...{
    SET: "WRITE",
    MSET: "WRITE",
    SETEX: "WRITE",
    PSETEX: "WRITE",
    SETNX: "WRITE",
    APPEND: "UPDATE",
    GETSET: "UPDATE",
    GETDEL: "DELETE",
  },
  ...{ INCR: "UPDATE", INCRBY: "UPDATE", DECR: "UPDATE", DECRBY: "UPDATE", EXPIRE: "UPDATE", PERSIST: "UPDATE" },
  ...{ DEL: "DELETE", UNLINK: "DELETE", FLUSHDB: "DELETE", FLUSHALL: "DELETE", HSET: "WRITE", HMSET: "WRITE", HDEL: "DELETE" },
  ...{ LPUSH: "WRITE", RPUSH: "WRITE", LPOP: "DELETE", RPOP: "DELETE", LREM: "DELETE", SADD: "WRITE", SREM: "DELETE" },
  ...{ ZADD: "WRITE", ZREM: "DELETE", XADD: "WRITE", XDEL: "DELETE", EVAL: "EXECUTE", EVALSHA: "EXECUTE" },
};

/** A statement that changes something: `db.operation.name`, the old `db.operation`, or the statement's first word. */
const database: Rule = ({ kind, attributes }) => {
  const system = text(attributes, "db.system.name", "db.system");
  if (system === undefined || kind !== SpanKind.CLIENT) return undefined;
  const action = CHANGES[operationOf(attributes)];
  if (action === undefined) return undefined;
  const collection = text(attributes, "db.collection.name", "db.sql.table", "db.mongodb.collection");
  const place = [text(attributes, "db.namespace", "db.name"), collection].filter((part) => part !== undefined);
  return derived("database", "db.change", action, place.length === 0 ? system : place.join("."), `db.${system}`, false);
};

/** Upper case, `` when unknown. */
export function operationOf(attributes: Readonly<Record<string, unknown>>): string {
  const named = text(attributes, "db.operation.name", "db.operation");
  if (named !== undefined) return named.toUpperCase();
  const statement = text(attributes, "db.query.text", "db.statement", "db.query.summary") ?? "";
  return /^[\s(]*([A-Za-z]{1,20})\b/.exec(statement.slice(0, 200))?.[1]?.toUpperCase() ?? "";
}

const READING_VERB = /^(Get|List|Describe|Head|Query|Scan|Search|BatchGet|Select|Check|Lookup|Estimate)/;

/** A call of a cloud's API that is no reading. */
const cloud: Rule = ({ attributes }) => {
  if (text(attributes, "rpc.system", "rpc.system.name") !== "aws-api") return undefined;
  const method = text(attributes, "rpc.method") ?? "";
  const call = method.slice(method.lastIndexOf("/") + 1);
  if (call === "" || READING_VERB.test(call)) return undefined;
  const action = /^Delete|^Terminate/.test(call) ? "DELETE" : /^Create|^Run|^Start/.test(call) ? "CREATE" : "WRITE";
  const service = text(attributes, "rpc.service");
  return derived("cloud", "cloud.call", action, service === undefined ? call : `${service}.${call}`, "aws.operation", false);
};

const HTTP_ACTIONS: Readonly<Record<string, string>> = { POST: "CREATE", PUT: "WRITE", PATCH: "UPDATE", DELETE: "DELETE" };

/** An outgoing request that changes something. */
const http: Rule = ({ kind, attributes }) => {
  if (kind !== SpanKind.CLIENT) return undefined;
  const method = text(attributes, "http.request.method", "http.method");
  const action = HTTP_ACTIONS[method ?? ""];
  if (action === undefined) return undefined;
  const where = withoutQuery(
    text(attributes, "url.full", "http.url") ?? text(attributes, "server.address", "net.peer.name") ?? "",
  );
  return derived("http", "http.client.request", action, `${method} ${where}`, "http.endpoint", false);
};

const RULES: readonly Rule[] = [genAi, mcp, aiSdk, openInference, traceloop, database, cloud, http];

function inference(attributes: SpanFacts["attributes"]): Derived {
  const model = text(
    attributes,
    "gen_ai.request.model",
    "gen_ai.response.model",
    "ai.model.id",
    "llm.model_name",
    "embedding.model_name",
  );
  return derived("inference", "ai.inference", "EXECUTE", model, "gen_ai.model", false);
}

function tool(attributes: SpanFacts["attributes"]): Derived {
  const name = text(attributes, "gen_ai.tool.name", "ai.toolCall.name", "tool.name", "traceloop.entity.name", "mcp.tool.name");
  return derived("tool", "ai.tool_call", "EXECUTE", name, "gen_ai.tool", true);
}

function agent(attributes: SpanFacts["attributes"]): Derived {
  const name = text(
    attributes,
    "gen_ai.agent.name",
    "gen_ai.agent.id",
    "agent.name",
    "traceloop.entity.name",
    "gen_ai.workflow.name",
  );
  return derived("agent", "ai.agent_run", "EXECUTE", name, "gen_ai.agent", false);
}

function retrieval(attributes: SpanFacts["attributes"]): Derived {
  return derived("retrieval", "ai.retrieval", "READ", text(attributes, "gen_ai.data_source.id"), "gen_ai.data_source", false);
}

function derived(
  kind: DerivedKind,
  event: string,
  action: string,
  id: string | undefined,
  type: string,
  sideEffects: boolean,
): Derived {
  return { kind, event, action, target: id === undefined ? undefined : { id, type }, sideEffects };
}

/** The first of the names that holds a text. */
export function text(attributes: Readonly<Record<string, unknown>>, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = attributes[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}

/** A query holds more secrets than facts; user and password stand before the host. */
function withoutQuery(url: string): string {
  const bare = url.split(/[?#]/, 1)[0]!;
  const start = bare.indexOf("://");
  const authority = start < 0 ? 0 : start + 3;
  const slash = bare.indexOf("/", authority);
  const at = bare.lastIndexOf("@", slash < 0 ? bare.length : slash);
  return at > authority ? bare.slice(0, authority) + bare.slice(at + 1) : bare;
}
