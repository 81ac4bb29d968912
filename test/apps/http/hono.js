// A Hono 4 application on @hono/node-server.
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const invoices = new Hono();
invoices.post("/:id", async (c) => c.json({ id: c.req.param("id"), got: await c.req.json() }, 201));
const app = new Hono();
app.use(async (c, next) => {
  if (c.req.header("x-user")) c.set("user", { id: c.req.header("x-user") });
  await next();
});
app.route("/invoices", invoices);
app.post("/upload", async (c) => c.json({ bytes: (await c.req.arrayBuffer()).byteLength }));
app.post("/hang", () => new Promise(() => {}));
serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => console.log(`port ${port}`));
