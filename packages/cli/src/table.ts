// table.ts: lines of a log as rows for a person. Column widths follow the first rows and then stay: rows come one by one, without end.

import {
  ATTR_AUDIT_ACTION,
  ATTR_AUDIT_ACTOR_ID,
  ATTR_AUDIT_ACTOR_TYPE,
  ATTR_AUDIT_OUTCOME,
  ATTR_AUDIT_TARGET_ID,
  ATTR_AUDIT_TARGET_TYPE,
  formatTime,
  type Line,
} from "@proofline/event";
import { safeText } from "./safe-text.ts";

const COLUMNS = ["seq", "time", "event", "actor", "action", "outcome", "target", "trace"] as const;
const LEAST_WIDTHS = [5, 12, 18, 16, 8, 7, 12, 7] as const;
const MOST_WIDTHS = [16, 12, 32, 32, 16, 12, 32, 7] as const;
/** Rows that decide the widths. */
const MEASURED_ROWS = 50;

export class Table {
  #widths: readonly number[] | undefined;
  #waiting: { readonly day: string; readonly cells: readonly string[] }[] = [];
  #day = "";

  /** Text to print now; "" while rows are still being gathered to find the widths. */
  add(line: Line): string {
    this.#waiting.push({ day: formatTime(timeOf(line)).slice(0, 10), cells: cellsOf(line) });
    return this.#widths !== undefined || this.#waiting.length >= MEASURED_ROWS ? this.flush() : "";
  }

  /** Whatever waits. */
  flush(): string {
    const rows = this.#waiting;
    if (rows.length === 0) return "";
    this.#waiting = [];
    const first = this.#widths === undefined;
    const widths = this.#widths ?? widthsOf(rows.map(({ cells }) => cells));
    this.#widths = widths;
    let text = first ? `${formatRow(COLUMNS, widths)}\n` : "";
    for (const { day, cells } of rows) {
      // Times are of one day as a rule; another day says so, in a line of its own.
      if (day !== this.#day) text += `       ${day} UTC\n`;
      this.#day = day;
      text += `${formatRow(cells, widths)}\n`;
    }
    return text;
  }
}

/** When it happened, as far as its sender said; otherwise when it came. */
function timeOf({ time, observed, received }: Line): bigint {
  return time || observed || received;
}

function cellsOf(line: Line): string[] {
  const { attributes } = line;
  const text = (name: string): string => {
    const value = attributes.get(name);
    return typeof value === "string" ? value : "";
  };
  const named = (type: string, id: string): string => (type === "" || id === "" ? id || type : `${type}:${id}`);
  const cells = [
    String(line.seq),
    formatTime(timeOf(line)).slice(11, 23),
    line.event === "" ? (line.quarantine === undefined ? "-" : `quarantine ${line.quarantine.code}`) : line.event,
    named(text(ATTR_AUDIT_ACTOR_TYPE), text(ATTR_AUDIT_ACTOR_ID)),
    text(ATTR_AUDIT_ACTION),
    text(ATTR_AUDIT_OUTCOME),
    named(text(ATTR_AUDIT_TARGET_TYPE), text(ATTR_AUDIT_TARGET_ID)),
    line.traceId === "" ? "" : `${line.traceId.slice(0, 4)}…${line.traceId.slice(-2)}`,
  ];
  return cells.map((cell) => (cell === "" ? "-" : safeText(cell)));
}

function widthsOf(rows: readonly (readonly string[])[]): number[] {
  return COLUMNS.map((_, i) => Math.min(MOST_WIDTHS[i]!, Math.max(LEAST_WIDTHS[i]!, ...rows.map((cells) => cells[i]!.length))));
}

function formatRow(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, i) => {
    const width = widths[i]!;
    const cut = cell.length > width ? `${cell.slice(0, width - 1)}…` : cell;
    return i === 0 ? cut.padStart(width) : cut.padEnd(width);
  });
  return padded.join("  ").trimEnd();
}
