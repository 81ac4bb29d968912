// fake-ai-service.ts: the services' HTTP interfaces, as far as the clients here need them: OpenAI's chat, responses and embeddings, Anthropic's messages; whole and as streams.
// A model named `missing` is not there.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";

const CALL = { id: "call_1", type: "function", function: { name: "refund", arguments: '{"mail":"ann@example.com"}' } };
const usage = { prompt_tokens: 12, completion_tokens: 34, total_tokens: 46, prompt_tokens_details: { cached_tokens: 5 } };
const chat = {
  ...{ id: "chatcmpl-1", object: "chat.completion", created: 1, model: "fake-1-2026", usage },
  choices: [{ index: 0, finish_reason: "tool_calls", message: { role: "assistant", content: "soon", tool_calls: [CALL] } }],
};
const piece = (delta: object, finish_reason: string | null = null): object => ({
  ...{ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "fake-1-2026" },
  choices: [{ index: 0, delta, finish_reason }],
});
const chatPieces = [
  piece({ role: "assistant", content: "so" }),
  piece({ content: "on" }),
  piece({ tool_calls: [{ index: 0, ...CALL, function: { name: "refund", arguments: '{"mail":' } }] }),
  piece({ tool_calls: [{ index: 0, function: { arguments: '"ann@example.com"}' } }] }),
  piece({}, "tool_calls"),
  { ...piece({}), choices: [], usage },
];
const answer = {
  ...{
    id: "resp_1",
    object: "response",
    created_at: 1,
    status: "completed",
    model: "fake-1-2026",
    parallel_tool_calls: false,
    tools: [],
  },
  output: [
    {
      ...{ type: "message", id: "msg_1", role: "assistant", status: "completed" },
      content: [{ type: "output_text", text: "done ann@example.com", annotations: [] }],
    },
  ],
  usage: {
    input_tokens: 12,
    output_tokens: 34,
    total_tokens: 46,
    input_tokens_details: { cached_tokens: 5 },
    output_tokens_details: { reasoning_tokens: 0 },
  },
};
const answerPieces = [
  { type: "response.created", sequence_number: 0, response: { ...answer, status: "in_progress", output: [], usage: null } },
  { type: "response.completed", sequence_number: 1, response: answer },
];
const message = {
  ...{ id: "msg_1", type: "message", role: "assistant", model: "fake-1-2026", stop_reason: "end_turn", stop_sequence: null },
  ...{ content: [{ type: "text", text: "done ann@example.com" }], usage: { input_tokens: 12, output_tokens: 34 } },
};
const embeddings = {
  ...{ object: "list", model: "fake-1-2026", usage: { prompt_tokens: 12, total_tokens: 12 } },
  data: [{ object: "embedding", index: 0, embedding: [0.5, 0.25] }],
};
const ANSWERS: Readonly<Record<string, readonly [object, readonly object[]]>> = {
  "/v1/chat/completions": [chat, chatPieces],
  "/v1/responses": [answer, answerPieces],
  "/v1/messages": [message, []],
  "/v1/embeddings": [embeddings, []],
};

/** @returns its base URL, without `/v1` */
export async function startFakeAiService(t: TestContext): Promise<string> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const { model, stream } = JSON.parse(body || "{}") as { model?: string; stream?: boolean };
    const [whole, pieces] = ANSWERS[request.url ?? ""] ?? [];
    const json = { "content-type": "application/json", "x-request-id": "req_1" };
    if (whole === undefined || model === "missing") {
      response.writeHead(404, json).end(JSON.stringify({ error: { message: "no such model", code: "model_not_found" } }));
      return;
    }
    if (stream !== true) {
      response.writeHead(200, json).end(JSON.stringify(whole));
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const piece of pieces ?? []) response.write(`data: ${JSON.stringify(piece)}\n\n`);
    response.end("data: [DONE]\n\n");
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
