// table.ts: puts a run's figures between two marks of a page of documentation, so that nobody copies them by hand.

import { readFileSync, writeFileSync } from "node:fs";

const BEGIN = "<!-- bench: begin -->";
const END = "<!-- bench: end -->";

/** Replaces what stands between the marks. @param rows at least one, all with the same keys */
export function writeTable(path: string, caption: string, rows: readonly Readonly<Record<string, string | number>>[]): void {
  const page = readFileSync(path, "utf8");
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${path}: expected ${BEGIN} and ${END} after it`);
  const names = Object.keys(rows[0]!);
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |\n`;
  const table =
    line(names) + line(names.map((_, i) => (i === 0 ? "---" : "---:"))) + rows.map((row) => line(Object.values(row))).join("");
  writeFileSync(path, `${page.slice(0, from)}${BEGIN}\n\n${caption}.\n\n${table}\n${page.slice(to)}`);
}
