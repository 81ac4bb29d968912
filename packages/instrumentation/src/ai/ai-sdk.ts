// ai-sdk.ts: the AI SDK (`ai`, 7 and later) publishes its calls on a tracing channel of its own: no registration, no loader, no span. Approvals are said
// nowhere else.

import { tracingChannel } from "node:diagnostics_channel";
import { bindSurroundings, type Surroundings } from "../emit/context.ts";
import { guarded } from "../guarded.ts";
import type { SpanAuditOptions } from "../spans/derived-recorder.ts";
import { hearElsewhere } from "../spans/scopes.ts";
import { AiSdkApprovals } from "./ai-sdk-approvals.ts";
import { errorType, ObservedCall } from "./observed-call.ts";

const CHANNEL = "ai:telemetry";
/** Scope of @ai-sdk/otel, whose spans tell of the same calls. */
const SPAN_SCOPE = "gen_ai";
const SCOPE = "ai";

interface Message {
  readonly type?: string;
  readonly event?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/** Starts listening. @returns stops it */
export function watchAiSdk(options: SpanAuditOptions): () => void {
  hearElsewhere(SPAN_SCOPE);
  const calls = new WeakMap<object, ObservedCall>();
  const approvals = new AiSdkApprovals(options);
  const subscribers = {
    start: () => undefined,
    asyncEnd: guarded((message: Message) => {
      if (message.type === "step") approvals.step(message.result);
      // A failure is published before the end.
      const thrown = message.error === undefined ? undefined : errorType(message.error);
      const failure = thrown ?? toolError(message);
      calls.get(message)?.end(thrown === undefined ? resultOf(message) : {}, { failure });
      const { toolCallId, input } = (message.event?.toolCall ?? {}) as Fields;
      if (typeof toolCallId === "string") approvals.executed(toolCallId, input, failure !== undefined);
    }),
    end: () => undefined,
    asyncStart: () => undefined,
    error: () => undefined,
  };
  const channel = tracingChannel(CHANNEL);
  // What the call does runs inside of it: its HTTP requests are part of it, and an explicit event may say what its end would say.
  const unbind = bindSurroundings(
    channel.start as never,
    guarded((message: Message, here: Surroundings | undefined): Surroundings | undefined => {
      const facts = callOf(message);
      if (facts === undefined) return undefined;
      if (message.type === "generateText" || message.type === "streamText") approvals.answers(message.event?.messages);
      const call = new ObservedCall(options, facts);
      calls.set(message, call);
      return { ...here, call };
    }),
  );
  channel.subscribe(subscribers as never);
  return () => {
    channel.unsubscribe(subscribers as never);
    unbind();
  };
}

/** `step` is told by its calls; what else there may be is not ours. */
function callOf({ type, event = {} }: Message): { name: string; scope: string; attributes: Fields } | undefined {
  const model = { "gen_ai.provider.name": event.provider, "gen_ai.request.model": event.modelId };
  switch (type ?? "") {
    case "languageModelCall":
      return call("chat", event.modelId, { ...model, "gen_ai.input.messages": event.messages });
    case "embed":
    case "embedMany":
      return call("embeddings", event.modelId, model);
    case "rerank":
      return call("rerank", event.modelId, model);
    case "generateText":
    case "streamText":
      return call("invoke_agent", event.functionId ?? event.operationId, { ...model, "gen_ai.agent.name": event.functionId });
    case "executeTool": {
      const { toolName, toolCallId, input } = (event.toolCall ?? {}) as Fields;
      const tool = { "gen_ai.tool.name": toolName, "gen_ai.tool.call.id": toolCallId, "gen_ai.tool.call.arguments": input };
      return call("execute_tool", toolName, { ...tool, "gen_ai.agent.name": event.functionId });
    }
    default:
      return undefined;
  }
}

function call(operation: string, of: unknown, attributes: Fields): { name: string; scope: string; attributes: Fields } {
  return {
    name: `${operation} ${typeof of === "string" ? of : ""}`.trimEnd(),
    scope: SCOPE,
    attributes: { "gen_ai.operation.name": operation, ...attributes },
  };
}

function resultOf({ type, result }: Message): Fields {
  if (type === "executeTool")
    return { "gen_ai.tool.call.result": ((result as Fields | undefined)?.output as Fields | undefined)?.output };
  // Results of other types have getters that throw.
  if (type !== "languageModelCall") return {};
  const { content, finishReason, usage, response } = (result ?? {}) as Fields;
  const { id, modelId } = (response ?? {}) as Fields;
  return {
    "gen_ai.output.messages": content,
    "gen_ai.response.id": id,
    "gen_ai.response.model": modelId,
    "gen_ai.response.finish_reasons": finishReason === undefined ? undefined : [unified(finishReason)],
    "gen_ai.usage.input_tokens": total((usage as Fields | undefined)?.inputTokens),
    "gen_ai.usage.output_tokens": total((usage as Fields | undefined)?.outputTokens),
  };
}

/** A tool that throws ends with a result that says so. */
function toolError({ type, result }: Message): string | undefined {
  const output = type === "executeTool" ? ((result as Fields | undefined)?.output as Fields | undefined) : undefined;
  return output?.type === "tool-error" ? errorType(output.error) : undefined;
}

function unified(reason: unknown): unknown {
  return typeof reason === "object" && reason !== null ? (reason as Fields).unified : reason;
}

function total(tokens: unknown): unknown {
  return typeof tokens === "object" && tokens !== null ? (tokens as Fields).total : tokens;
}
