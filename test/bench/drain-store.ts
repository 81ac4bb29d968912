// drain-store.ts: a store for drain.ts, in a process of its own: answers 204 to every push, and looks whether the lines come in order and
// whole. Takes the pushes of the Loki sink and of the OTLP sink. Tells what it saw when it is asked: GET /seen.

import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";
import { decodeLogsProtobuf, defaultDecodeLimits } from "@proofline/receiver";

let next = 0;
let repeated = 0;
let problem = "";

function see(seq: number, isWhole: boolean): void {
  if (seq === next && isWhole) next += 1;
  else if (seq < next) repeated += 1;
  else problem ||= `line ${seq} came where ${next} was due`;
}

function seeLoki(body: Buffer): void {
  const { streams } = JSON.parse(body.toString()) as {
    streams: { stream: { type: string }; values: [string, string, { seq: string }][] }[];
  };
  for (const { stream, values } of streams) {
    if (stream.type !== "line") continue;
    for (const [, line, { seq }] of values) see(Number(seq), line.includes(`,"seq":${seq},"prev":"`) && line.endsWith("}"));
  }
}

function seeOtlp(body: Buffer): void {
  for (const { record } of decodeLogsProtobuf(body, defaultDecodeLimits).records) {
    const { attributes } = record;
    see(Number(attributes.get("proofline.seq")), typeof attributes.get("proofline.leaf_hash") === "string");
  }
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    if (request.method === "GET") return void response.end(JSON.stringify({ next, repeated, problem }));
    const whole = Buffer.concat(chunks);
    const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(whole) : whole;
    const isLoki = request.url?.startsWith("/loki/") === true;
    if (isLoki) seeLoki(body);
    else seeOtlp(body);
    response.writeHead(isLoki ? 204 : 200).end();
  });
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify(server.address())));
