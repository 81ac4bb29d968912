// A Koa 3 application with @koa/router.
import Router from "@koa/router";
import Koa from "koa";

const router = new Router({ prefix: "/invoices" });
router.post("/:id", async (context) => {
  const chunks = [];
  for await (const chunk of context.req) chunks.push(chunk);
  context.status = 201;
  context.body = { id: context.params.id, got: JSON.parse(Buffer.concat(chunks).toString()) };
});
const plain = new Router();
plain.post("/upload", async (context) => {
  let bytes = 0;
  for await (const chunk of context.req) bytes += chunk.length;
  context.body = { bytes };
});
plain.post("/hang", () => new Promise(() => {}));
const app = new Koa();
app.use(async (context, next) => {
  if (context.headers["x-user"]) context.state.user = { id: context.headers["x-user"] };
  await next();
});
app.use(router.routes()).use(plain.routes());
const server = app.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
