// stand-in-receiver.ts: the receiver's two promises in forty lines (on disk before it acknowledges; an id is written once), for a
// test of the emitting side alone. Arguments: port, file.
import { closeSync, existsSync, fdatasyncSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import { createServer } from "node:http";
import { decodeRequest } from "../kit/otlp-receiver.ts";

const [port, path] = process.argv.slice(2) as [string, string];
const before = existsSync(path) ? readFileSync(path, "utf8") : "";
const whole = before.slice(0, before.lastIndexOf("\n") + 1);
if (whole.length < before.length) truncateSync(path, whole.length);
const known = new Set(whole.split("\n"));
const file = openSync(path, "a");

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const lines: string[] = [];
    for (const { id } of decodeRequest(Buffer.concat(chunks))) {
      if (known.has(id)) continue;
      known.add(id);
      lines.push(`${id}\n`);
    }
    writeSync(file, lines.join(""));
    fdatasyncSync(file);
    response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  });
}).listen(Number(port), "127.0.0.1", () => console.log("listening"));
process.on("exit", () => closeSync(file));
