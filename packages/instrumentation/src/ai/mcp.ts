// mcp.ts: the Model Context Protocol's SDK, 1.x: it makes no spans. Its one class for both sides of a connection is patched: what a client asks for,
// and what a server is asked. Knows no transport.

import { type Surroundings, surroundings } from "../emit/context.ts";
import { guarded } from "../guarded.ts";
import type { SpanAuditOptions } from "../spans/derived-recorder.ts";
import { type CallFacts, errorType, ObservedCall } from "./observed-call.ts";

type Fields = Readonly<Record<string, unknown>>;
type Request = (this: Side, message: Fields, ...rest: unknown[]) => Promise<unknown>;
type Handler = (message: Fields, extra: Fields) => unknown;
type SetHandler = (this: Side, schema: unknown, handler: Handler) => unknown;

/** What is read of the SDK's `Protocol`. */
interface Side {
  readonly transport?: { readonly sessionId?: unknown };
  readonly _requestMessageId?: unknown;
}

/** For `Protocol.prototype.request`: the client's side. */
export function observeRequests(options: SpanAuditOptions): (original: Request) => Request {
  return (original) =>
    function (this: Side, message, ...rest) {
      const ids = { requestId: this._requestMessageId, sessionId: this.transport?.sessionId };
      const call = observe(options, factsOf("client", message, ids), surroundings());
      const run = (): Promise<unknown> => original.call(this, message, ...rest);
      return call === undefined ? run() : settle(call, run);
    };
}

/** For `Protocol.prototype.setRequestHandler`: the server's side. */
export function observeHandlers(options: SpanAuditOptions): (original: SetHandler) => SetHandler {
  return (original) =>
    function (this: Side, schema, handler) {
      const observed: Handler = (message, extra) => {
        const ids = { requestId: extra?.requestId, sessionId: extra?.sessionId };
        const call = observe(options, factsOf("server", message, ids), withClient(surroundings(), extra));
        return call === undefined ? handler(message, extra) : settle(call, async () => await handler(message, extra));
      };
      return original.call(this, schema, typeof handler === "function" ? observed : handler);
    };
}

const observe = guarded((options: SpanAuditOptions, facts: CallFacts | undefined, here: Surroundings | undefined) =>
  facts === undefined ? undefined : new ObservedCall(options, facts, here),
);

/** Gives what `run` gives; nothing of a failure is changed. */
function settle(call: ObservedCall, run: () => Promise<unknown>): Promise<unknown> {
  return call.run(run).then(
    (result) => {
      guarded(() => call.end(resultOf(result), { failure: isFailed(result) ? "tool_error" : undefined }))();
      return result;
    },
    (error: unknown) => {
      call.end({ "rpc.response.status_code": codeOf(error) }, { failure: errorType(error) });
      throw error;
    },
  );
}

interface Ids {
  readonly requestId: unknown;
  readonly sessionId: unknown;
}

/** undefined: nothing that is audited, such as a listing. */
function factsOf(side: "client" | "server", message: Fields | undefined, { requestId, sessionId }: Ids): CallFacts | undefined {
  const { method, params } = (message ?? {}) as { method?: unknown; params?: Fields };
  const common = {
    "mcp.method.name": method,
    "jsonrpc.request.id": typeof requestId === "number" || typeof requestId === "string" ? String(requestId) : undefined,
    "mcp.session.id": sessionId,
  };
  const rest = { scope: `@modelcontextprotocol/sdk/${side}`, carrier: side === "client" };
  if (method === "tools/call") {
    const tool = { "gen_ai.tool.name": text(params?.name), "gen_ai.tool.call.arguments": params?.arguments };
    return { name: `tools/call ${text(params?.name)}`, attributes: { ...common, ...tool }, ...rest };
  }
  if (method === "resources/read")
    return {
      name: `resources/read ${withoutQuery(params?.uri)}`,
      attributes: { ...common, "mcp.resource.uri": withoutQuery(params?.uri) },
      ...rest,
    };
  return undefined;
}

function resultOf(result: unknown): Fields {
  const { content, structuredContent, contents } = (result ?? {}) as Fields;
  if (contents !== undefined) return { "gen_ai.retrieval.documents": contents };
  return { "gen_ai.tool.call.result": structuredContent === undefined ? content : { content, structuredContent } };
}

/** A tool that failed says so in a result. */
function isFailed(result: unknown): boolean {
  return (result as Fields | undefined)?.isError === true;
}

function codeOf(error: unknown): string | undefined {
  const code = (error as Fields | undefined)?.code;
  return typeof code === "number" ? String(code) : undefined;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A URI's query holds more secrets than facts. */
function withoutQuery(uri: unknown): string {
  return text(uri).split(/[?#]/, 1)[0]!;
}

/** The client that a server's own authentication has recognised acts, unless the application says who does. */
function withClient(here: Surroundings | undefined, extra: Fields | undefined): Surroundings | undefined {
  const { clientId } = (extra?.authInfo ?? {}) as Fields;
  if (here?.actor !== undefined || typeof clientId !== "string" || clientId === "") return here;
  return { ...here, actor: { id: clientId, type: "service" } };
}
