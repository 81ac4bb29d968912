// alert-files.ts: the alerts as each program wants them: Prometheus rules, rules of Loki's ruler, and Grafana's provisioning.

import { createHash } from "node:crypto";
import { ALERTS, type Alert } from "./alerts.ts";
import type { Source } from "./model.ts";

const DOCS = "docs/alerts.md#";

/** Rule groups, as Prometheus and Loki both read them. */
export function ruleGroups(source: Source): { groups: readonly { name: string; interval: string; rules: readonly Rule[] }[] } {
  const rules = ALERTS.filter((alert) => alert.source === source).map(rule);
  return { groups: [{ name: source === "loki" ? "proofline-lines" : "proofline-receivers", interval: "1m", rules }] };
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
}

function rule(alert: Alert): Rule {
  return {
    alert: alert.name,
    expr: alert.expr,
    for: alert.for,
    labels: { severity: alert.severity },
    annotations: { summary: alert.summary, description: alert.action, runbook: DOCS + alert.name.toLowerCase() },
  };
}

/**
 * Grafana's alert provisioning. The data sources are those of provisioning/datasources. A question that finds nothing is `OK`, but for
 * heartbeats; one that fails alerts, because an audit that cannot be asked is no audit.
 */
export function grafanaRules(): { apiVersion: number; groups: readonly GrafanaGroup[] } {
  const group = (source: Source, name: string): GrafanaGroup => ({
    ...{ orgId: 1, name, folder: "Proofline", interval: "1m" },
    rules: ALERTS.filter((alert) => alert.source === source).map(grafanaRule),
  });
  return { apiVersion: 1, groups: [group("prometheus", "proofline-receivers"), group("loki", "proofline-lines")] };
}

interface GrafanaGroup {
  readonly orgId: number;
  readonly name: string;
  readonly folder: string;
  readonly interval: string;
  readonly rules: readonly GrafanaRule[];
}

interface GrafanaRule {
  readonly uid: string;
  readonly title: string;
  readonly condition: string;
  readonly for: string;
  readonly noDataState: string;
  readonly execErrState: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
  readonly data: readonly GrafanaQuery[];
}

interface GrafanaQuery {
  readonly refId: string;
  readonly datasourceUid: string;
  readonly relativeTimeRange: { readonly from: number; readonly to: number };
  readonly queryType?: string;
  readonly model: { readonly [key: string]: string | boolean | readonly Evaluator[] };
}

interface Evaluator {
  readonly evaluator: { readonly type: string; readonly params: readonly number[] };
}

function grafanaRule(alert: Alert): GrafanaRule {
  const range = { from: 600, to: 0 };
  const question = {
    refId: "A",
    expr: alert.expr,
    ...(alert.source === "loki" ? { queryType: "instant" } : { instant: true, range: false }),
  };
  const { labels, annotations } = rule(alert);
  return {
    uid: `proofline-${createHash("sha256").update(alert.name).digest("hex").slice(0, 16)}`,
    title: alert.name,
    condition: "C",
    for: alert.for,
    noDataState: "OK", // a comparison that nothing satisfies is no data; the questions about absence answer when nothing is there
    execErrState: "Alerting",
    labels,
    annotations: { ...annotations, summary: annotations.summary.replaceAll("$value", "$values.A.Value") },
    data: [
      { refId: "A", datasourceUid: `proofline-${alert.source}`, relativeTimeRange: range, model: question },
      {
        ...{ refId: "C", datasourceUid: "__expr__", relativeTimeRange: range },
        model: { refId: "C", type: "threshold", expression: "A", conditions: [{ evaluator: { type: "gt", params: [0] } }] },
      },
    ],
  };
}
