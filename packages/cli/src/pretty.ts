// pretty.ts: a line's JSON with line breaks and indents, token by token. Not by JSON.parse: that would lose what the line is about,
// such as the difference between 1 and 1.0.

const INDENT = "  ";

/** @param json JSON without white space, as a line is */
export function prettyJson(json: string): string {
  let text = "";
  let depth = 0;
  // Strings whole, punctuation alone, and runs of anything else (numbers, words).
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^"{}[\],:]+/g)) {
    if (token === "{" || token === "[") text += token + newLine(++depth);
    else if (token === "}" || token === "]") text += newLine(--depth) + token;
    else if (token === ",") text += token + newLine(depth);
    else text += token === ":" ? ": " : token;
  }
  return text.replace(/([{[])\n\s*([}\]])/g, "$1$2");
}

function newLine(depth: number): string {
  return `\n${INDENT.repeat(Math.max(depth, 0))}`;
}
