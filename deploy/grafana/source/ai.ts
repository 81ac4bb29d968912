// ai.ts: what models were asked and what came of it: the questions that a regulator asks of automated decisions.

import { attribute, type Dashboard, LINES, OF_LINES } from "./model.ts";

const INFERENCE = `${LINES} | event="ai.inference"`;
const MODEL = attribute("model", "gen_ai.request.model");
const SERVED = attribute("served", "gen_ai.response.model");
const APPROVAL = `${attribute("approval", "proofline.approval.id")} | label_format subject="{{ or .approval .target_id }}"`;
const DECIDED = `${LINES} | ${attribute("decision", "proofline.decision.outcome")} | decision!=""`;
const CONFIDENCE = `${LINES} | ${attribute("confidence", "proofline.decision.confidence")} | confidence!="" | unwrap confidence`;
const tokens = (kind: string): string =>
  `sum by (model) (sum_over_time(${INFERENCE} | ${MODEL} | ${attribute("tokens", `gen_ai.usage.${kind}_tokens`)} | tokens!="" | unwrap tokens [$__auto]))`;

export const ai: Dashboard = {
  uid: "proofline-ai",
  title: "Proofline: AI decisions",
  about: "Models, policies, people who set decisions aside, approvals, tokens, and whether decisions drift.",
  range: "24h",
  variables: OF_LINES,
  panels: [
    {
      ...{ title: "Calls by model", source: "loki", kind: "table" },
      about: "Inferences by the model that was asked and how they ended.",
      queries: [{ expr: `sum by (model, outcome) (count_over_time(${INFERENCE} | ${MODEL} [$__range]))` }],
    },
    {
      ...{ title: "Served versions", source: "loki", kind: "timeseries", width: 16 },
      about: "Which version of a model answered. A new line here is a model that somebody else changed.",
      queries: [
        {
          expr: `sum by (model, served) (count_over_time(${INFERENCE} | ${MODEL} | ${SERVED} | served!="" [$__auto]))`,
          legend: "{{model}} → {{served}}",
        },
      ],
    },
    {
      ...{ title: "Decisions", source: "loki", kind: "bars", width: 8 },
      about: "What machines, rules and people decided, by outcome.",
      queries: [{ expr: `sum by (decision) (count_over_time(${DECIDED} [$__range]))`, legend: "{{decision}}" }],
    },
    {
      ...{ title: "Policy versions", source: "loki", kind: "table" },
      about: "Which policy, in which version, decisions were made under.",
      queries: [
        {
          expr: `sum by (policy, version) (count_over_time(${LINES} | ${attribute("policy", "proofline.policy.id")} | policy!="" | ${attribute("version", "proofline.policy.version")} [$__range]))`,
        },
      ],
    },
    {
      ...{ title: "Overrides", source: "loki", kind: "table" },
      about: "Who set a decision aside, about what, and why.",
      queries: [
        {
          expr: `sum by (actor_id, target_id, reason) (count_over_time(${LINES} | action="OVERRIDE" | ${attribute("reason", "proofline.reason")} [$__range]))`,
        },
      ],
    },
    {
      ...{ title: "Approvals pending", source: "loki", kind: "table", redFrom: 1 },
      about: "Asked for in the chosen time, and neither granted, refused, expired nor executed in it.",
      queries: [
        {
          expr: `sum by (log, subject) (count_over_time(${LINES} | event="approval.requested" | ${APPROVAL} [$__range])) unless sum by (log, subject) (count_over_time(${LINES} | event=~"approval[.](granted|refused|expired|executed)" | ${APPROVAL} [$__range]))`,
        },
      ],
    },
    {
      ...{ title: "Approvals refused", source: "loki", kind: "table" },
      about: "Who said no, to what.",
      queries: [
        { expr: `sum by (actor_id, subject) (count_over_time(${LINES} | event="approval.refused" | ${APPROVAL} [$__range]))` },
      ],
    },
    {
      ...{ title: "Tool calls", source: "loki", kind: "table" },
      about:
        "Tools that models called, and how it ended; `unknown` is a call that began. A tool that is an audited step of its own ends under its own event.",
      queries: [
        { expr: `sum by (target_id, outcome) (count_over_time(${LINES} | event=~"ai[.]tool_call([.]started)?" [$__range]))` },
      ],
    },
    {
      ...{ title: "Tokens", source: "loki", kind: "timeseries" },
      about: "Tokens in and out, by model.",
      queries: [
        { expr: tokens("input"), legend: "in {{model}}" },
        { expr: tokens("output"), legend: "out {{model}}" },
      ],
    },
    {
      ...{ title: "Confidence", source: "loki", kind: "timeseries", unit: "percentunit" },
      about: "Mean confidence of decisions.",
      queries: [{ expr: `avg_over_time(${CONFIDENCE} [$__auto]) by (log)`, legend: "{{log}}" }],
    },
    {
      ...{ title: "Drift of confidence", source: "loki", kind: "table" },
      about:
        "Mean confidence now less that of the same time a week ago. Far from 0: the model, its input or its prompt has changed.",
      queries: [
        { expr: `avg_over_time(${CONFIDENCE} [$__range]) by (log) - avg_over_time(${CONFIDENCE} [$__range] offset 7d) by (log)` },
      ],
    },
    {
      ...{ title: "Drift of decisions", source: "loki", kind: "table" },
      about: "Share of each decision now less its share a week ago.",
      queries: [
        {
          expr: `sum by (decision) (count_over_time(${DECIDED} [$__range])) / ignoring (decision) group_left () sum (count_over_time(${DECIDED} [$__range])) - sum by (decision) (count_over_time(${DECIDED} [$__range] offset 7d)) / ignoring (decision) group_left () sum (count_over_time(${DECIDED} [$__range] offset 7d))`,
        },
      ],
    },
  ],
};
