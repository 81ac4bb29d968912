// An Express 5 application (Express 4 with `4` as its argument). Whoever sends x-user is that user; nothing here knows of audit.
const { default: express } = await import(process.argv[2] === "4" ? "express4" : "express");
const app = express();
app.use((request, _response, next) => {
  if (request.headers["x-user"]) request.user = { id: request.headers["x-user"] };
  next();
});
const invoices = express.Router();
invoices.post("/:id", express.json(), (request, response) =>
  response.status(201).json({ id: request.params.id, got: request.body }),
);
app.use("/invoices", invoices);
app.post("/upload", (request, response) => {
  let bytes = 0;
  request.on("data", (chunk) => (bytes += chunk.length)).on("end", () => response.json({ bytes }));
});
app.post("/hang", () => {});
const server = app.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
