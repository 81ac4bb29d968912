// openai-agents-span.ts: what a span of OpenAI's Agents SDK says, under the conventions' names.

import type { CallFacts } from "./observed-call.ts";
import { responseFacts } from "./openai-answer.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface AgentSpan {
  readonly spanId: string;
  readonly parentId: string | null;
  readonly spanData: Fields & { readonly type?: unknown };
  readonly error: { readonly message?: unknown; readonly data?: Fields } | null;
}

/** @returns undefined for spans that are no calls: tasks, turns, what is recorded otherwise */
export function agentCallFacts({ spanData }: AgentSpan, agent: string | undefined): CallFacts | undefined {
  const { type, name, model, input } = spanData;
  const by = { "gen_ai.agent.name": agent };
  switch (type) {
    case "agent":
      return call("invoke_agent", name, { "gen_ai.agent.name": name });
    case "function":
      return call("execute_tool", name, { ...by, "gen_ai.tool.name": name, "gen_ai.tool.call.arguments": input });
    case "generation":
      return { ...call("chat", model, { ...by, "gen_ai.request.model": model, "gen_ai.input.messages": input }), carrier: true };
    case "response":
      return { ...call("chat", undefined, { ...by, "gen_ai.input.messages": spanData._input }), carrier: true };
    default:
      return undefined;
  }
}

/** What it says only at its end. */
export function agentCallResult({ spanData }: AgentSpan): Fields {
  const { type, output, usage, _response: response } = spanData;
  switch (type) {
    case "function":
      return { "gen_ai.tool.call.result": output };
    case "generation":
      return { ...responseFacts("responses", { usage }).attributes, "gen_ai.output.messages": output };
    case "response":
      return {
        ...responseFacts("responses", response).attributes,
        "gen_ai.request.model": (response as Fields | undefined)?.model,
      };
    default:
      return {};
  }
}

/** The error's type; the SDK's errors have only texts. */
export function failureOf({ spanData, error }: AgentSpan): string | undefined {
  if (error === null || error === undefined) return undefined;
  return spanData.type === "function" ? "tool_error" : "_OTHER";
}

/** The span of a tool that somebody said no to: nothing was executed. */
export function isRefused({ spanData, error }: AgentSpan): boolean {
  const said = error?.data?.error;
  return spanData.type === "function" && typeof said === "string" && said.endsWith(" was manually rejected by user.");
}

function call(operation: string, of: unknown, attributes: Fields): CallFacts {
  return {
    name: `${operation} ${typeof of === "string" ? of : ""}`.trimEnd(),
    scope: "@openai/agents",
    attributes: { "gen_ai.operation.name": operation, ...attributes },
  };
}
