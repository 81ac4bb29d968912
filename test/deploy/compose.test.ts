// deploy/compose.yaml, as far as it can be checked without an engine: pinned images, no secret with a default, files that are there, and a
// receiver that would take its environment.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { loadConfig } from "@proofline/receiver";
import { parse } from "yaml";
import { ROOT, readText } from "./chart.ts";
import { instructionsOf } from "./dockerfile.ts";

interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string; readonly target?: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly privileged?: boolean;
}

const text = readText("deploy/compose.yaml");
const compose = parse(text, { merge: true }) as { services: Record<string, Service>; volumes: Record<string, unknown> };
const services = Object.entries(compose.services);

describe("deploy/compose.yaml", () => {
  test("has the receiver, the stores, the senders and the demo", () => {
    assert.deepEqual(Object.keys(compose.services).sort(), [
      ...["collector", "demo", "fluent-bit", "grafana", "loki", "prometheus", "proofline"],
    ]);
  });

  test("pins every image, and builds ours from the Dockerfile", () => {
    for (const [name, { image, build }] of services) {
      assert.match(image, /:v?\d+\.\d+\.\d+$/, name);
      if (build === undefined) continue;
      assert.ok(existsSync(join(ROOT, "deploy", build.context, build.dockerfile)), name);
      const stages = instructionsOf(readText("deploy/docker/Dockerfile")).filter((one) => one.name === "FROM");
      if (build.target !== undefined)
        assert.ok(
          stages.some((one) => one.text.endsWith(` AS ${build.target}`)),
          name,
        );
    }
  });

  test("has the versions that the chart has", () => {
    const values = parse(readText("helm/proofline/values.yaml")) as Record<
      string,
      { image: { repository: string; tag: string } }
    >;
    for (const [name, key] of [
      ["loki", "loki"],
      ["fluent-bit", "fluentBit"],
    ] as const) {
      const { repository, tag } = values[key]!.image;
      assert.equal(compose.services[name]!.image, `${repository}:${tag}`);
    }
  });

  test("asks for secrets, and has none", () => {
    const variables = [...text.matchAll(/(?<!\$)\$\{([^}]*)\}/g)].map(([, inner]) => inner!);
    assert.ok(variables.length > 0);
    for (const inner of variables) assert.match(inner, /^[A-Z_]+:\?./, "a variable that is not set must be an error");
    for (const [name, { environment }] of services)
      for (const [key, value] of Object.entries(environment ?? {}))
        if (/PASSWORD|TOKEN|SECRET/.test(key)) assert.match(value, /^\$\{|^none$/, `${name}: ${key}`);
  });

  test("locks every container up, and publishes on loopback only", () => {
    for (const [name, service] of services) {
      assert.equal(service.read_only, true, name);
      assert.deepEqual(service.cap_drop, ["ALL"], name);
      assert.equal(service.privileged, undefined, name);
      for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:/, name);
    }
  });

  test("mounts files that are there", () => {
    const sources = services.flatMap(([, { volumes }]) => (volumes ?? []).map((volume) => volume.split(":")[0]!));
    const files = sources.filter((source) => source.startsWith("."));
    assert.ok(files.length >= 9);
    for (const file of files) assert.ok(existsSync(join(ROOT, "deploy", file)), file);
    for (const name of sources.filter((source) => /^[a-z]/.test(source))) assert.ok(name in compose.volumes, name);
  });

  test("gives Loki, Grafana, Fluent Bit and the Collector every variable that their files name", () => {
    const named = (path: string, pattern: RegExp): string[] => [...readText(path).matchAll(pattern)].map(([, name]) => name!);
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ["grafana", named("deploy/grafana/provisioning/datasources/proofline.yaml", /(?<!\$)\$([A-Z][A-Z_]{2,})/g)],
      ["grafana", named("deploy/grafana/provisioning/dashboards/proofline.yaml", /(?<!\$)\$([A-Z][A-Z_]{2,})/g)],
      ["fluent-bit", named("deploy/fluent-bit/fluent-bit.yaml", /\$\{([A-Z_]+)\}/g)],
      ["collector", named("otel-collector-config.yaml", /\$\{env:([A-Z_]+)/g)],
    ];
    for (const [service, names] of cases) {
      assert.ok(names.length > 0, service);
      for (const name of names) assert.ok(name in compose.services[service]!.environment!, `${service}: ${name}`);
    }
  });

  test("starts a receiver that takes its environment, the image's own included", () => {
    const env = instructionsOf(readText("deploy/docker/Dockerfile")).filter(({ name }) => name === "ENV");
    const own = env.flatMap(({ text: words }) => words.split(/\s+/).map((word) => word.split("=", 2) as [string, string]));
    const environment = new Map([...own, ...Object.entries(compose.services.proofline!.environment!)]);
    const config = loadConfig({ file: undefined, flags: {}, flagNames: {}, environment });
    assert.equal(config.log, "audit.example.com/compose");
    assert.equal(config.data, "/var/lib/proofline");
    assert.equal(config.sinks.loki?.url, "http://loki:3100");
    assert.match(readText("deploy/prometheus/prometheus.yaml"), new RegExp(`proofline:${config.admin.http?.port}\\b`));
  });
});
