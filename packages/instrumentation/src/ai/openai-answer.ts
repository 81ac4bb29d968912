// openai-answer.ts: what OpenAI's requests and answers say, under the conventions' names: whole answers, and streams as they are read. Tool calls that a
// model asks for are part of its output; nothing is executed here.

import { errorType, type ObservedCall } from "./observed-call.ts";

export type Operation = "chat" | "responses" | "text_completion" | "embeddings";
export type Fields = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly attributes: Fields;
  /** The error's type, of an answer that is one. */
  readonly failure?: string | undefined;
}

/** @param options of the client's request: what is to be sent is its `body` */
export function requestFacts(operation: Operation, options: unknown): Fields {
  const body = fields(fields(options).body);
  return {
    "gen_ai.request.model": body.model,
    "gen_ai.request.temperature": body.temperature,
    "gen_ai.request.max_tokens": body.max_completion_tokens ?? body.max_output_tokens ?? body.max_tokens,
    "gen_ai.conversation.id": fields(body.conversation).id ?? body.conversation,
    "gen_ai.system_instructions": body.instructions,
    "gen_ai.input.messages": operation === "chat" ? body.messages : (body.input ?? body.prompt),
  };
}

/** @param body as the service sent it, parsed */
export function responseFacts(operation: Operation, body: unknown): Answer {
  const answer = fields(body);
  const usage = fields(answer.usage);
  const choices = list(answer.choices).map(fields);
  const common = {
    "gen_ai.response.id": answer.id,
    "gen_ai.response.model": answer.model,
    "gen_ai.usage.input_tokens": usage.input_tokens ?? usage.prompt_tokens,
    "gen_ai.usage.output_tokens": usage.output_tokens ?? usage.completion_tokens,
    "gen_ai.usage.cache_read.input_tokens":
      fields(usage.input_tokens_details).cached_tokens ?? fields(usage.prompt_tokens_details).cached_tokens,
  };
  if (operation === "embeddings") return { attributes: common };
  if (operation !== "responses")
    return {
      attributes: {
        ...common,
        "gen_ai.response.finish_reasons": choices.map(({ finish_reason: reason }) => reason).filter(isText),
        "gen_ai.output.messages": choices.map(({ message, text }) => message ?? text),
      },
    };
  const reason = fields(answer.incomplete_details).reason ?? answer.status;
  const failed = answer.status === "failed" ? (fields(answer.error).code ?? "failed") : undefined;
  return {
    attributes: {
      ...common,
      "gen_ai.response.finish_reasons": isText(reason) ? [reason] : undefined,
      "gen_ai.output.messages": answer.output,
    },
    failure: isText(failed) ? failed : undefined,
  };
}

/** @returns whether the answer is a stream, which is then listened to while it is read */
export function listenToStream(answer: unknown, operation: Operation, call: ObservedCall): boolean {
  const stream = answer as { iterator?: () => AsyncIterator<unknown> } | null | undefined;
  const iterator = stream?.iterator;
  if (typeof iterator !== "function" || !(Symbol.asyncIterator in Object(stream))) return false;
  const listener = new OpenAiStream(operation, call);
  stream!.iterator = () => listener.listen(iterator.call(stream));
  return true;
}

/** Listens to a stream while its reader reads it: nothing is read ahead, held back or changed. A stream that nobody reads tells nothing. */
class OpenAiStream {
  readonly #operation: Operation;
  readonly #call: ObservedCall;
  /** The whole answer as far as it has come; of chat it is put together from its pieces. */
  #answer: Record<string, unknown> = {};
  readonly #choices = new Map<number, Record<string, unknown>>();

  constructor(operation: Operation, call: ObservedCall) {
    this.#operation = operation;
    this.#call = call;
  }

  listen(source: AsyncIterator<unknown>): AsyncIterableIterator<unknown> {
    const listened: AsyncIterableIterator<unknown> = {
      next: async () => {
        try {
          const step = await source.next();
          if (step.done) this.#end({});
          else this.#hear(step.value);
          return step;
        } catch (error) {
          this.#end({ failure: errorType(error) });
          throw error;
        }
      },
      // The reader has had enough: what the model would still have said, nobody knows.
      return: async (value?: unknown) => {
        this.#end({ unknown: true });
        return (await source.return?.(value)) ?? { done: true, value };
      },
      throw: async (error?: unknown) => {
        this.#end({ failure: errorType(error) });
        if (source.throw === undefined) throw error;
        return await source.throw(error);
      },
      [Symbol.asyncIterator]: () => listened,
    };
    return listened;
  }

  #end(end: { failure?: string; unknown?: boolean }): void {
    const choices = [...this.#choices.values()];
    const { attributes, failure } = responseFacts(
      this.#operation,
      choices.length === 0 ? this.#answer : { ...this.#answer, choices },
    );
    this.#call.end(attributes, failure === undefined ? end : { failure });
  }

  #hear(event: unknown): void {
    const { response, choices, ...rest } = fields(event);
    if (this.#operation === "responses") {
      // Each event about the whole answer brings all of it that there is.
      if (response !== undefined) this.#answer = { ...fields(response) };
      return;
    }
    for (const [name, value] of Object.entries(rest)) if (value !== null && value !== undefined) this.#answer[name] = value;
    for (const choice of list(choices).map(fields)) this.#add(choice);
  }

  #add({ index, delta, text, finish_reason: reason }: Fields): void {
    const at = typeof index === "number" ? index : 0;
    const choice = this.#choices.get(at) ?? {};
    this.#choices.set(at, choice);
    if (isText(text)) choice.text = `${isText(choice.text) ? choice.text : ""}${text}`;
    if (delta !== undefined) choice.message = joined(choice.message, delta);
    if (reason !== null && reason !== undefined) choice.finish_reason = reason;
  }
}

/** A piece of a message joined to what there is of it: texts grow, lists are joined by their elements' `index`. */
function joined(whole: unknown, piece: unknown): unknown {
  if (whole === undefined || whole === null) return piece;
  if (piece === undefined || piece === null) return whole;
  if (isText(whole) && isText(piece)) return whole + piece;
  if (Array.isArray(whole) && Array.isArray(piece)) {
    const all: unknown[] = [...(whole as unknown[])];
    for (const part of piece as unknown[]) {
      const { index } = fields(part);
      const at = all.findIndex((known) => index !== undefined && fields(known).index === index);
      if (at < 0) all.push(part);
      else all[at] = joined(all[at], part);
    }
    return all;
  }
  if (typeof whole !== "object" || typeof piece !== "object") return piece;
  const all: Record<string, unknown> = { ...whole };
  // What names a thing comes once, in its first piece.
  for (const [name, value] of Object.entries(piece))
    all[name] = name === "id" || name === "role" || name === "type" ? (all[name] ?? value) : joined(all[name], value);
  return all;
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
