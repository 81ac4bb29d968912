// doctor.ts: `proofline doctor`: what will hurt on a bad day, and what to do before it.

import { type Advice, type DoctorReport, examine, type Level } from "@proofline/receiver";
import { Command } from "commander";
import type { Console } from "../console.ts";
import { CommandError, EXIT } from "../exit.ts";
import { configOf } from "./serve.ts";

interface DoctorOptions {
  readonly config?: string;
  readonly data?: string;
  readonly log?: string;
  readonly json?: true;
}

const WORDS: Readonly<Record<Level, string>> = { fine: "fine", hurts: "HURTS", unknown: "unknown" };

export function doctorCommand(console: Console): Command {
  return new Command("doctor")
    .description("look at configuration, disk, keys, certificates, ports and Loki for what will hurt on a bad day")
    .option("--config <file>", "configuration file (YAML)")
    .option("--data <dir>", "folder of the logs (default: ./proofline-data)")
    .option("--log <name>", "name of the log (default: default)")
    .option("--json", "print one object for a program")
    .action((options: DoctorOptions) => doctor(options, console));
}

async function doctor({ json, ...options }: DoctorOptions, console: Console): Promise<void> {
  const report = await examine(configOf(options, console));
  await console.out(json ? `${JSON.stringify(report)}\n` : formatReport(report));
  if (report.level === "hurts") throw new CommandError(EXIT.broken, summary(report.advice, "hurts", "will hurt"));
  if (report.level === "unknown")
    throw new CommandError(EXIT.unknown, summary(report.advice, "unknown", "could not be looked at"));
}

function formatReport({ advice }: DoctorReport): string {
  const width = Math.max(...advice.map(({ check }) => check.length));
  const rows = advice.map(({ check, level, found, todo }) => {
    const row = `${WORDS[level].padEnd(8)} ${check.padEnd(width)}  ${found}\n`;
    return todo === undefined ? row : `${row}${" ".repeat(9)} ${" ".repeat(width)} → ${todo}\n`;
  });
  return rows.join("");
}

function summary(advice: readonly Advice[], level: Level, what: string): string {
  const checks = advice.filter((one) => one.level === level).map(({ check }) => check);
  return `${checks.length} of ${advice.length} ${what}: ${[...new Set(checks)].join(", ")}`;
}
