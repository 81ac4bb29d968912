// config-check.ts: `proofline config check|keys|schema`: says what `serve` would say about its configuration, without starting; and what a
// configuration may hold.

import { environmentName, exposures, formatAddress, formatConfigPage, formatConfigSchema, keyTable } from "@proofline/receiver";
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
          const config = configOf(options, console);
          const { data, log, otlp, sinks } = config;
          await console.out(
            [
              "fine       nothing was started",
              `would run  http ${formatAddress(otlp.http)} · grpc ${formatAddress(otlp.grpc)} · log ${log} · ${data}`,
              `loki       ${sinks.loki?.url ?? "none"}`,
              ...exposures(config).map((warning) => `WARNING    ${warning}`),
              "",
            ].join("\n"),
          );
        }),
    )
    .addCommand(
      new Command("schema")
        .description("print the JSON Schema of a configuration file, for editors")
        .action(() => console.out(formatConfigSchema())),
    )
    .addCommand(
      new Command("keys")
        .description("list every key, its variable and its default")
        .option("--markdown", "print the page docs/configuration.md instead")
        .action(async (options: { readonly markdown?: boolean }) => {
          if (options.markdown) return console.out(formatConfigPage());
          const rows = keyTable().map(
            (row) => [row.key, environmentName(row.key), row.default === "" ? "-" : row.default] as const,
          );
          const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
          await console.out(
            rows
              .map(([key, variable, value]) => `${key.padEnd(widths[0]!)}  ${variable.padEnd(widths[1]!)}  ${value}\n`)
              .join(""),
          );
        }),
    );
}
