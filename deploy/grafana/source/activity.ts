// activity.ts: who did what, and how it ended. Every number is a count of lines in Loki, which the integrity board says are all there.

import { attribute, type Dashboard, type Kind, LINES, OF_LINES, type Panel } from "./model.ts";

const counted = (title: string, about: string, by: string, filter = "", kind: Kind = "table"): Panel => ({
  ...{ title, about, source: "loki", kind },
  queries: [
    {
      expr: `sum by (${by}) (count_over_time(${LINES}${filter} [${kind === "timeseries" ? "$__auto" : "$__range"}]))`,
      legend: legend(by),
    },
  ],
});
const legend = (by: string): string =>
  by
    .split(", ")
    .map((label) => `{{${label}}}`)
    .join(" ");

/** Somebody was not let: an action that failed, or a person's no. */
const REFUSED = ' | outcome="failure" or action=~"REJECT|DENY"';
/** A record that says of itself that nobody is named, though it was not derived from a span or a request. */
const NO_ACTOR = ` | actor_id="" | quarantine="" | event!~"http[.].+" | ${attribute("derived", "proofline.derivation.scope")} | derived=""`;
const HOUR = '| json time="time", received="received" | label_format hour="{{ substr 11 13 (or .time .received) }}"';

export const activity: Dashboard = {
  uid: "proofline-activity",
  title: "Proofline: activity",
  about: "Who did what to what, and how it ended.",
  range: "24h",
  variables: [
    ...OF_LINES,
    { kind: "text", name: "day_begins", label: "Day begins (UTC hour)", value: "7" },
    { kind: "text", name: "day_ends", label: "Day ends (UTC hour)", value: "19" },
    {
      kind: "text",
      name: "privileged",
      label: "Privileged actions",
      value: "OVERRIDE|DELEGATE|GRANT|REVOKE|DELETE|EXPORT|CONFIGURE",
    },
  ],
  panels: [
    counted("By outcome", "Lines by how the action ended; `unknown` is a step that began.", "outcome", "", "timeseries"),
    counted("By tenant and log", "Lines by tenant, log and service.", "tenant, log, service_name"),
    counted("By action", "Lines by what was done, in upper-case verbs.", "action", "", "bars"),
    {
      ...counted("By actor", "The twenty busiest; services first, as a rule.", "actor_id, actor_type", ' | actor_id!=""'),
      queries: [{ expr: `topk(20, sum by (actor_id, actor_type) (count_over_time(${LINES} | actor_id!="" [$__range])))` }],
    },
    counted("By event", "Lines by the name of their event.", "event"),
    counted("Targets", "What things were done to.", "target_type, target_id", ' | target_id!=""'),
    counted(
      "Failed logins",
      "LOGIN with the outcome failure, by whom and from where.",
      "actor_id, source",
      ` | action="LOGIN" | outcome="failure" | ${attribute("source", "audit.source.id")}`,
    ),
    counted("Refused", "Failures and rejections.", "event, actor_id, outcome", REFUSED),
    counted(
      "Off-hours",
      "What people did outside of the hours above, by when it happened.",
      "actor_id, action",
      ` | actor_type="user" ${HOUR} | hour < $day_begins or hour >= $day_ends`,
    ),
    {
      ...{ title: "Seen for the first time", source: "loki", kind: "table" },
      about: "Actors of the chosen time that the seven days before it did not see.",
      queries: [
        {
          expr: `sum by (actor_id, actor_type) (count_over_time(${LINES} | actor_id!="" [$__range])) unless sum by (actor_id, actor_type) (count_over_time(${LINES} | actor_id!="" [7d] offset $__range))`,
        },
      ],
    },
    counted("Privileged", "The actions named above.", "actor_id, action, target_id", ' | action=~"$privileged"'),
    counted(
      "Without an actor",
      "Records that name nobody, other than those derived from spans and requests.",
      "service_name, event",
      NO_ACTOR,
    ),
    { ...{ title: "Lines", source: "loki", kind: "logs", about: "The lines themselves." }, queries: [{ expr: LINES }] },
  ],
};
