// Calls of Anthropic's client, whose own spans are on by default; knows nothing of audit. The argument is where the service is.
import Anthropic from "@anthropic-ai/sdk";

const anthropic = new Anthropic({ apiKey: "none", baseURL: process.argv[2], maxRetries: 0 });
const messages = [{ role: "user", content: "refund ann@example.com" }];
console.log((await anthropic.messages.create({ model: "fake-1", max_tokens: 10, messages })).id);
await anthropic.messages.create({ model: "missing", max_tokens: 10, messages }).catch((error) => console.log(error.status));
console.log("done");
