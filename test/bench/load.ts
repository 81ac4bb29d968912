// load.ts: a load generator that costs almost nothing: bodies are encoded once, only the digits that number a request change in them, and what
// comes back is looked at no further than it must be. Runs in a process of its own, on the same cores as what it measures. Prints one JSON object.
//
//   node load.ts --transport http|grpc --target HOST:PORT --shape audit|telemetrygen --batch 512 --connections 4 --seconds 10 [--rate RECORDS_PER_S]

import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { parseArgs } from "node:util";
import { bodyOf, type Shape } from "./shapes.ts";

const { values } = parseArgs({
  options: {
    transport: { type: "string", default: "http" },
    target: { type: "string", default: "127.0.0.1:4318" },
    shape: { type: "string", default: "audit" },
    batch: { type: "string", default: "512" },
    connections: { type: "string", default: "4" },
    seconds: { type: "string", default: "10" },
    rate: { type: "string", default: "0" },
  },
});
const { target } = values;
const [batch, connections, seconds] = [values.batch, values.connections, values.seconds].map(Number) as [number, number, number];
/** Records a second to aim at; 0 is as fast as the receiver acknowledges. */
const rate = Number(values.rate);
const [host, port] = [target.slice(0, target.lastIndexOf(":")), Number(target.slice(target.lastIndexOf(":") + 1))];

/** Sends a body; resolves when it was acknowledged. */
type Send = (body: Buffer) => Promise<void>;

/** HTTP/1.1 by hand: the answers are short and come whole, or nearly so. */
async function httpSender(bytes: number): Promise<Send> {
  const socket = connect({ host, port, noDelay: true });
  await once(socket, "connect");
  const head = Buffer.from(
    `POST /v1/logs HTTP/1.1\r\nhost: ${target}\r\ncontent-type: application/x-protobuf\r\ncontent-length: ${bytes}\r\n\r\n`,
  );
  let answer = "";
  let waiting: PromiseWithResolvers<void> | undefined;
  const fail = (error: Error): void => waiting?.reject(error);
  socket.on("error", fail).on("close", () => fail(new Error("the connection was closed")));
  socket.setEncoding("latin1").on("data", (text: string) => {
    answer += text;
    const end = answer.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(answer)?.[1] ?? 0);
    if (answer.length < end + 4 + length) return;
    const status = answer.slice(9, 12);
    if (status === "200") waiting!.resolve();
    else waiting!.reject(new Error(`HTTP ${status} ${answer.slice(end + 4, end + 204)}`));
    answer = "";
  });
  return (body) => {
    waiting = Promise.withResolvers<void>();
    socket.cork();
    socket.write(head);
    socket.write(body);
    socket.uncork();
    return waiting.promise;
  };
}

/** One unary call after the other on a connection of its own. */
async function grpcSender(bytes: number): Promise<Send> {
  const session = connectHttp2(`http://${target}`);
  await once(session, "connect");
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(bytes, 1);
  const headers = {
    ":method": "POST",
    ":path": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    "content-type": "application/grpc",
    te: "trailers",
  };
  return (body) =>
    new Promise((resolve, reject) => {
      const call = session.request(headers);
      let status = "";
      const read = (sent: object): void => {
        status ||= (sent as Record<string, string | undefined>)["grpc-status"] ?? "";
      };
      call.on("response", read).on("trailers", read).on("error", reject);
      call.on("end", () => (status === "0" ? resolve() : reject(new Error(`gRPC status ${status}`))));
      call.resume();
      call.write(prefix);
      call.end(body);
    });
}

const latenciesMs: number[] = [];
let records = 0;
let errors = 0;
let firstError: string | undefined;
const open = values.transport === "grpc" ? grpcSender : httpSender;
const bodies = Array.from({ length: connections }, (_, index) => bodyOf(values.shape as Shape, batch, index));
const senders = await Promise.all(bodies.map(({ bytes }) => open(bytes.length)));
const cpuBefore = process.cpuUsage();
const started = performance.now();
const deadline = started + seconds * 1000;

async function connection(index: number): Promise<void> {
  const body = bodies[index]!;
  const intervalMs = rate === 0 ? 0 : (batch * connections * 1000) / rate;
  let next = started + (index * intervalMs) / connections;
  for (let request = 0; performance.now() < deadline; request++) {
    if (intervalMs > 0) {
      const waitMs = next - performance.now();
      if (waitMs > 0) await new Promise((resume) => setTimeout(resume, waitMs));
      next += intervalMs;
    }
    body.renumber(request);
    const sent = performance.now();
    try {
      await senders[index]!(body.bytes);
      records += batch;
      latenciesMs.push(performance.now() - sent);
    } catch (error) {
      errors += 1;
      firstError ??= String(error);
      await new Promise((resume) => setTimeout(resume, 50));
      senders[index] = await open(body.bytes.length);
    }
  }
}

await Promise.all(bodies.map((_, index) => connection(index)));
const elapsedSeconds = (performance.now() - started) / 1000;
const usage = process.cpuUsage(cpuBefore);
latenciesMs.sort((a, b) => a - b);
const quantile = (q: number): number =>
  latenciesMs[Math.min(latenciesMs.length - 1, Math.floor(latenciesMs.length * q))] ?? Number.NaN;
console.log(
  JSON.stringify({
    records,
    elapsedSeconds,
    recordsPerSecond: records / elapsedSeconds,
    ackP50Ms: quantile(0.5),
    ackP99Ms: quantile(0.99),
    bytesPerRecord: bodies[0]!.bytes.length / batch,
    generatorCpuSeconds: (usage.user + usage.system) / 1e6,
    errors,
    firstError,
  }),
);
process.exit(0);
