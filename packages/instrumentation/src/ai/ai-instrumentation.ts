// ai-instrumentation.ts: AI packages that say nothing of their calls by themselves, patched when they are loaded: as ES modules and as CommonJS.

import {
  InstrumentationBase,
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
  isWrapped,
} from "@opentelemetry/instrumentation";
import { hookRequired } from "../module-hooks.ts";
import type { SpanAuditOptions } from "../spans/derived-recorder.ts";
import { observeHandlers, observeRequests } from "./mcp.ts";
import { observeFailures, observePosts } from "./openai.ts";
import { type AgentsModule, watchAgents } from "./openai-agents.ts";

/** The packages, and files of packages, that it must see when they are loaded as ES modules. */
export const PATCHED_AI: readonly (string | RegExp)[] = [
  "openai",
  "@openai/agents-core",
  // Every entry of the package leads to this file.
  /\/@modelcontextprotocol\/sdk\/dist\/esm\/shared\/protocol\.js$/,
];

const MCP_REQUIRED = /[\\/]@modelcontextprotocol[\\/]sdk[\\/]dist[\\/]cjs[\\/]shared[\\/]protocol\.js$/;

/** Which versions are patched. */
export const AI_VERSIONS: Readonly<Record<string, string>> = {
  openai: ">=5.0.0 <8",
  "@modelcontextprotocol/sdk": ">=1.0.0 <2",
  "@openai/agents-core": ">=0.1.0 <1",
};

interface Class {
  readonly prototype: Record<string, unknown>;
}

export class AiInstrumentation extends InstrumentationBase {
  readonly #options: SpanAuditOptions;
  #forgetAgents: (() => void) | undefined;
  #forgetRequired: (() => void) | undefined;

  constructor(options: SpanAuditOptions) {
    super("@proofline/instrumentation/ai", "0.1.0", { enabled: false });
    this.#options = options;
  }

  override enable(): void {
    if (this.isEnabled()) return;
    super.enable();
    this.#forgetRequired = hookRequired(MCP_REQUIRED, (exports) => void this.#mcp(exports));
  }

  override disable(): void {
    super.disable();
    this.#forgetRequired?.();
  }

  protected override init(): InstrumentationNodeModuleDefinition[] {
    const protocol = "@modelcontextprotocol/sdk/dist/esm/shared/protocol.js";
    const mcp = AI_VERSIONS["@modelcontextprotocol/sdk"]!;
    return [
      new InstrumentationNodeModuleDefinition(
        "openai",
        [AI_VERSIONS.openai!],
        (exports: unknown) => this.#openai(exports),
        (exports: unknown) => this.#unwrapAll(exports as { OpenAI?: Class }, "OpenAI", ["post", "makeRequest"]),
      ),
      new InstrumentationNodeModuleDefinition("@modelcontextprotocol/sdk", [mcp], undefined, undefined, [
        new InstrumentationNodeModuleFile(
          protocol,
          [mcp],
          (exports: unknown) => this.#mcp(exports),
          (exports: unknown) => this.#unwrapAll(exports as { Protocol?: Class }, "Protocol", ["request", "setRequestHandler"]),
        ),
      ]),
      new InstrumentationNodeModuleDefinition(
        "@openai/agents-core",
        [AI_VERSIONS["@openai/agents-core"]!],
        (exports: unknown) => this.#agents(exports),
        () => this.#forgetAgents?.(),
      ),
    ];
  }

  #openai<T>(exports: T): T {
    const prototype = (exports as { OpenAI?: Class }).OpenAI?.prototype;
    this.#replace(prototype, "post", observePosts(this.#options));
    this.#replace(prototype, "makeRequest", observeFailures);
    return exports;
  }

  #mcp<T>(exports: T): T {
    const prototype = (exports as { Protocol?: Class }).Protocol?.prototype;
    this.#replace(prototype, "request", observeRequests(this.#options));
    this.#replace(prototype, "setRequestHandler", observeHandlers(this.#options));
    return exports;
  }

  #agents<T>(exports: T): T {
    this.#forgetAgents?.();
    this.#forgetAgents = watchAgents(exports as AgentsModule, this.#options);
    return exports;
  }

  #replace<M>(prototype: Record<string, unknown> | undefined, name: string, wrapper: (original: M) => M): void {
    if (prototype === undefined || typeof prototype[name] !== "function" || isWrapped(prototype[name])) return;
    this._wrap(prototype, name, wrapper as never);
  }

  #unwrapAll<K extends string>(exports: { [key in K]?: Class }, name: K, methods: readonly string[]): void {
    const prototype = exports[name]?.prototype;
    if (prototype === undefined) return;
    for (const method of methods) if (isWrapped(prototype[method])) this._unwrap(prototype, method);
  }
}
