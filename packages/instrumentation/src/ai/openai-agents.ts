// openai-agents.ts: OpenAI's Agents SDK. It traces by itself, without OpenTelemetry; a processor is added to its own. Approvals are in no span of it: what asks
// for them and what answers is patched. With its tracing disabled only the approvals are heard, and the model's calls by openai.ts.

import { type Surroundings, surroundings } from "../emit/context.ts";
import { guarded } from "../guarded.ts";
import { decision, delegation } from "../helpers/decision.ts";
import type { SpanAuditOptions } from "../spans/derived-recorder.ts";
import { askForCalls } from "./current-calls.ts";
import { ObservedCall } from "./observed-call.ts";
import { type AgentSpan, agentCallFacts, agentCallResult, failureOf, isRefused } from "./openai-agents-span.ts";
import { type ApprovedCall, ToolApprovals } from "./tool-approvals.ts";

type Fields = Readonly<Record<string, unknown>>;
type Method = (this: unknown, ...args: unknown[]) => unknown;

/** What is used of `@openai/agents-core`. */
export interface AgentsModule {
  readonly getGlobalTraceProvider: () => TraceProvider;
  readonly getCurrentSpan: () => AgentSpan | null;
  readonly RunContext: { readonly prototype: Record<string, Method> };
  readonly Runner: { readonly prototype: Record<string, Method> };
}

interface TraceProvider {
  setProcessors(processors: readonly unknown[]): void;
  registerProcessor(processor: unknown): void;
}

interface OpenSpan {
  readonly agent: string | undefined;
  readonly here: Surroundings | undefined;
  call?: ObservedCall | undefined;
}

/** Spans that never end must not stay for ever. */
const MAX_OPEN = 10_000;

/** @returns stops it */
export function watchAgents(module: AgentsModule, options: SpanAuditOptions): () => void {
  const watch = new AgentsWatch(options);
  const provider = module.getGlobalTraceProvider();
  const setProcessors = provider.setProcessors.bind(provider);
  let on = true;
  const processor = watch.processor(() => on);
  provider.registerProcessor(processor);
  // Others replace all processors, the package's own default among them.
  provider.setProcessors = (processors) => setProcessors([processor, ...processors]);
  const forget = askForCalls(() => watch.callOf(module.getCurrentSpan()?.spanId));
  const undo = [
    replace(module.RunContext?.prototype, "approveTool", (args) => watch.decided(args[0], true)),
    replace(module.RunContext?.prototype, "rejectTool", (args) => watch.decided(args[0], false, (args[1] as Fields)?.message)),
    replace(module.Runner?.prototype, "run", (_args, result) => watch.ran(result)),
  ];
  return () => {
    on = false;
    provider.setProcessors = setProcessors;
    forget();
    for (const each of undo) each();
  };
}

/** Calls `after` when the method has been called; what it gives and throws stays as it is. */
function replace(
  prototype: Record<string, Method> | undefined,
  name: string,
  after: (args: readonly unknown[], result: unknown) => void,
): () => void {
  const original = prototype?.[name];
  if (prototype === undefined || original === undefined) return () => undefined;
  prototype[name] = function (this: unknown, ...args: unknown[]) {
    const result = original.apply(this, args);
    guarded(after)(args, result);
    return result;
  };
  return () => {
    prototype[name] = original;
  };
}

class AgentsWatch {
  readonly #options: SpanAuditOptions;
  readonly #approvals: ToolApprovals;
  readonly #open = new Map<string, OpenSpan>();
  /** Names of tools that were said no to, until the span that says so. */
  readonly #refused = new Set<string>();

  constructor(options: SpanAuditOptions) {
    this.#options = options;
    this.#approvals = new ToolApprovals(options);
  }

  /** A TracingProcessor. */
  processor(isOn: () => boolean): object {
    const nothing = (): Promise<void> => Promise.resolve();
    const heard = (listen: (span: AgentSpan) => void): ((span: AgentSpan) => Promise<void>) => {
      const safe = guarded(listen);
      return (span) => {
        if (isOn()) safe(span);
        return Promise.resolve();
      };
    };
    return {
      ...{ onTraceStart: nothing, onTraceEnd: nothing, forceFlush: nothing, shutdown: nothing },
      onSpanStart: heard((span) => this.#start(span)),
      onSpanEnd: heard((span) => this.#end(span)),
    };
  }

  callOf(spanId: string | undefined): ObservedCall | undefined {
    return spanId === undefined ? undefined : this.#open.get(spanId)?.call;
  }

  #start(span: AgentSpan): void {
    const { type, name, agent_name: turnOf } = span.spanData;
    const outer = span.parentId === null ? undefined : this.#open.get(span.parentId);
    const agent = text(type === "agent" ? name : turnOf) ?? outer?.agent;
    if (this.#open.size >= MAX_OPEN) for (const oldest of this.#open.keys()) if (this.#open.delete(oldest)) break;
    const open: OpenSpan = { agent, here: surroundings() };
    this.#open.set(span.spanId, open);
    // A tool's arguments are put into the span right after its start, and before anything is executed.
    if (type === "function") queueMicrotask(guarded(() => this.#call(span, open)));
    else this.#call(span, open);
  }

  #call(span: AgentSpan, open: OpenSpan): void {
    if (open.call !== undefined) return;
    const { type, name, input } = span.spanData;
    // A tool that was said no to has a span, too, without arguments.
    if (type === "function" && input === "" && this.#refused.has(String(name))) return;
    const facts = agentCallFacts(span, open.agent);
    if (facts !== undefined) open.call = new ObservedCall(this.#options, facts, open.here);
  }

  #end(span: AgentSpan): void {
    const open = this.#open.get(span.spanId) ?? { agent: undefined, here: surroundings() };
    this.#open.delete(span.spanId);
    const { type } = span.spanData;
    if (type === "handoff") this.#handedOff(span);
    else if (type === "guardrail") this.#guarded(span, open);
    else if (isRefused(span)) this.#refused.delete(String(span.spanData.name));
    else this.#called(span, open);
  }

  #called(span: AgentSpan, open: OpenSpan): void {
    const facts = agentCallFacts(span, open.agent);
    if (facts === undefined) return;
    const call = open.call ?? new ObservedCall(this.#options, facts, open.here);
    const failure = failureOf(span);
    call.end({ ...facts.attributes, ...agentCallResult(span) }, { failure });
    const { type, name, input } = span.spanData;
    const granted = type === "function" ? this.#approvals.grantedCall(String(name), input) : undefined;
    if (granted !== undefined) this.#approvals.executed(granted, input, failure !== undefined, open.here);
  }

  #handedOff({ spanData }: AgentSpan): void {
    const [from, to] = [text(spanData.from_agent), text(spanData.to_agent)];
    if (to === undefined) return;
    const { audit } = this.#options;
    delegation({
      ...{ audit, event: "ai.agent_handoff", actor: from === undefined ? this.#options.actor : agent(from), to: agent(to) },
      ...{ target: { id: to, type: "gen_ai.agent" }, attributes: { "gen_ai.agent.name": from, ...DERIVED } },
    });
  }

  #guarded(span: AgentSpan, { agent: name }: OpenSpan): void {
    const { triggered, name: guardrail } = span.spanData;
    const failure = failureOf(span);
    decision({
      ...{ audit: this.#options.audit, event: "ai.guardrail", automated: true, verdict: triggered === true ? "block" : "allow" },
      ...{ actor: name === undefined ? this.#options.actor : agent(name), policy: { id: text(guardrail) ?? "guardrail" } },
      outcome: failure === undefined ? "success" : "failure",
      attributes: { "gen_ai.agent.name": name, "error.type": failure, ...DERIVED },
    });
  }

  decided(item: unknown, granted: boolean, message?: unknown): void {
    const call = approvedCall(item);
    if (call === undefined) return;
    if (!granted && call.tool !== undefined) this.#refused.add(call.tool);
    this.#approvals.decided(call, granted, text(message));
  }

  /** A run ended, and may wait for leave. */
  ran(result: unknown): void {
    const told = guarded((done: unknown): void => {
      const { interruptions } = (done ?? {}) as Fields;
      for (const item of Array.isArray(interruptions) ? (interruptions as unknown[]) : []) {
        const call = approvedCall(item);
        if (call !== undefined) this.#approvals.asked(call);
      }
    });
    const watched = guarded((done: unknown): void => {
      const { completed } = (done ?? {}) as Fields;
      if (completed instanceof Promise)
        completed.then(
          () => told(done),
          () => undefined,
        );
      else told(done);
    });
    if (result instanceof Promise) result.then(watched, () => undefined);
  }
}

const DERIVED: Fields = { "proofline.derivation.scope": "@openai/agents" };

function approvedCall(item: unknown): ApprovedCall | undefined {
  const { rawItem, name } = (item ?? {}) as { rawItem?: Fields; name?: unknown };
  const callId = text(rawItem?.callId) ?? text(rawItem?.id);
  if (callId === undefined) return undefined;
  return { approvalId: callId, callId, tool: text(name) ?? text(rawItem?.name), input: rawItem?.arguments };
}

function agent(name: string): { id: string; type: "agent" } {
  return { id: name, type: "agent" };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
