// The values for other people's charts say the same as our own files do. Those charts are not here: what they make of the values is theirs.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { readText } from "./chart.ts";

type Tree = Record<string, unknown>;
const read = (path: string): Record<string, Tree> => parse(readText(path)) as Record<string, Tree>;

describe("values for the community's charts", () => {
  test("Loki has the limits of deploy/loki/single-binary.yaml", () => {
    const { loki } = read("helm/values/loki.yaml") as { loki: Record<string, Tree> };
    const own = read("deploy/loki/single-binary.yaml");
    for (const section of ["limits_config", "ingester", "querier"]) assert.deepEqual(loki[section], own[section], section);
    const { working_directory: _, ...compactor } = own.compactor!;
    assert.deepEqual(loki.compactor, compactor);
    assert.equal(loki.limits_config!.deletion_mode, "disabled");
    assert.deepEqual(loki.analytics, { reporting_enabled: false });
  });

  test("Fluent Bit has the pipeline of deploy/fluent-bit/fluent-bit.yaml, with the chart's name for its folder", () => {
    const { config } = read("helm/values/fluent-bit.yaml") as { config: Record<string, Tree> };
    const own = parse(readText("deploy/fluent-bit/fluent-bit.yaml").replaceAll(`\${BUFFERS}`, `\${STORAGE_PATH}`)) as Record<
      string,
      Tree
    >;
    assert.deepEqual(config.pipeline, own.pipeline);
    assert.deepEqual(config.parsers, own.parsers);
    const { http_server: _http, http_port: _port, "storage.path": _path, ...service } = own.service!;
    assert.deepEqual(config.service, service);
  });

  test("Fluent Bit gives nothing up: no limit on retries, buffers in files, synced", () => {
    const { service, pipeline } = read("deploy/fluent-bit/fluent-bit.yaml") as {
      service: Tree;
      pipeline: { inputs: Tree[]; filters: Tree[]; outputs: Tree[] };
    };
    assert.equal(service["storage.sync"], "full");
    assert.equal(service["storage.keep.rejected"], "on");
    for (const input of pipeline.inputs) assert.equal(input["storage.type"], "filesystem");
    for (const output of pipeline.outputs) {
      assert.equal(output.retry_limit, "no_limits", String(output.name));
      assert.equal(output["storage.total_limit_size"], undefined, "a full buffer would drop its oldest chunk");
    }
    const [rewrite] = pipeline.filters;
    assert.equal(rewrite!["emitter_storage.type"], "filesystem");
    // KEY REGEX NEW_TAG KEEP: the line goes one way, not both.
    const [key, regex, tag, keep] = String(rewrite!.rule).split(" ") as [string, string, string, string];
    assert.deepEqual([key, tag, keep], ["$log", "audit.$TAG", "false"]);
    const isAudit = new RegExp(regex);
    for (const line of ['{"audit.actor.id":"ann"}', '{"time":"x","audit.record.id":"1"}', '{ "audit.action" : "APPROVE" }'])
      assert.match(line, isAudit);
    for (const line of ["audit.actor.id=ann", '{"message":"hello"}', '{"audit.actions":1}']) assert.doesNotMatch(line, isAudit);
  });
});
