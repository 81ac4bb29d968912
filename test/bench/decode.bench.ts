// decode.bench.ts: decoding an export request of 512 audit records, ours and protobufjs in one run. Records a second, one core.
// Run: node --conditions=@proofline/source test/bench/decode.bench.ts

import { arch, cpus } from "node:os";
import { type Decoded, decodeLogsJson, decodeLogsProtobuf } from "@proofline/receiver";
import { Bench } from "tinybench";
import { auditRequest, ExportLogsServiceRequest, encodeRequest, requestToJson } from "../support/otlp.ts";

const RECORDS = 512;
const request = auditRequest({ seed: 1, records: RECORDS });
const protobuf = encodeRequest(request);
const text = requestToJson(request);
const json = new TextEncoder().encode(text);

/** Keeps results alive, so that no work can be left out. */
let seen = 0;
function count(decoded: Decoded): void {
  if (decoded.records.length !== RECORDS || decoded.records.some(({ record }) => record.quarantine))
    throw new Error("not what was sent");
  seen += decoded.records.length;
}

const bench = new Bench({ time: 2_000, warmupTime: 500 });
bench.add("protobuf: decodeLogsProtobuf", () => count(decodeLogsProtobuf(protobuf)));
bench.add("protobuf: protobufjs decode, to its own objects", () => {
  seen += (ExportLogsServiceRequest.decode(protobuf) as unknown as { resourceLogs: unknown[] }).resourceLogs.length;
});
bench.add("json: decodeLogsJson", () => count(decodeLogsJson(json)));
bench.add("json: JSON.parse, inexact, to plain objects", () => {
  seen += (JSON.parse(new TextDecoder().decode(json)) as { resourceLogs: unknown[] }).resourceLogs.length;
});
await bench.run();

console.log(
  `${process.version} ${arch()} ${cpus()[0]?.model ?? ""}; ${Math.round(protobuf.length / RECORDS)} bytes a record in protobuf, ${Math.round(json.length / RECORDS)} in JSON; ${seen} seen`,
);
console.table(
  bench.tasks.map((task) => {
    const result = task.result;
    if (result.state !== "completed") throw new Error(`${task.name}: ${result.state}`);
    const bytes = task.name.startsWith("json") ? json.length : protobuf.length;
    return {
      name: task.name,
      "records/s, median": Math.round((RECORDS * 1e3) / result.latency.p50),
      "records/s, best": Math.round((RECORDS * 1e3) / result.latency.min),
      "MB/s": Math.round(bytes / 1e3 / result.latency.p50),
      "µs/record": ((result.latency.p50 * 1e3) / RECORDS).toFixed(2),
      "±%": result.latency.rme.toFixed(1),
    };
  }),
);
