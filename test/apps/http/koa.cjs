// A Koa application in CommonJS: what the register hook must reach without an import statement.
const Koa = require("koa");
const Router = require("@koa/router");
const router = new (Router.Router ?? Router)();
router.post("/invoices/:id", (context) => {
  context.status = 201;
  context.body = { id: context.params.id };
});
const app = new Koa();
app.use((context, next) => {
  if (context.headers["x-user"]) context.state.user = { sub: context.headers["x-user"] };
  return next();
});
app.use(router.routes());
const server = app.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
