// format-report.ts: a report as a person reads it: the answer first, then what it rests on, then what it does not. Plain text.

import { describeFinding } from "./finding-text.ts";
import { formatCount as count, plural } from "./numbers.ts";
import { type Finding, isUnknown, type Report } from "./report.ts";

const MARGIN = 11;
const LABEL = 21;
/** Findings that are shown in full; the others are counted. */
const SHOWN = 5;
const WIDTH = 110;

/** Several lines, without a newline at the end. */
export function formatReport(report: Report): string {
  return (report.logs ?? [report]).map(formatOne).join("\n\n");
}

function formatOne(report: Report): string {
  const broken = report.findings.filter(({ code }) => !isUnknown(code));
  const unknown = report.findings.filter(({ code }) => isUnknown(code));
  const lines: string[] = [];
  if (report.result === "holds") lines.push(...section("holds", holdsLines(report)));
  else {
    if (report.log !== "") lines.push(...section("log", [report.log]));
    if (broken.length > 0) lines.push(...section("broken", brokenLines(report, broken)));
    if (unknown.length > 0)
      lines.push(
        ...section(
          "unknown",
          unknown.flatMap((finding) => wrap(describeFinding(finding), WIDTH - MARGIN)),
        ),
      );
  }
  if (report.notProven.length > 0)
    lines.push(
      ...section(
        "not proven",
        report.notProven.flatMap((text) => wrap(text, WIDTH - MARGIN)),
      ),
    );
  return lines.join("\n");
}

function receiptLines({ records, from, to, log, checkpoint, details }: Report): string[] {
  const facts: [string, string][] = [
    ["log", log],
    ["checkpoint", `${count(checkpoint?.size ?? 0)} lines signed by ${checkpoint?.keys.join(", ")}  (key given by you)`],
    ["tree head", checkpoint?.root ?? ""],
  ];
  const compared = details.comparedLines ?? 0;
  if (compared > 0) facts.push(["lines", `${plural(compared, "line")} compared with what was promised`]);
  const which = from === to ? `seq ${count(from)}` : `seq ${count(from)} to ${count(to)}`;
  return [
    `${plural(records, "receipt")}, ${which}: ${records === 1 ? "its line is" : "their lines are"} in the signed tree`,
    ...facts.map(([label, text]) => label.padEnd(LABEL) + text),
  ];
}

function growthLines({ log, checkpoint }: Report, { from, to }: NonNullable<Report["details"]["growth"]>): string[] {
  const size = plural(to, "line");
  const grown =
    from === to ? `the log did not grow: ${size}, the same root` : `the log only grew, from ${count(from ?? 0)} to ${size}`;
  const facts: [string, string][] = [
    ["log", log],
    ["checkpoint", `${count(to)} lines signed by ${checkpoint?.keys.join(", ")}  (key given by you)`],
    ["tree head", checkpoint?.root ?? ""],
  ];
  return [from === undefined ? `the log is signed: ${size}` : grown, ...facts.map(([label, text]) => label.padEnd(LABEL) + text)];
}

function holdsLines(report: Report): string[] {
  if (report.details.receipts !== undefined) return receiptLines(report);
  if (report.details.growth !== undefined) return growthLines(report, report.details.growth);
  const { records, from, to, checkpoint, details } = report;
  const times = `received ${shortTime(details.firstReceived)} to ${shortTime(details.lastReceived)} UTC`;
  const facts: [string, string][] = [
    ["log", report.log],
    ["chain and contents", "every line"],
    ["checkpoint", `${count(checkpoint?.size ?? 0)} lines signed by ${checkpoint?.keys.join(", ")}  (key given by you)`],
    ["tree head", checkpoint?.root ?? ""],
  ];
  if (details.signatures > 1) facts.push(["signatures", count(details.signatures)]);
  if (details.savedCheckpoints > 0)
    facts.push(["your checkpoints", `${plural(details.savedCheckpoints, "checkpoint")} that you kept: the lines agree`]);
  if (details.objects > 0) facts.push(["moved-out values", `${plural(details.objects, "file")}, as the lines say`]);
  if (details.streams > 0) facts.push(["producers", `${plural(details.streams, "stream")}, no gap`]);
  return [
    `${plural(records, "line")}, seq ${count(from)} to ${count(to)}, ${times}`,
    ...facts.map(([label, text]) => label.padEnd(LABEL) + text),
  ];
}

function brokenLines(report: Report, broken: readonly Finding[]): string[] {
  const lines = broken
    .slice(0, SHOWN)
    .flatMap((finding) => [
      (finding.seq === null ? "" : `seq ${count(finding.seq)}: `) + describeFinding(finding),
      ...column("expected", finding.expected),
      ...column("found", finding.found),
      ...column("where", finding.where),
    ]);
  const more = broken.length - SHOWN + report.details.moreFindings;
  if (more > 0) lines.push(`and ${plural(more, "more finding")}`);
  return [...lines, ...reach(report, broken)];
}

/** How far the damage goes. */
function reach(report: Report, broken: readonly Finding[]): string[] {
  const first = broken.find(({ seq }) => seq !== null)?.seq ?? undefined;
  if (first === undefined || report.records === 0) return [];
  if (report.details.restIsProven && broken.every(({ code }) => code === "LINE_CHANGED")) {
    return ["all other lines are as they were signed"];
  }
  const before = first > report.from ? `lines ${count(report.from)} to ${count(first - 1)} are linked as they should be; ` : "";
  return [`${before}${before === "" ? "No line can be relied on" : `from ${count(first)} on no line can be relied on`}`];
}

function section(name: string, lines: readonly string[]): string[] {
  return lines.map((line, i) => `${(i === 0 ? name : "").padEnd(MARGIN)}${line}`.trimEnd());
}

function column(label: string, text: string): string[] {
  return text === "" ? [] : [`${label.padEnd(10)}${safe(text)}`];
}

/** Names in a log are chosen by strangers: shown raw, they could move the cursor or turn the reading order around. */
function safe(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of safe(text).split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** `2026-11-20 21:14:03` */
function shortTime(received: string): string {
  return received.slice(0, 19).replace("T", " ");
}
