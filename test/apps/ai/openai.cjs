// As openai.js, from CommonJS.
const OpenAI = require("openai");

const openai = new OpenAI({ apiKey: "sk-none", baseURL: `${process.argv[2]}/v1`, maxRetries: 0 });
openai.responses.create({ model: "fake-1", input: "refund ann@example.com" }).then(() => console.log("done"));
