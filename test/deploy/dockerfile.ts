// dockerfile.ts: a small check of a Dockerfile, for what an image of ours must be. Not a parser of everything that Docker takes.

export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The instructions, continued lines joined, comments left out. */
export function instructionsOf(dockerfile: string): Instruction[] {
  const lines = dockerfile
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n");
  return lines.flatMap((line) => {
    const [, name, text] = /^([A-Za-z]+)\s+(.+)$/.exec(line) ?? [];
    return name === undefined || text === undefined ? [] : [{ name: name.toUpperCase(), text }];
  });
}

/** What is wrong with it, a sentence each; none when nothing is. */
export function faultsOf(dockerfile: string): string[] {
  const all = instructionsOf(dockerfile);
  const faults: string[] = [];
  const defaults = new Map(
    all.flatMap(({ name, text }) => (name === "ARG" && text.includes("=") ? [text.split("=", 2) as [string, string]] : [])),
  );
  const stages = new Set<string>();
  for (const { name, text } of all) {
    if (name === "ADD") faults.push(`ADD ${text}: COPY takes files, and ADD what an address gives today`);
    if (name === "FROM") {
      const [image = "", , stage] = text.split(/\s+/);
      const base = image.replaceAll(/\$\{(\w+)\}/g, (_, key: string) => defaults.get(key) ?? "");
      if (!stages.has(base) && !/:[^/@]*\d|@sha256:/.test(base)) faults.push(`FROM ${image}: ${base} names no version`);
      if (/:latest$/.test(base)) faults.push(`FROM ${image}: latest is not a version`);
      if (stage !== undefined) stages.add(stage);
    }
    if (/^(RUN|CMD|ENTRYPOINT)$/.test(name) && !text.startsWith("[")) faults.push(`${name} ${text}: needs a shell`);
    if (name === "HEALTHCHECK" && !/CMD \[/.test(text)) faults.push(`HEALTHCHECK ${text}: needs a shell`);
    if (/(PASSWORD|SECRET|TOKEN|PRIVATE)[A-Z_]*=\S/.test(text)) faults.push(`${name}: a secret`);
  }
  const last = all.slice(all.findLastIndex(({ name }) => name === "FROM"));
  const user = last.findLast(({ name }) => name === "USER")?.text ?? "";
  if (!/^[1-9]\d*(:[1-9]\d*)?$/.test(user)) faults.push(`USER ${user}: a number that is not 0 is what Kubernetes can check`);
  for (const needed of ["HEALTHCHECK", "ENTRYPOINT", "LABEL"])
    if (!last.some(({ name }) => name === needed)) faults.push(`no ${needed} in the last stage`);
  if (last.some(({ name }) => name === "RUN")) faults.push("RUN in the last stage: its base may have no shell and no programs");
  return faults;
}
