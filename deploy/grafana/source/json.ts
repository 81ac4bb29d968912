// json.ts: a dashboard in Grafana's own words (the classic model, schemaVersion 42 of Grafana 12 and 13): places on the grid, ids, field
// options. Everything is in the order that Grafana writes, so that an exported dashboard can be compared.

import type { Dashboard, Kind, Panel, Query, Source, Variable } from "./model.ts";

const SCHEMA_VERSION = 42;
const COLUMNS = 24;
const TYPES: Readonly<Record<Kind, string>> = {
  stat: "stat",
  timeseries: "timeseries",
  table: "table",
  bars: "barchart",
  logs: "logs",
};
const WIDTHS: Readonly<Record<Kind, number>> = { stat: 4, timeseries: 12, table: 8, bars: 12, logs: 24 };
const HEIGHTS: Readonly<Record<Kind, number>> = { stat: 4, timeseries: 8, table: 8, bars: 8, logs: 10 };

/** The dashboard as a JSON value; equal for equal input. */
export function dashboardJson(d: Dashboard): object {
  return {
    annotations: { list: d.variables.some(({ name }) => name === "loki") ? [restarts()] : [] },
    description: d.about,
    editable: false,
    fiscalYearStartMonth: 0,
    graphTooltip: 1,
    links: [
      {
        asDropdown: true,
        icon: "external link",
        includeVars: true,
        keepTime: true,
        tags: ["proofline"],
        title: "Proofline",
        type: "dashboards",
      },
    ],
    panels: placed(d.panels),
    refresh: "1m",
    schemaVersion: SCHEMA_VERSION,
    tags: ["proofline"],
    templating: { list: d.variables.map(variableJson) },
    time: { from: `now-${d.range}`, to: "now" },
    timepicker: {},
    timezone: "utc",
    title: d.title,
    uid: d.uid,
    version: 1,
    weekStart: "",
  };
}

/** When a receiver started, stopped or got another configuration: what an auditor asks first when a number jumps. */
function restarts(): object {
  const expr = '{type="line", log=~"$log"} | event=~"proofline[.](receiver|config|policy)[.].+"';
  return {
    datasource: reference("loki"),
    enable: true,
    expr,
    iconColor: "blue",
    name: "Receiver",
    titleFormat: "{{event}}",
    tagKeys: "event",
  };
}

function placed(panels: readonly Panel[]): object[] {
  let x = 0;
  let y = 0;
  let tallest = 0;
  return panels.map((panel, index) => {
    const w = panel.width ?? WIDTHS[panel.kind];
    const h = panel.height ?? HEIGHTS[panel.kind];
    if (x + w > COLUMNS) {
      x = 0;
      y += tallest;
      tallest = 0;
    }
    const json = panelJson(panel, index + 1, { h, w, x, y });
    x += w;
    tallest = Math.max(tallest, h);
    return json;
  });
}

function panelJson(panel: Panel, id: number, gridPos: object): object {
  return {
    datasource: reference(panel.source),
    description: panel.about,
    fieldConfig: {
      defaults: {
        color: { mode: panel.redFrom === undefined ? "palette-classic" : "thresholds" },
        unit: panel.unit ?? "short",
        thresholds: {
          mode: "absolute",
          steps: [
            { color: "green", value: null },
            ...(panel.redFrom === undefined ? [] : [{ color: "red", value: panel.redFrom }]),
          ],
        },
      },
      overrides: (panel.links ?? []).map(({ field, title, url }) => ({
        matcher: { id: "byName", options: field },
        properties: [{ id: "links", value: [{ title, url, targetBlank: true }] }],
      })),
    },
    gridPos,
    id,
    options: options(panel.kind),
    targets: panel.queries.map((query, index) => target(panel, query, String.fromCharCode(65 + index))),
    title: panel.title,
    ...(panel.kind === "table" || panel.kind === "bars"
      ? { transformations: panel.links === undefined ? tidy() : fieldsOfLines() }
      : {}),
    type: TYPES[panel.kind],
  };
}

function target(panel: Panel, { expr, legend }: Query, refId: string): object {
  const overTime = panel.kind === "timeseries" || panel.kind === "logs" || panel.links !== undefined;
  const shared = {
    datasource: reference(panel.source),
    expr,
    legendFormat: panel.kind === "table" || panel.kind === "bars" ? "" : (legend ?? ""),
    refId,
  };
  if (panel.source === "loki")
    return { ...shared, queryType: overTime ? "range" : "instant", ...(overTime ? {} : { instant: true }) };
  return {
    ...shared,
    format: panel.kind === "table" || panel.kind === "bars" ? "table" : "time_series",
    instant: !overTime,
    range: overTime,
  };
}

function options(kind: Kind): object {
  switch (kind) {
    case "stat":
      return {
        colorMode: "background",
        graphMode: "none",
        justifyMode: "auto",
        reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
        textMode: "auto",
      };
    case "timeseries":
      return {
        legend: { calcs: ["max", "lastNotNull"], displayMode: "table", placement: "bottom", showLegend: true },
        tooltip: { mode: "multi", sort: "desc" },
      };
    case "bars":
      return {
        legend: { displayMode: "list", placement: "bottom", showLegend: false },
        orientation: "horizontal",
        showValue: "auto",
      };
    case "table":
      return { cellHeight: "sm", showHeader: true };
    case "logs":
      return {
        dedupStrategy: "none",
        enableLogDetails: true,
        prettifyLogMessage: true,
        showTime: true,
        sortOrder: "Descending",
        wrapLogMessage: true,
      };
  }
}

/** Counts: Loki's answer is a frame a series; here they become rows, a column a label, largest first, without the time. */
function tidy(): object[] {
  return [
    { id: "labelsToFields", options: { mode: "columns" } },
    { id: "merge", options: {} },
    { id: "organize", options: { excludeByName: { Time: true }, renameByName: { Value: "Count", "Value #A": "Count" } } },
    { id: "sortBy", options: { sort: [{ field: "Count", desc: true }] } },
  ];
}

/** A table of lines: labels and structured metadata become columns. */
function fieldsOfLines(): object[] {
  return [
    { id: "extractFields", options: { source: "labels", replace: false, keepTime: true } },
    {
      id: "organize",
      options: { excludeByName: { labels: true, labelTypes: true, tsNs: true, id: true, type: true }, renameByName: {} },
    },
  ];
}

function variableJson(v: Variable): object {
  const shared = { name: v.name, label: v.label, hide: 0, skipUrlSync: false };
  if (v.kind === "datasource")
    return {
      ...shared,
      type: "datasource",
      query: v.type,
      regex: "",
      multi: false,
      includeAll: false,
      refresh: 1,
      current: {},
      options: [],
    };
  if (v.kind === "text") {
    const current = { text: v.value, value: v.value };
    return { ...shared, type: "textbox", query: v.value, current, options: [{ ...current, selected: true }] };
  }
  const query =
    v.source === "loki"
      ? { label: v.of, refId: v.name, stream: '{type="line"}', type: 1 }
      : { query: `label_values(proofline_ready, ${v.of})`, refId: v.name };
  return {
    ...{ ...shared, type: "query", datasource: reference(v.source), query, regex: "", refresh: 2, sort: 1, multi: true },
    ...{ includeAll: true, allValue: ".*", current: { text: ["All"], value: ["$__all"] }, options: [] },
  };
}

/** The data source that the dashboard's variable names. */
function reference(source: Source): object {
  return { type: source, uid: `\${${source}}` };
}
