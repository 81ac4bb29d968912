// config-check.ts: `proofline config check`: says what `serve` would say about its configuration, without starting.

import { environmentName, formatAddress, keyTable } from "@proofline/receiver";
import { Command } from "commander";
import type { Console } from "../console.ts";
import { configOf } from "./serve.ts";

export function configCommand(console: Console): Command {
  return new Command("config")
    .description("the configuration")
    .addCommand(
      new Command("check")
        .description("check a configuration file and the environment")
        .option("--config <file>", "configuration file (YAML)")
        .action(async (options: { readonly config?: string }) => {
          const { data, log, otlp, sinks } = configOf(options, console);
          await console.out(
            [
              "fine       nothing was started",
              `would run  http ${formatAddress(otlp.http)} · grpc ${formatAddress(otlp.grpc)} · log ${log} · ${data}`,
              `loki       ${sinks.loki?.url ?? "none"}`,
              "",
            ].join("\n"),
          );
        }),
    )
    .addCommand(
      new Command("keys").description("list every key, its variable and its default").action(async () => {
        const rows = keyTable().map(
          (row) => [row.key, environmentName(row.key), row.default === "" ? "-" : row.default] as const,
        );
        const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
        await console.out(
          rows.map(([key, variable, value]) => `${key.padEnd(widths[0]!)}  ${variable.padEnd(widths[1]!)}  ${value}\n`).join(""),
        );
      }),
    );
}
