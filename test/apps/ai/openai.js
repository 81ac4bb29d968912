// Calls of OpenAI's client; knows nothing of audit. The arguments: where the service is, and the names of the calls.
import OpenAI, { AzureOpenAI } from "openai";

const url = process.argv[2];
const openai = new OpenAI({ apiKey: "sk-none", baseURL: `${url}/v1`, maxRetries: 0 });
const messages = [{ role: "user", content: "refund ann@example.com" }];
const calls = {
  chat: async () => console.log((await openai.chat.completions.create({ model: "fake-1", messages, temperature: 0.5 })).id),
  chatStream: async () => {
    const stream = await openai.chat.completions.create({ model: "fake-1", messages, stream: true });
    for await (const piece of stream) console.log(piece.id);
  },
  chatRunner: async () => {
    const runner = openai.chat.completions.stream({ model: "fake-1", messages });
    console.log((await runner.finalChatCompletion()).choices[0].message.content);
  },
  responses: async () =>
    console.log((await openai.responses.create({ model: "fake-1", input: "refund ann@example.com" })).output_text),
  responsesStream: async () => {
    const stream = await openai.responses.create({ model: "fake-1", input: "x", stream: true });
    for await (const event of stream) console.log(event.type);
  },
  embeddings: async () => console.log((await openai.embeddings.create({ model: "fake-1", input: "x" })).model),
  missing: async () =>
    await openai.chat.completions.create({ model: "missing", messages }).catch((error) => console.log(error.name, error.status)),
  bare: async () => console.log((await openai.chat.completions.create({ model: "fake-1", messages }).asResponse()).status),
  withResponse: async () => {
    const { data, response, request_id } = await openai.chat.completions.create({ model: "fake-1", messages }).withResponse();
    console.log(data.id, response.status, request_id, data._request_id);
  },
  tee: async () => {
    const [left, right] = (await openai.chat.completions.create({ model: "fake-1", messages, stream: true })).tee();
    for await (const piece of left) console.log(piece.id);
    for await (const line of right.toReadableStream()) console.log(line.length);
  },
  leave: async () => {
    const stream = await openai.chat.completions.create({ model: "fake-1", messages, stream: true });
    for await (const piece of stream) {
      console.log(piece.id);
      break;
    }
  },
  listing: async () => await openai.models.list().catch((error) => console.log(error.constructor.name)),
};
if (typeof AzureOpenAI !== "function") throw new Error("no AzureOpenAI");
for (const name of process.argv.slice(3)) await calls[name]();
console.log("done");
