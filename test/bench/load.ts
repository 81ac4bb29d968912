// load.ts: a load generator that costs almost nothing: bodies are encoded once, and only the record ids in them change from request to request.
// Runs in a process of its own, on the same cores as what it measures. Prints one JSON object.
//
//   node load.ts --transport http|grpc --target HOST:PORT --shape audit|telemetrygen --batch 512 --connections 4 --seconds 10 [--rate RECORDS_PER_S]

import { parseArgs } from "node:util";
import { type ClientUnaryCall, credentials, Client as GrpcClient, type ServiceError } from "@grpc/grpc-js";
import { Client } from "undici";
import { bodyOf, type Shape } from "./shapes.ts";

const { values } = parseArgs({
  options: {
    transport: { type: "string", default: "http" },
    target: { type: "string" },
    shape: { type: "string", default: "audit" },
    batch: { type: "string", default: "512" },
    connections: { type: "string", default: "4" },
    seconds: { type: "string", default: "10" },
    rate: { type: "string", default: "0" },
  },
});
const target = values.target ?? "127.0.0.1:4318";
const batch = Number(values.batch);
const connections = Number(values.connections);
const seconds = Number(values.seconds);
/** Records a second to aim at; 0 is as fast as the receiver acknowledges. */
const rate = Number(values.rate);

type Send = (body: Buffer) => Promise<void>;

function httpSender(): Send {
  const client = new Client(`http://${target}`, { pipelining: 1 });
  return async (body) => {
    const answer = await client.request({
      path: "/v1/logs",
      method: "POST",
      body,
      headers: { "content-type": "application/x-protobuf" },
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`HTTP ${answer.statusCode} ${text.slice(0, 200)}`);
  };
}

function grpcSender(): Send {
  const client = new GrpcClient(target, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  const same = (bytes: Buffer): Buffer => bytes;
  return (body) =>
    new Promise<void>((done, failed) => {
      const answered = (error: ServiceError | null): void => (error === null ? done() : failed(error));
      const _call: ClientUnaryCall = client.makeUnaryRequest(
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        same,
        same,
        body,
        answered,
      );
    });
}

const latenciesMs: number[] = [];
let records = 0;
let errors = 0;
let firstError: string | undefined;
const started = performance.now();
const deadline = started + seconds * 1000;

async function connection(index: number): Promise<void> {
  const send = values.transport === "grpc" ? grpcSender() : httpSender();
  const body = bodyOf(values.shape as Shape, batch);
  const intervalMs = rate === 0 ? 0 : (batch * connections * 1000) / rate;
  let next = started + (index * intervalMs) / connections;
  for (let request = 0; performance.now() < deadline; request++) {
    if (intervalMs > 0) {
      const waitMs = next - performance.now();
      if (waitMs > 0) await new Promise((resume) => setTimeout(resume, waitMs));
      next += intervalMs;
    }
    body.renumber(index, request);
    const sent = performance.now();
    try {
      await send(body.bytes);
      records += batch;
      latenciesMs.push(performance.now() - sent);
    } catch (error) {
      errors += 1;
      firstError ??= String(error);
      await new Promise((resume) => setTimeout(resume, 50));
    }
  }
}

await Promise.all(Array.from({ length: connections }, (_, index) => connection(index)));
const elapsedSeconds = (performance.now() - started) / 1000;
latenciesMs.sort((a, b) => a - b);
const quantile = (q: number): number =>
  latenciesMs[Math.min(latenciesMs.length - 1, Math.floor(latenciesMs.length * q))] ?? Number.NaN;
const usage = process.cpuUsage();
console.log(
  JSON.stringify({
    records,
    elapsedSeconds,
    recordsPerSecond: records / elapsedSeconds,
    ackP50Ms: quantile(0.5),
    ackP99Ms: quantile(0.99),
    bytesPerRecord: bodyOf(values.shape as Shape, batch).bytes.length / batch,
    generatorCpuSeconds: (usage.user + usage.system) / 1e6,
    errors,
    firstError,
  }),
);
process.exit(0);
