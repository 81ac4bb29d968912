// model.ts: the model of the demo, behind the `ai` package's own mock, so that no network and no key is needed. It answers from the prompt it
// is given, as a model would: first it asks for the ledger, then it scores.

import { MockLanguageModelV4 } from "ai/test";

type CallOptions = Parameters<MockLanguageModelV4["doGenerate"]>[0];
type GenerateResult = Awaited<ReturnType<MockLanguageModelV4["doGenerate"]>>;

const usage = (input: number, output: number): GenerateResult["usage"] => ({
  inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: output, text: output, reasoning: 0 },
});

/** What the service asked about, from the words of its prompt. */
function invoiceIn(options: CallOptions): { id: string; amount: number } {
  const text = JSON.stringify(options.prompt);
  return { id: /invoice (\w+)/.exec(text)?.[1] ?? "unknown", amount: Number(/amount (\d+)/.exec(text)?.[1] ?? 0) };
}

/** Calls the ledger tool once, then answers with a score: 0.97 for small invoices, 0.41 for large ones. Fails for invoice 4719, as providers do. */
export function invoiceModel(): MockLanguageModelV4 {
  return new MockLanguageModelV4({
    provider: "mock-provider",
    modelId: "risk-scorer-2",
    doGenerate: async (options): Promise<GenerateResult> => {
      const { id, amount } = invoiceIn(options);
      if (id === "4719") throw new Error("the model provider answered 529: overloaded");
      const askedAlready = options.prompt.some((message) => message.role === "tool");
      if (!askedAlready) {
        return {
          content: [
            {
              type: "tool-call",
              toolCallId: `call_${id}`,
              toolName: "ledger_lookup",
              input: JSON.stringify({ invoice: id, password: "hunter2" }),
            },
          ],
          finishReason: { unified: "tool-calls", raw: "tool_calls" },
          usage: usage(412, 31),
          warnings: [],
          response: { id: `resp_${id}_1`, modelId: "risk-scorer-2-2026-10" },
        };
      }
      return {
        content: [{ type: "text", text: JSON.stringify({ confidence: amount < 10_000 ? 0.97 : 0.41 }) }],
        finishReason: { unified: "stop", raw: "stop" },
        usage: usage(655, 12),
        warnings: [],
        response: { id: `resp_${id}_2`, modelId: "risk-scorer-2-2026-10" },
      };
    },
  });
}
