// reload.ts: another configuration, policy, tokens or certificate for a service that runs. What cannot be used is not taken, and said; what is
// taken stands in the log before it is in force, so that a line can always be read under the right policy.

import type { Redactor } from "@proofline/redaction";
import type { Logger } from "pino";
import { type Authenticator, showTokenProblem } from "../auth/authenticator.ts";
import type { TokenReading } from "../auth/token-table.ts";
import type { Config, TlsConfig } from "../config/config.ts";
import { ConfigError } from "../config/problem.ts";
import { keyTable } from "../config/schema.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { readTlsMaterial, type TlsMaterial, TlsMaterialError } from "../tls/material.ts";
import type { ServerTls } from "../tls/server-tls.ts";
import { changedKeys, configDigest } from "./config-digest.ts";
import type { OwnLines } from "./own-lines.ts";

export interface ReloaderOptions {
  /** The one in force. */
  readonly config: Config;
  readonly redactor: Redactor;
  readonly compile: (config: Config) => Redactor;
  /** Whoever redacts with the policy in force. */
  readonly redacting: readonly { replaceRedactor(redactor: Redactor): void }[];
  readonly authenticator: Authenticator;
  readonly tls: ServerTls | undefined;
  readonly lines: OwnLines;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Settings that say where a certificate is: whether there is one at all is decided by the start. */
const TLS_KEYS = "otlp.tls.";

export class Reloader {
  readonly #o: ReloaderOptions;
  /** In force: of a key that waits for a restart the old value. */
  #settings: Readonly<Record<string, string>>;
  #redactor: Redactor;
  #tlsProblem = "";
  /** One thing after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(o: ReloaderOptions) {
    this.#o = o;
    this.#settings = o.config.settings;
    this.#redactor = o.redactor;
  }

  get digest(): string {
    return configDigest(this.#settings, this.#redactor.version);
  }

  /**
   * Reads everything again. Resolves when what could be taken is in force; never rejects.
   * @param read may throw ConfigError
   */
  reload(read: () => Config): Promise<void> {
    return this.#inTurn("config", async () => {
      let next: Config;
      try {
        next = read();
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        return this.#refuse(error);
      }
      await this.#take(next);
    });
  }

  /** Looks at the files of tokens and certificate. Never rejects. */
  lookAtFiles(): Promise<void> {
    return this.#inTurn("files", async () => {
      await this.#o.authenticator.refresh();
      const { tls } = this.#o;
      if (tls === undefined) return;
      const material = await this.#readTls(tls.config);
      if (material !== undefined && tls.use(tls.config, material)) await this.#tellCertificate(tls);
    });
  }

  /** What the authenticator found in the files by itself. The tokens are in force already: a token that was withdrawn waits for nothing. */
  tellTokens({ changed, problems }: Pick<TokenReading, "changed" | "problems">): void {
    const { log, metrics, lines } = this.#o;
    for (const problem of problems) log.error(problem, `${showTokenProblem(problem)}; its last tokens stay in force`);
    if (problems.length > 0) metrics.count("reloads", 1, { what: "tokens", outcome: "refused" });
    if (changed.length === 0) return;
    metrics.count("reloads", 1, { what: "tokens", outcome: "taken" });
    log.info({ writers: changed }, "other tokens are in force");
    const digest = this.digest;
    const told = lines.configChanged({ keys: ["auth.tokens"], waiting: [], oldDigest: digest, newDigest: digest });
    told.catch((error: unknown) => log.error({ err: error }, "the change of tokens could not be written to the log"));
  }

  async #take(next: Config): Promise<void> {
    const { authenticator, tls, lines, log, metrics, redacting, compile } = this.#o;
    const { taken, waiting } = this.#sort(changedKeys(this.#settings, next.settings), next);
    const redactor = compile(next);
    const reading = await authenticator.read(next.auth);
    const tlsWaits = waiting.some((key) => key.startsWith(TLS_KEYS) && key !== "otlp.tls.client_auth");
    const nextTls = tls === undefined || tlsWaits ? undefined : next.otlp.tls;
    const material = nextTls && (await this.#readTls(nextTls));
    const settings = withKeys(this.#settings, next.settings, taken);
    const keys = new Set(taken);
    if (reading.changed.length > 0) keys.add("auth.tokens");
    const newDigest = configDigest(settings, redactor.version);

    // Up to here nothing was changed. If we stop between a line and what it says: the next start has the new values anyway.
    if (redactor.version !== this.#redactor.version) {
      await lines.policyChanged(this.#redactor.version, redactor.version);
      log.info({ old: this.#redactor.version, new: redactor.version }, "another policy is in force");
      for (const one of redacting) one.replaceRedactor(redactor);
      keys.delete("redaction.policy");
    }
    if (keys.size > 0) await lines.configChanged({ keys: [...keys].sort(), waiting, oldDigest: this.digest, newDigest });
    this.#redactor = redactor;
    this.#settings = settings;
    authenticator.use(next.auth, reading);
    for (const problem of reading.problems) log.error(problem, `${showTokenProblem(problem)}; its last tokens stay in force`);
    if (tls !== undefined && nextTls !== undefined && material !== undefined && tls.use(nextTls, material) && !hasTls(keys)) {
      await this.#tellCertificate(tls);
    }
    log.level = next.logLevel;
    metrics.count("reloads", 1, { what: "config", outcome: "taken" });
    log.info({ keys: [...keys].sort(), config: newDigest }, "the configuration was read again");
    if (waiting.length > 0) log.warn({ keys: waiting }, "these keys have new values, which wait for a restart");
  }

  #sort(keys: readonly string[], next: Config): { taken: string[]; waiting: string[] } {
    const atOnce = new Set(keyTable().flatMap(({ key, reload }) => (reload ? [key] : [])));
    const switched = (this.#o.tls === undefined) !== (next.otlp.tls === undefined);
    // Whether client certificates are asked for is settled when a listener is made.
    const asks = (this.#settings["otlp.tls.client_ca_file"] === undefined) !== (next.otlp.tls?.clientCaFile === undefined);
    const isTaken = (key: string): boolean => atOnce.has(key) && !(key.startsWith(TLS_KEYS) && (switched || asks));
    return { taken: keys.filter(isTaken), waiting: keys.filter((key) => !isTaken(key)) };
  }

  async #refuse(error: ConfigError): Promise<void> {
    const { log, metrics, lines } = this.#o;
    metrics.count("reloads", 1, { what: "config", outcome: "refused" });
    for (const { where, key, message } of error.problems) log.error({ where, key }, `${key === "" ? where : key}: ${message}`);
    log.error({ problems: error.problems.length }, "the new configuration cannot be used; the old one stays in force");
    const keys = [...new Set(error.problems.map(({ key, where }) => (key === "" ? where : key)))].slice(0, 20).join(", ");
    await lines.configRefused(`problems: ${error.problems.length}, at ${keys}`);
  }

  /** The material in these files; undefined when it cannot be used, which is said once. */
  async #readTls(config: TlsConfig): Promise<TlsMaterial | undefined> {
    const { log, metrics } = this.#o;
    try {
      const material = await readTlsMaterial(config);
      this.#tlsProblem = "";
      return material;
    } catch (error) {
      if (!(error instanceof TlsMaterialError)) throw error;
      if (error.message !== this.#tlsProblem) {
        metrics.count("reloads", 1, { what: "certificate", outcome: "refused" });
        log.error(`${error.message}; the old certificate stays in force`);
      }
      this.#tlsProblem = error.message;
      return undefined;
    }
  }

  async #tellCertificate(tls: ServerTls): Promise<void> {
    const { log, metrics, lines } = this.#o;
    const { fingerprint, notAfterMs } = tls.material.certificate;
    metrics.count("reloads", 1, { what: "certificate", outcome: "taken" });
    log.info({ fingerprint, notAfter: new Date(notAfterMs).toISOString() }, "another certificate is in force");
    const digest = this.digest;
    await lines.configChanged({ keys: ["otlp.tls.cert_file"], waiting: [], oldDigest: digest, newDigest: digest });
  }

  #inTurn(what: string, work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work).catch((error: unknown) => {
      this.#o.metrics.count("reloads", 1, { what, outcome: "refused" });
      this.#o.log.error({ err: error }, "reading the configuration again failed; what was in force stays");
    });
    this.#last = done;
    return done;
  }
}

function hasTls(keys: ReadonlySet<string>): boolean {
  return [...keys].some((key) => key.startsWith(TLS_KEYS));
}

function withKeys(
  old: Readonly<Record<string, string>>,
  next: Readonly<Record<string, string>>,
  keys: readonly string[],
): Record<string, string> {
  const both = { ...old };
  for (const key of keys) {
    const value = next[key];
    if (value === undefined) delete both[key];
    else both[key] = value;
  }
  return both;
}
