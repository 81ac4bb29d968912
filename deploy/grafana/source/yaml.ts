// yaml.ts: just enough YAML to write rule files that a person can read: block maps and lists; a string is plain only where that is safe.

const PLAIN = /^([A-Za-z_][A-Za-z0-9_./ ,-]*[A-Za-z0-9_./-]|[0-9]+[smhd]|[A-Z])$/;
const WORDS = /^(true|false|null|yes|no|on|off|y|n|~)$/i;

/** The document of JSON values, with a newline at its end. Map keys must be plain words. */
export function yaml(value: object): string {
  return `${block(value, 0).trimStart()}\n`;
}

function block(value: unknown, depth: number): string {
  const indent = "  ".repeat(depth);
  if (Array.isArray(value)) {
    if (value.length === 0) return " []";
    return value.map((item: unknown) => `\n${indent}- ${block(item, depth + 1).trimStart()}`).join("");
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0) return " {}";
    return entries.map(([key, item]) => `\n${indent}${key}:${block(item, depth + 1)}`).join("");
  }
  if (typeof value !== "string") return ` ${String(value)}`;
  const plain = PLAIN.test(value) && !WORDS.test(value) && !/ #|: /.test(value);
  return ` ${plain ? value : single(value)}`;
}

/** Single quotes keep LogQL and PromQL readable: nothing is escaped in them but themselves. */
function single(value: string): string {
  return value.includes("\n") ? JSON.stringify(value) : `'${value.replaceAll("'", "''")}'`;
}
