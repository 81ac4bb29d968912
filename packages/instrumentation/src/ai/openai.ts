// openai.ts: OpenAI's own client (`openai` 5 to 7), which nobody's spans tell of in 7. Patched is the one method that all its calls go through; what an
// answer says is in openai-answer.ts. The client's promises keep their kind: `.asResponse()`, `.withResponse()` and streams work as before.

import { surroundings } from "../emit/context.ts";
import { guarded } from "../guarded.ts";
import type { SpanAuditOptions } from "../spans/derived-recorder.ts";
import { errorType, ObservedCall } from "./observed-call.ts";
import { type Fields, listenToStream, type Operation, requestFacts, responseFacts } from "./openai-answer.ts";

const OPERATIONS: Readonly<Record<string, Operation>> = {
  "/chat/completions": "chat",
  "/responses": "responses",
  "/completions": "text_completion",
  "/embeddings": "embeddings",
};

/** What is used of the client's promise. */
interface ApiPromise extends Promise<unknown> {
  _thenUnwrap(transform: (answer: unknown) => unknown): ApiPromise;
  parse(): Promise<unknown>;
  asResponse(): Promise<{ readonly status?: unknown }>;
}

interface Client {
  readonly baseURL?: unknown;
  readonly constructor: { readonly name: string };
}

type Post = (this: Client, path: string, options?: unknown) => ApiPromise;
type MakeRequest = (this: Client, ...args: unknown[]) => Promise<unknown>;

class OpenAiCall extends ObservedCall {
  /** The client's own retries come this way again. */
  requested = false;
  parsed = false;
}

/** For `OpenAI.prototype.post`. */
export function observePosts(options: SpanAuditOptions): (original: Post) => Post {
  return (original) =>
    function (this: Client, path, request) {
      const operation = OPERATIONS[path];
      const call = operation && begin(options, operation, this, request);
      if (operation === undefined || call === undefined) return original.call(this, path, request);
      const promise = call.run(() => original.call(this, path, request));
      if (typeof promise?._thenUnwrap !== "function") return promise;
      return observeAnswer(promise, operation, call);
    };
}

/** For `OpenAI.prototype.makeRequest`: a call that gets no answer ends here. */
export function observeFailures(original: MakeRequest): MakeRequest {
  return function (this: Client, ...args) {
    const call = surroundings()?.call;
    const sent = original.apply(this, args);
    if (!(call instanceof OpenAiCall) || call.requested) return sent;
    call.requested = true;
    return sent.then(undefined, (error: unknown) => {
      const status = (error as Fields | undefined)?.status;
      call.end({ "http.response.status_code": typeof status === "number" ? status : undefined }, { failure: errorType(error) });
      throw error;
    });
  };
}

const begin = guarded((options: SpanAuditOptions, operation: Operation, client: Client, request: unknown): OpenAiCall => {
  const attributes: Record<string, unknown> = { ...whereTo(client), "gen_ai.operation.name": operation };
  const told = (given: unknown): void => void Object.assign(attributes, requestFacts(operation, given));
  // Newer clients put what is asked for together later.
  if (request instanceof Promise) request.then(guarded(told), () => undefined);
  else told(request);
  return new OpenAiCall(options, {
    ...{ scope: "openai", attributes, carrier: true },
    get name() {
      const model = attributes["gen_ai.request.model"];
      return typeof model === "string" ? `${operation} ${model}` : operation;
    },
  });
});

function observeAnswer(promise: ApiPromise, operation: Operation, call: OpenAiCall): ApiPromise {
  const heard = guarded((answer: unknown) => {
    if (listenToStream(answer, operation, call)) return;
    const { attributes, failure } = responseFacts(operation, answer);
    call.end(attributes, { failure });
  });
  const observed = promise._thenUnwrap((answer) => {
    heard(answer);
    return answer;
  });
  return watched(observed, call);
}

/** Who asks for the bare response reads it alone, unseen by us: then only its status is known. The client derives promises from promises. */
function watched(promise: ApiPromise, call: OpenAiCall): ApiPromise {
  const before = {
    parse: promise.parse.bind(promise),
    asResponse: promise.asResponse.bind(promise),
    unwrap: promise._thenUnwrap.bind(promise),
  };
  return Object.assign(promise, {
    parse: () => {
      call.parsed = true;
      return before.parse();
    },
    asResponse: async () => {
      const response = await before.asResponse();
      if (!call.parsed) call.end({ "http.response.status_code": response.status });
      return response;
    },
    _thenUnwrap: (transform: (answer: unknown) => unknown) => watched(before.unwrap(transform), call),
  });
}

function whereTo({ baseURL, constructor: made }: Client): Fields {
  const provider = { "gen_ai.provider.name": made.name === "AzureOpenAI" ? "azure.ai.openai" : "openai" };
  const url = typeof baseURL === "string" && URL.canParse(baseURL) ? new URL(baseURL) : undefined;
  if (url === undefined) return provider;
  const port = url.port === "" ? undefined : Number(url.port);
  return { ...provider, "server.address": url.hostname, "server.port": port };
}
