// facts.ts: which of a span's attributes go into the event: facts under today's names, contents as size and keyed digest only. What a row below does
// not name stays in the trace.

import {
  ATTR_PROOFLINE_INPUT_BYTES,
  ATTR_PROOFLINE_INPUT_DIGEST,
  ATTR_PROOFLINE_OUTPUT_BYTES,
  ATTR_PROOFLINE_OUTPUT_DIGEST,
} from "@proofline/event";
import { ATTR_PROOFLINE_DB_QUERY_SHAPE, ATTR_PROOFLINE_DB_VALUES_DIGEST } from "../emit/names.ts";
import type { Measure } from "../measure.ts";
import { text } from "./mapping.ts";
import { statementShape } from "./statement-shape.ts";
import { digestOf } from "./values-digest.ts";

type Attributes = Readonly<Record<string, unknown>>;

/** Today's name, then the older and the other projects' names for the same thing; the first that is there counts. */
const FACTS: readonly (readonly [string, ...string[]])[] = [
  ["gen_ai.operation.name"],
  ["gen_ai.provider.name", "gen_ai.system", "ai.model.provider", "llm.provider", "llm.system"],
  ["gen_ai.request.model", "ai.model.id", "llm.model_name", "embedding.model_name"],
  ["gen_ai.request.temperature"],
  ["gen_ai.request.max_tokens"],
  ["gen_ai.response.model", "ai.response.model"],
  ["gen_ai.response.id", "ai.response.id"],
  ["gen_ai.response.finish_reasons", "ai.response.finishReason"],
  [
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "ai.usage.inputTokens",
    "ai.usage.promptTokens",
    "llm.token_count.prompt",
  ],
  [
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "ai.usage.outputTokens",
    "ai.usage.completionTokens",
    "llm.token_count.completion",
  ],
  ["gen_ai.usage.cache_read.input_tokens"],
  ["gen_ai.tool.name", "ai.toolCall.name", "tool.name", "mcp.tool.name"],
  ["gen_ai.tool.type"],
  ["gen_ai.tool.call.id", "ai.toolCall.id", "tool_call.id"],
  ["gen_ai.agent.name", "agent.name"],
  ["gen_ai.agent.id"],
  ["gen_ai.agent.version"],
  ["gen_ai.conversation.id", "session.id"],
  ["gen_ai.data_source.id"],
  ["mcp.method.name"],
  ["mcp.session.id"],
  ["mcp.resource.uri"],
  ["mcp.protocol.version"],
  ["jsonrpc.request.id"],
  ["rpc.response.status_code"],
  ["db.system.name", "db.system"],
  ["db.namespace", "db.name"],
  ["db.collection.name", "db.sql.table", "db.mongodb.collection"],
  ["db.operation.name", "db.operation"],
  ["db.query.summary"],
  ["db.response.status_code"],
  ["http.request.method", "http.method"],
  ["http.response.status_code", "http.status_code"],
  ["server.address", "net.peer.name"],
  ["server.port", "net.peer.port"],
  ["rpc.system", "rpc.system.name"],
  ["rpc.service"],
  ["rpc.method"],
  ["aws.request_id", "aws.request.id"],
  ["aws.dynamodb.table_names"],
  ["cloud.region"],
  ["error.type", "exception.type"],
  [ATTR_PROOFLINE_DB_VALUES_DIGEST],
];

/** Contents that went in and came out. */
const INPUTS = [
  ...["gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.tool.call.arguments", "gen_ai.retrieval.query.text"],
  ...[
    "gen_ai.prompt",
    "ai.prompt",
    "ai.prompt.messages",
    "ai.toolCall.args",
    "input.value",
    "tool.parameters",
    "traceloop.entity.input",
  ],
];
const OUTPUTS = [
  ...[
    "gen_ai.output.messages",
    "gen_ai.tool.call.result",
    "gen_ai.retrieval.documents",
    "gen_ai.completion",
    "anthropic.tool_result.content",
  ],
  ...[
    "ai.response.text",
    "ai.response.object",
    "ai.response.toolCalls",
    "ai.toolCall.result",
    "output.value",
    "traceloop.entity.output",
  ],
];

export interface ContentOptions {
  readonly measure: (value: unknown) => Measure | undefined;
  /** Whether contents themselves are recorded, redacted, beside their digests. */
  readonly content: boolean;
}

/** @returns attributes for the event; absent ones are undefined. Contents are never among them unless `content` says so */
export function factsOf(span: Attributes, { measure, content }: ContentOptions): Record<string, unknown> {
  const facts: Record<string, unknown> = {};
  for (const [name, ...others] of FACTS) {
    const found = [name, ...others].find((candidate) => span[candidate] !== undefined);
    if (found !== undefined) facts[name] = listed(name, span[found]);
  }
  // Traceloop's entity is whatever the span is about.
  if (span["traceloop.span.kind"] === "tool") facts["gen_ai.tool.name"] ??= span["traceloop.entity.name"];
  const given = text(span, "db.query.text", "db.statement");
  if (given !== undefined) {
    const { statement, digest } = digestOf(given);
    facts[ATTR_PROOFLINE_DB_QUERY_SHAPE] = statementShape(statement, text(span, "db.system.name", "db.system") ?? "");
    facts[ATTR_PROOFLINE_DB_VALUES_DIGEST] ??= digest;
  }
  const inputs = contents(span, INPUTS);
  const outputs = contents(span, OUTPUTS);
  add(facts, measure(inputs), ATTR_PROOFLINE_INPUT_BYTES, ATTR_PROOFLINE_INPUT_DIGEST);
  add(facts, measure(outputs), ATTR_PROOFLINE_OUTPUT_BYTES, ATTR_PROOFLINE_OUTPUT_DIGEST);
  return content ? { ...facts, ...inputs, ...outputs } : facts;
}

/** Under their own names; undefined when there are none. */
function contents(span: Attributes, names: readonly string[]): Record<string, unknown> | undefined {
  const found = names.filter((name) => span[name] !== undefined);
  return found.length === 0 ? undefined : Object.fromEntries(found.map((name) => [name, span[name]]));
}

function add(facts: Record<string, unknown>, found: Measure | undefined, bytes: string, digest: string): void {
  if (found === undefined) return;
  facts[bytes] = found.bytes;
  facts[digest] = found.digest;
}

/** The convention's type is a list; some send the one reason. */
function listed(name: string, value: unknown): unknown {
  return name === "gen_ai.response.finish_reasons" && !Array.isArray(value) ? [value] : value;
}
