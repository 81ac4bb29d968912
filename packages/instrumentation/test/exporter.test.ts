// Specifies delivery through a stock exporter.
import assert from "node:assert/strict";
import { test } from "node:test";
import { InMemoryLogRecordExporter } from "@opentelemetry/sdk-logs";
import { stockExporter } from "../src/deliver/exporter-sink.ts";
import { AuditError } from "../src/errors.ts";
import { event, fixture } from "./kit/fixture.ts";

test("records go through the exporter, redacted, and stderr says once what may be lost", async (t) => {
  const { audit, stderr } = await fixture(t);
  const exporter = new InMemoryLogRecordExporter();
  const instance = audit({ exporter });
  instance.record({ ...event(1), attributes: { password: "hunter2" } });
  instance.record(event(2));
  await instance.flush();
  const records = exporter.getFinishedLogRecords();
  assert.deepEqual(
    records.map(({ attributes }) => attributes["audit.record.id"]),
    ["id-1", "id-2"],
  );
  assert.notEqual(records[0]!.attributes.password, "hunter2");
  assert.equal(stderr.filter((line) => line.includes("without the spool")).length, 1);
});

test("commit believes the real OTLP exporter: resolves when it succeeds, rejects when it fails", async (t) => {
  const { audit, receiver } = await fixture(t);
  receiver.reply = () => ({ status: 400 });
  const failing = audit({ exporter: stockExporter({ url: `${receiver.endpoint}/v1/logs` }) });
  await assert.rejects(failing.commit(event()), (error) => error instanceof AuditError && error.code === "EXPORT_FAILED");
  const working = audit({ exporter: new InMemoryLogRecordExporter() });
  assert.partialDeepStrictEqual(await working.commit(event(2)), { id: "id-2", stream: "", number: 0 });
});
