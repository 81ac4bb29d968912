// A Fastify 5 application.
import { fastify } from "fastify";

const app = fastify();
app.decorateRequest("user", null);
app.addHook("onRequest", async (request) => {
  if (request.headers["x-user"]) request.user = { id: request.headers["x-user"] };
});
app.addContentTypeParser("application/octet-stream", (_request, payload, done) => {
  let bytes = 0;
  payload.on("data", (chunk) => (bytes += chunk.length)).on("end", () => done(null, { bytes }));
});
app.register(
  async (invoices) => {
    invoices.post("/:id", async (request, reply) => reply.code(201).send({ id: request.params.id, got: request.body }));
  },
  { prefix: "/invoices" },
);
app.post("/upload", async (request) => request.body);
app.post("/hang", () => new Promise(() => {}));
await app.listen({ port: 0, host: "127.0.0.1" });
console.log(`port ${app.server.address().port}`);
