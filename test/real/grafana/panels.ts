// panels.ts: the panels as they are delivered, read from the JSON files that Grafana reads, with their variables filled in as Grafana would.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DEPLOY } from "./loki.ts";

export interface DeliveredQuery {
  /** `proofline-activity/By actor` */
  readonly panel: string;
  readonly index: number;
  readonly source: "loki" | "prometheus";
  readonly expr: string;
}

interface DashboardFile {
  readonly uid: string;
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string; readonly datasource: { readonly type: string } }[];
  }[];
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly type: string;
      readonly query: unknown;
      readonly allValue?: string;
    }[];
  };
}

/** @param range what `$__range` and its like become; @param o values of variables, before those that the dashboard has itself */
export function deliveredQueries(range: string, o: Readonly<Record<string, string>> = {}): DeliveredQuery[] {
  const folder = join(DEPLOY, "grafana", "dashboards");
  return readdirSync(folder).flatMap((name) => {
    const dashboard = JSON.parse(readFileSync(join(folder, name), "utf8")) as DashboardFile;
    const values = new Map<string, string>();
    for (const special of ["__range", "__interval", "__rate_interval", "__auto"]) values.set(special, range);
    for (const { name: variable, type, query, allValue } of dashboard.templating.list) {
      values.set(variable, o[variable] ?? allValue ?? (type === "textbox" ? String(query) : ""));
    }
    return dashboard.panels.flatMap(({ title, targets }) =>
      targets.map(({ expr, datasource }, index) => ({
        ...{ panel: `${dashboard.uid}/${title}`, index, source: datasource.type as DeliveredQuery["source"] },
        expr: filled(expr, values),
      })),
    );
  });
}

/** @throws when the query uses a variable that the dashboard does not have */
function filled(expr: string, values: ReadonlyMap<string, string>): string {
  // LogQL's own templates have variables too: `{{ $n := … }}`
  return expr.replaceAll(/\{\{[^}]*\}\}|\$(\w+)/g, (whole, name: string | undefined) => {
    if (name === undefined) return whole;
    const value = values.get(name);
    if (value === undefined) throw new Error(`$${name} is no variable of the dashboard: ${expr}`);
    return value;
  });
}
