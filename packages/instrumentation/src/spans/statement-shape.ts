// statement-shape.ts: a statement without the values in it. Linear, total, and not a parser: what it does not understand it takes for a value.

/** Longest shape, in characters. */
export const MAX_SHAPE = 2_000;

const WORD = /[A-Za-z_\u0080-\uffff]/;
const IN_WORD = /[\w$\u0080-\uffff]/;

/**
 * `UPDATE users SET mail = 'a@b.c' WHERE id = 7 -- ann` becomes `UPDATE users SET mail = ? WHERE id = ?`. Literals (quoted, dollar-quoted, numbers) become
 * `?`, comments and runs of white space one space; names and placeholders stay. What is between double quotes is a name, but in MySQL a value. A
 * command in JSON keeps its keys; of any other kind of statement (Redis) the first word is left.
 * @param system as `db.system.name` has it
 */
export function statementShape(statement: string, system: string): string {
  if (/^\s*[{[]/.test(statement)) return jsonShape(statement);
  if (system === "redis" || system === "mongodb") return statement.trim().split(/\s/, 1)[0]!.slice(0, 100);
  return sqlShape(statement, system === "mysql" || system === "mariadb");
}

function jsonShape(statement: string): string {
  try {
    return JSON.stringify(JSON.parse(statement), (_key, value: unknown) =>
      typeof value === "object" && value !== null ? value : "?",
    ).slice(0, MAX_SHAPE);
  } catch {
    return "?";
  }
}

function sqlShape(statement: string, doubleQuotesAreValues: boolean): string {
  let out = "";
  let i = 0;
  const end = statement.length;
  while (i < end && out.length < MAX_SHAPE) {
    const c = statement[i]!;
    if (c === "'" || (c === '"' && doubleQuotesAreValues)) {
      i = afterQuote(statement, i, c);
      out += "?";
    } else if (c === '"' || c === "`") {
      const next = afterQuote(statement, i, c);
      out += statement.slice(i, next);
      i = next;
    } else if (c === "-" && statement[i + 1] === "-") {
      i = after(statement, i, "\n");
      out += spaceAfter(out);
    } else if (c === "/" && statement[i + 1] === "*") {
      i = after(statement, i + 2, "*/");
      out += spaceAfter(out);
    } else if (c === "$") {
      const tag = /^\$[A-Za-z_]{0,63}\$/.exec(statement.slice(i, i + 66))?.[0];
      const next = tag === undefined ? word(statement, i + 1) : after(statement, i + tag.length, tag);
      out += tag === undefined ? statement.slice(i, next) : "?"; // `$1` is a placeholder, and stays
      i = next;
    } else if (WORD.test(c)) {
      const next = word(statement, i);
      // X'…', E'…', N'…': a prefix belongs to its literal.
      if (next - i <= 2 && statement[next] === "'") i = next;
      else {
        out += statement.slice(i, next);
        i = next;
      }
    } else if (c >= "0" && c <= "9") {
      i = number(statement, i);
      out += "?";
    } else {
      out += /\s/.test(c) ? spaceAfter(out) : c;
      i++;
    }
  }
  return out.slice(0, MAX_SHAPE).trim();
}

function spaceAfter(out: string): string {
  return out.endsWith(" ") ? "" : " ";
}

/** Behind the closing quote; a doubled quote and a backslash's next character are inside. An open one takes all the rest. */
function afterQuote(text: string, start: number, quote: string): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === "\\" && quote !== "`") i++;
    else if (text[i] === quote) {
      if (text[i + 1] !== quote) return i + 1;
      i++;
    }
  }
  return text.length;
}

function after(text: string, from: number, mark: string): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at + mark.length;
}

function word(text: string, start: number): number {
  let i = start;
  while (i < text.length && IN_WORD.test(text[i]!)) i++;
  return i;
}

function number(text: string, start: number): number {
  let i = start;
  while (i < text.length && /[\w.]/.test(text[i]!)) i++;
  return i;
}
