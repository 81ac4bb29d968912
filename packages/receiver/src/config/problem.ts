// problem.ts: what is wrong with a config, said so that a person can mend it: place, key, value, what was expected.
// A value is shown short, and never when it may be a secret.

/** One thing to mend. */
export interface Problem {
  /** `audit.yaml:14`, `PROOFLINE_DATA`, `--otlp-http`, or "default". */
  readonly where: string;
  /** Dotted path of the key, or "" for the file itself. */
  readonly key: string;
  /** What follows the key: `"loki:3100" is not a URL; did you mean "http://loki:3100"?` */
  readonly message: string;
}

/** The config cannot be used. `problems` has at least one entry; the message has all of them, a line each. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "BAD_CONFIG";
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    const inOrder = problems.toSorted((a, b) => lineOf(a) - lineOf(b));
    super(formatProblems(inOrder));
    this.problems = inOrder;
  }
}

/** A file's problems from top to bottom, then those of flags and variables. */
function lineOf({ where }: Problem): number {
  const line = /:(\d+)$/.exec(where)?.[1];
  return line === undefined ? Number.MAX_SAFE_INTEGER : Number(line);
}

/** A line each, then how many there are. */
export function formatProblems(problems: readonly Problem[]): string {
  const lines = problems.map((p) => `${p.where}  ${p.key === "" ? "" : `${p.key}: `}${p.message}`);
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return [...lines, `${count}; nothing was started.`].join("\n");
}

/** A value for a message: strings quoted, long ones cut, credentials in URLs hidden, trees only named. */
export function showValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(shorten(hideCredentials(value)));
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  return String(value as number | boolean | bigint);
}

const MAX_SHOWN = 60;

function shorten(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}

function hideCredentials(text: string): string {
  return text.replace(/^([\w+.-]*:?\/\/)?[^\s/@]*@/, (_, scheme: string | undefined) => `${scheme ?? ""}***@`);
}
