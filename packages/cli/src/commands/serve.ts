// serve.ts: `proofline serve`: the receiver, until a signal ends it; SIGHUP makes it read its configuration again. Standard output gets a few lines at the start and is then quiet;
// the service's own log goes to standard error.

import { type Config, formatAddress, loadConfig, type Receiver, startReceiver } from "@proofline/receiver";
import { Command } from "commander";
import type { Console } from "../console.ts";
import { nextSignal } from "../signals.ts";

/** They wait for the disk, nearly all of the time. */
const DISK_THREADS = 16;

interface ServeOptions {
  readonly config?: string;
  readonly data?: string;
  readonly log?: string;
  readonly otlpHttp?: string;
  readonly otlpGrpc?: string;
  readonly loki?: string;
}

export function serveCommand(console: Console): Command {
  return new Command("serve")
    .description("receive OTLP logs; redact, chain and store them before they are acknowledged")
    .option("--config <file>", "configuration file (YAML); every key is also a variable PROOFLINE_…")
    .option("--data <dir>", "folder of the logs (default: ./proofline-data)")
    .option("--log <name>", "name of the log (default: default)")
    .option("--otlp-http <host:port>", "where OTLP/HTTP listens (default: 127.0.0.1:4318)")
    .option("--otlp-grpc <host:port>", "where OTLP/gRPC listens (default: 127.0.0.1:4317)")
    .option("--loki <url>", "forward to this Loki")
    .action((options: ServeOptions) => serve(options, console));
}

/** The configuration of a call: flags, environment, file. @throws {ConfigError} */
export function configOf(options: ServeOptions, console: Console): Config {
  return loadConfig({
    file: options.config ?? console.environment.get("PROOFLINE_CONFIG"),
    flags: {
      data: options.data,
      log: options.log,
      "otlp.http": options.otlpHttp,
      "otlp.grpc": options.otlpGrpc,
      "sinks.loki.url": options.loki,
    },
    flagNames: { "sinks.loki.url": "loki" },
    environment: console.environment,
  });
}

async function serve(options: ServeOptions, console: Console): Promise<void> {
  const config = configOf(options, console);
  // Read by libuv when its pool is first used, which is from here on. Node's four threads would let a sync of lines wait behind objects, cursors and readers.
  process.env["UV_THREADPOOL_SIZE"] ??= String(DISK_THREADS);
  const receiver = await startReceiver(config);
  // Before anyone is told that it runs: who reads the banner may end it at once, and in order.
  const ended = nextSignal("SIGTERM", "SIGINT");
  await console.out(banner(config, receiver));
  process.on("SIGHUP", () => void receiver.reload(() => configOf(options, console)));
  await ended;
  await receiver.stop();
}

/** The line that begins with `receiver` is for programs too: it says which ports were taken. */
function banner(config: Config, receiver: Receiver): string {
  const { http, grpc, log, folder, vkey, created } = receiver;
  const lines = [`receiver   http ${formatAddress(http)} · grpc ${formatAddress(grpc)} · log ${log} · ${config.data}`];
  if (created) {
    lines.push(
      `NEW LOG    ${folder} was created: there was none`,
      `           public key   ${vkey}`,
      `           private key  ${config.key ?? `${folder}/key`}   keep it, and keep it secret`,
    );
  }
  const { loki } = config.sinks;
  lines.push(`loki       ${loki === undefined ? "none" : loki.url}`);
  for (const warning of receiver.warnings) lines.push(`WARNING    ${warning}`);
  return `${lines.join("\n")}\n`;
}
