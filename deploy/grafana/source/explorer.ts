// explorer.ts: one record and what belongs to it: its trace, its workflow, and the place of its proof.

import { type Dashboard, LINES, OF_LINES, type Variable } from "./model.ts";

/** Text that the structured metadata of a line must match; `.*` also where there is none. */
const FILTERS: readonly (readonly [name: string, label: string])[] = [
  ["actor_id", "Actor"],
  ["action", "Action"],
  ["outcome", "Outcome"],
  ["event", "Event"],
  ["target_id", "Target"],
  ["workflow_id", "Workflow"],
  ["trace_id", "Trace"],
  ["record_id", "Record"],
];
const FOUND = `${LINES}${FILTERS.map(([name]) => ` | ${name}=~"$${name}"`).join("")}`;

/** Where the record's leaf hash is served: the last 32 bytes of the tile, cut behind it, so that any checkpoint that covers the line has it. */
const PROOF = [
  "{{ $n := div .seq 256 }}{{ $w := add (mod .seq 256) 1 }}",
  '{{ if ge $n 1000000 }}{{ printf "x%03d/x%03d/%03d" (div $n 1000000) (mod (div $n 1000) 1000) (mod $n 1000) }}',
  '{{ else if ge $n 1000 }}{{ printf "x%03d/%03d" (div $n 1000) (mod $n 1000) }}',
  '{{ else }}{{ printf "%03d" $n }}{{ end }}',
  '{{ if lt $w 256 }}{{ printf ".p/%d" $w }}{{ end }}',
].join("");

/** Grafana's own spelling of a variable. */
const grafana = (name: string): string => `\${${name}}`;
const VALUE = grafana("__value.raw");

/** Explore, with the trace in it: percent-encoded, but for the variables. */
const EXPLORE = [
  '{"t":{"datasource":"',
  grafana("traces"),
  '","queries":[{"refId":"A","queryType":"traceql","query":"',
  VALUE,
  '"}],"range":{"from":"now-7d","to":"now"}}}',
]
  .map((part) => (part.startsWith("$") ? part : encodeURIComponent(part)))
  .join("");

const variables: readonly Variable[] = [
  ...OF_LINES,
  { kind: "datasource", name: "traces", label: "Traces", type: "tempo" },
  ...FILTERS.map(([name, label]): Variable => ({ kind: "text", name, label, value: ".*" })),
  { kind: "text", name: "receiver", label: "Receiver's address", value: "http://127.0.0.1:4318" },
];

export const explorer: Dashboard = {
  uid: "proofline-explorer",
  title: "Proofline: record explorer",
  about: "Finds records by who, what, trace, workflow or id, and leads to their trace and their proof.",
  range: "24h",
  variables,
  panels: [
    {
      ...{ title: "Found, over time", source: "loki", kind: "timeseries", width: 24, height: 5 },
      about: "The records below, by event.",
      queries: [{ expr: `sum by (event) (count_over_time(${FOUND} [$__auto]))`, legend: "{{event}}" }],
    },
    {
      ...{ title: "Records", source: "loki", kind: "table", width: 24, height: 12 },
      about:
        "`trace_id` leads to the trace, `proof` to the hashes that the receiver serves (`serve_log.enabled`); the last 32 bytes are the record's leaf hash.",
      queries: [{ expr: `${FOUND} | label_format proof=\`${PROOF}\`` }],
      links: [
        { field: "trace_id", title: "Trace", url: `/explore?schemaVersion=1&panes=${EXPLORE}` },
        {
          field: "proof",
          title: "Hashes up to this record",
          url: `${grafana("receiver")}/tlog/${grafana("__data.fields.log")}/tile/0/${VALUE}`,
        },
        { field: "workflow_id", title: "The whole workflow", url: `/d/proofline-explorer?var-workflow_id=${VALUE}` },
        { field: "record_id", title: "This record alone", url: `/d/proofline-explorer?var-record_id=${VALUE}` },
      ],
    },
    {
      ...{ title: "Lines", source: "loki", kind: "logs" },
      about:
        "The lines, byte for byte what was hashed. To prove them: `proofline verify --loki URL --from SEQ --to SEQ+1 --key VKEY`.",
      queries: [{ expr: FOUND }],
    },
  ],
};
