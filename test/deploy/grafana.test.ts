// What deploy/ gives to Grafana, Loki and Prometheus: the files are what the generator makes, and have the shape that Grafana reads. Grafana itself and its schema
// package are not here: the shape is held to what its provisioning documents. The questions in them are run by test/real/scenarios/grafana.ts.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { EVENT_CLASSES } from "@proofline/event";
import { parse } from "yaml";
import { ALERTS } from "../../deploy/grafana/source/alerts.ts";
import { DASHBOARDS, generatedFiles } from "../../deploy/grafana/source/files.ts";
import { COUNTERS, GAUGES, HISTOGRAMS, type MetricRow } from "../../packages/receiver/src/telemetry/names.ts";

const deploy = join(import.meta.dirname, "..", "..", "deploy");
const read = (path: string): string => readFileSync(join(deploy, path), "utf8");
const files = generatedFiles();

interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly datasource: { readonly type: string; readonly uid: string };
}
interface PanelJson {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource: Target["datasource"];
  readonly targets: readonly Target[];
}
interface DashboardJson {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly PanelJson[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
}

const dashboards = DASHBOARDS.map(({ uid }) => JSON.parse(files.get(`grafana/dashboards/${uid}.json`)!) as DashboardJson);

describe("the files that are made", () => {
  for (const [path, text] of files) {
    test(`${path} is what the generator makes (\`npx node deploy/grafana/make-dashboards.ts\`)`, () => {
      assert.ok(read(path) === text, "the file is not what its source says");
    });
  }

  test("are all there is: no dashboard is left from before", () => {
    const names = readdirSync(join(deploy, "grafana", "dashboards")).sort();
    assert.deepEqual(names, DASHBOARDS.map(({ uid }) => `${uid}.json`).sort());
  });

  test("are YAML that says what the table says", () => {
    const rules = parse(files.get("loki/rules/fake/proofline.yaml")!) as {
      groups: { rules: { alert: string; expr: string }[] }[];
    };
    const wanted = ALERTS.filter(({ source }) => source === "loki").map(({ name, expr }) => ({ alert: name, expr }));
    assert.deepEqual(
      rules.groups.flatMap((group) => group.rules.map(({ alert, expr }) => ({ alert, expr }))),
      wanted,
    );
  });
});

describe("a dashboard", () => {
  for (const dashboard of dashboards) {
    test(`${dashboard.uid} has ids, places and data sources as Grafana needs them`, () => {
      assert.match(dashboard.uid, /^[a-z-]{1,40}$/);
      assert.equal(dashboard.schemaVersion, 42);
      const ids = dashboard.panels.map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length);
      const variables = new Map(dashboard.templating.list.map(({ name, type }) => [name, type]));
      for (const panel of dashboard.panels) {
        const { x, y, w, h } = panel.gridPos;
        assert.ok(x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= 24, panel.title);
        assert.ok(["stat", "timeseries", "table", "barchart", "logs"].includes(panel.type), panel.type);
        assert.ok(panel.description.length > 20, panel.title);
        assert.ok(panel.targets.length > 0, panel.title);
        assert.equal(new Set(panel.targets.map(({ refId }) => refId)).size, panel.targets.length);
        for (const { datasource } of [panel, ...panel.targets]) {
          assert.equal(datasource.uid, `\${${datasource.type}}`, "a variable, never a uid");
          assert.equal(variables.get(datasource.type), "datasource", `${dashboard.uid} has the variable ${datasource.type}`);
        }
      }
    });

    test(`${dashboard.uid} has no panel that lies on another`, () => {
      for (const [i, a] of dashboard.panels.entries()) {
        for (const b of dashboard.panels.slice(i + 1)) {
          const p = a.gridPos;
          const q = b.gridPos;
          const apart = p.x + p.w <= q.x || q.x + q.w <= p.x || p.y + p.h <= q.y || q.y + q.h <= p.y;
          assert.ok(apart, `${a.title} and ${b.title}`);
        }
      }
    });
  }

  test("asks only for metrics that the receiver has", () => {
    const rows: readonly MetricRow[] = [...Object.values(COUNTERS), ...Object.values(GAUGES), ...Object.values(HISTOGRAMS)];
    const known = new Set(rows.flatMap(({ name }) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]));
    const exprs = dashboards
      .flatMap(({ panels }) => panels.flatMap(({ targets }) => targets))
      .filter(({ datasource }) => datasource.type === "prometheus");
    const alerts = ALERTS.filter(({ source }) => source === "prometheus");
    const asked = [...exprs, ...alerts].flatMap(({ expr }) => [...expr.matchAll(/\bproofline_\w+/g)].map(([name]) => name));
    assert.ok(asked.length > 40);
    for (const name of asked) assert.ok(known.has(name), name);
  });
});

describe("Grafana's provisioning", () => {
  const alerting = (name: string): unknown => parse(read(`grafana/provisioning/alerting/${name}.yaml`));

  test("names data sources by uids that it provisions", () => {
    const { datasources } = parse(read("grafana/provisioning/datasources/proofline.yaml")) as { datasources: { uid: string }[] };
    const uids = new Set([...datasources.map(({ uid }) => uid), "__expr__"]);
    const { groups } = alerting("rules") as {
      groups: { rules: { uid: string; title: string; condition: string; data: { refId: string; datasourceUid: string }[] }[] }[];
    };
    const rules = groups.flatMap((group) => group.rules);
    assert.deepEqual(
      rules.map(({ title }) => title),
      ALERTS.map(({ name }) => name),
    );
    assert.equal(new Set(rules.map(({ uid }) => uid)).size, rules.length);
    for (const { uid, condition, data } of rules) {
      assert.ok(uid.length <= 40 && /^[a-zA-Z0-9_-]+$/.test(uid));
      assert.ok(data.some(({ refId }) => refId === condition));
      for (const { datasourceUid } of data) assert.ok(uids.has(datasourceUid), datasourceUid);
    }
  });

  test("sends every severity to a contact point that it has, and holds no secret", () => {
    const { contactPoints } = alerting("contact-points") as {
      contactPoints: { name: string; receivers: { uid: string; type: string; settings: Record<string, string | boolean> }[] }[];
    };
    const { policies } = alerting("policies") as { policies: { receiver: string; routes: { receiver: string }[] }[] };
    const names = new Set(contactPoints.map(({ name }) => name));
    for (const { receiver, routes } of policies)
      for (const to of [receiver, ...routes.map((route) => route.receiver)]) assert.ok(names.has(to), to);
    const receivers = contactPoints.flatMap((point) => point.receivers);
    assert.deepEqual([...new Set(receivers.map(({ type }) => type))].sort(), ["email", "pagerduty", "slack", "webhook"]);
    assert.equal(new Set(receivers.map(({ uid }) => uid)).size, receivers.length);
    const secrets = receivers.flatMap(({ settings }) =>
      ["url", "integrationKey", "addresses", "authorization_credentials"].map((name) => settings[name]),
    );
    for (const value of secrets) if (value !== undefined) assert.match(String(value), /^\$PROOFLINE_[A-Z_]+$/);
  });

  test("tells of a question that cannot be asked", () => {
    const { groups } = alerting("rules") as { groups: { rules: { execErrState: string }[] }[] };
    assert.ok(groups.every(({ rules }) => rules.every(({ execErrState }) => execErrState === "Alerting")));
  });
});

describe("Loki's configurations", () => {
  interface LokiConfig {
    limits_config: {
      shard_streams: { enabled: boolean };
      deletion_mode: string;
      retention_period: string;
      increment_duplicate_timestamp: boolean;
      reject_old_samples_max_age: string;
    };
    querier: { query_ingesters_within: string };
    analytics: { reporting_enabled: boolean };
  }
  for (const name of ["single-binary", "object-storage"]) {
    test(`${name} keeps what the sink and verify count on`, () => {
      const config = parse(read(`loki/${name}.yaml`)) as LokiConfig;
      assert.equal(config.limits_config.shard_streams.enabled, false);
      assert.equal(config.limits_config.deletion_mode, "disabled");
      assert.equal(config.limits_config.retention_period, "0s");
      assert.equal(config.limits_config.increment_duplicate_timestamp, false);
      assert.equal(config.limits_config.reject_old_samples_max_age, "168h");
      assert.equal(config.querier.query_ingesters_within, "0s");
      assert.equal(config.analytics.reporting_enabled, false);
    });
  }

  test("differ in where things are kept, and in nothing else that limits", () => {
    const limits = (name: string): unknown => (parse(read(`loki/${name}.yaml`)) as LokiConfig).limits_config;
    assert.deepEqual(limits("single-binary"), limits("object-storage"));
  });

  test("keep every class of the registry for a time of its own", () => {
    const text = read("loki/overrides.yaml");
    for (const name of EVENT_CLASSES) assert.match(text, new RegExp(`class=~?"[a-z|]*\\b${name}\\b`));
  });
});

describe("docs/alerts.md", () => {
  test("has a heading for each alert, which its runbook link names", () => {
    const page = readFileSync(join(deploy, "..", "docs", "alerts.md"), "utf8");
    for (const { name } of ALERTS) assert.ok(page.includes(`\n### ${name}\n`), name);
  });
});
