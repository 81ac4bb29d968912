// yaml-file.ts: a YAML (or JSON) file as a tree of plain values that remembers its lines. Knows no keys.

import { isMap, isPair, isScalar, LineCounter, type Node, parseDocument } from "yaml";
import type { Problem } from "./problem.ts";

export interface YamlFile {
  /** Plain values; an empty file is `{}`. */
  readonly tree: unknown;
  readonly problems: readonly Problem[];
  /** `audit.yaml:14`: the line of the key at `path`, or of the nearest one above it that is there. */
  readonly where: (path: readonly (string | number)[]) => string;
}

/** Reads the text of the file called `name`. What is not YAML is in `problems`; then `tree` is `{}`. */
export function readYaml(name: string, text: string): YamlFile {
  const lines = new LineCounter();
  // Without pretty errors: those quote the line, and the line may hold a secret.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true });
  const problems: Problem[] = document.errors.map((error) => ({
    where: `${name}:${lines.linePos(error.pos[0]).line}`,
    key: "",
    message: `not YAML: ${error.message.split("\n")[0]}`,
  }));
  const where = (path: readonly (string | number)[]): string => {
    const offset = offsetOf(document.contents, path);
    return offset === undefined ? name : `${name}:${lines.linePos(offset).line}`;
  };
  return { tree: problems.length > 0 ? {} : (document.toJS({ maxAliasCount: 100 }) ?? {}), problems, where };
}

/** Offset of the deepest key of `path` that is there. */
function offsetOf(root: Node | null, path: readonly (string | number)[]): number | undefined {
  let node: unknown = root;
  let offset: number | undefined;
  for (const part of path) {
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(part));
      if (pair === undefined) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      next = pair.value;
    } else if (typeof node === "object" && node !== null && "items" in node && Array.isArray(node.items)) {
      next = node.items[Number(part)];
      offset = (next as Node | undefined)?.range?.[0] ?? offset;
    }
    if (next === undefined || next === null) break;
    node = next;
  }
  return offset;
}
