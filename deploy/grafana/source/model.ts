// model.ts: what a dashboard is to us: titles, questions and units. How Grafana spells that is json.ts. Knows no question.

export type Source = "loki" | "prometheus";
export type Kind = "stat" | "timeseries" | "table" | "bars" | "logs";
export type Unit = "short" | "s" | "bytes" | "percentunit" | "reqps" | "cps" | "none";

export interface Query {
  readonly expr: string;
  /** Grafana's `{{label}}`, as the series is named. */
  readonly legend?: string;
}

export interface Panel {
  readonly title: string;
  /** What it shows, and what to do when it is not as it should be. */
  readonly about: string;
  readonly source: Source;
  readonly kind: Kind;
  readonly queries: readonly Query[];
  readonly unit?: Unit;
  /** From this value on it is red; below it green. */
  readonly redFrom?: number;
  /** Of 24 columns. */
  readonly width?: number;
  readonly height?: number;
  readonly links?: readonly Link[];
}

/** On a field of a table. `url` may use Grafana's `${__value.raw}` and `${__data.fields.NAME}`. */
export interface Link {
  readonly field: string;
  readonly title: string;
  readonly url: string;
}

export type Variable =
  | { readonly kind: "datasource"; readonly name: string; readonly label: string; readonly type: string }
  | { readonly kind: "label"; readonly name: string; readonly label: string; readonly of: string; readonly source: Source }
  | { readonly kind: "text"; readonly name: string; readonly label: string; readonly value: string };

export interface Dashboard {
  /** Stable: links and bookmarks hold on to it. Also the file's name. */
  readonly uid: string;
  readonly title: string;
  readonly about: string;
  readonly range: string;
  readonly variables: readonly Variable[];
  readonly panels: readonly Panel[];
}

const LOKI: Variable = { kind: "datasource", name: "loki", label: "Logs", type: "loki" };
const PROMETHEUS: Variable = { kind: "datasource", name: "prometheus", label: "Metrics", type: "prometheus" };
const LOG: Variable = { kind: "label", name: "log", label: "Log", of: "log", source: "loki" };
const SERVICE: Variable = { kind: "label", name: "service", label: "Service", of: "service_name", source: "loki" };
const TENANT: Variable = { kind: "label", name: "tenant", label: "Tenant", of: "tenant", source: "loki" };
const INSTANCE: Variable = { kind: "label", name: "instance", label: "Receiver", of: "instance", source: "prometheus" };

export const OF_LINES: readonly Variable[] = [LOKI, LOG, SERVICE, TENANT];
export const OF_METRICS: readonly Variable[] = [PROMETHEUS, INSTANCE];
export const OF_BOTH: readonly Variable[] = [PROMETHEUS, ...OF_LINES, INSTANCE];

/** The lines that the variables pick. A label that nobody sets matches `.*`. */
export const LINES = '{type="line", log=~"$log", service_name=~"$service", tenant=~"$tenant"}';

/** A metric of the receivers that the variable picks. @param more further matchers */
export function metric(name: string, more = ""): string {
  return `proofline_${name}{instance=~"$instance"${more === "" ? "" : `, ${more}`}}`;
}

/** Takes an attribute of the line out as a label. */
export function attribute(label: string, name: string): string {
  return `json ${label}=${JSON.stringify(`attributes[${JSON.stringify(name)}]`)}`;
}
