// files.ts: every file that is made, by its path below deploy/. The one place that says what goes where.

import { activity } from "./activity.ts";
import { ai } from "./ai.ts";
import { grafanaRules, ruleGroups } from "./alert-files.ts";
import { delivery } from "./delivery.ts";
import { explorer } from "./explorer.ts";
import { integrity } from "./integrity.ts";
import { dashboardJson } from "./json.ts";
import type { Dashboard } from "./model.ts";
import { yaml } from "./yaml.ts";

export const DASHBOARDS: readonly Dashboard[] = [integrity, delivery, activity, ai, explorer];

const MADE =
  "# Made by deploy/grafana/make-dashboards.ts from deploy/grafana/source/alerts.ts; edit that. docs/alerts.md says what each is for.\n";

/** Path below deploy/, and text. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const dashboard of DASHBOARDS) {
    files.set(`grafana/dashboards/${dashboard.uid}.json`, `${JSON.stringify(dashboardJson(dashboard), null, 2)}\n`);
  }
  files.set("prometheus/rules.yaml", MADE + yaml(ruleGroups("prometheus")));
  files.set("loki/rules/fake/proofline.yaml", MADE + yaml(ruleGroups("loki")));
  files.set("grafana/provisioning/alerting/rules.yaml", MADE + yaml(grafanaRules()));
  return files;
}
