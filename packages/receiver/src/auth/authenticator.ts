// authenticator.ts: from what a request shows (a bearer token, a verified client certificate) to the writer that stands in its lines, or
// to a refusal. Knows no transport. An OTLP client drops what is refused with 401, so 401 is said only when nothing could make it good.

import type { PeerCertificate } from "node:tls";
import type { ClientConfig, TokenConfig } from "../config/auth-kinds.ts";
import { RequestError } from "../otlp/failure.ts";
import { identitiesOf } from "./identities.ts";
import { type TokenProblem, type TokenReading, TokenTable } from "./token-table.ts";

/** What came with a request. */
export interface Shown {
  /** The header or metadata `authorization`, as sent. */
  readonly authorization: string | undefined;
  /** Only a certificate that TLS has verified. */
  readonly certificate: PeerCertificate | undefined;
}

export interface Writers {
  readonly tokens: readonly TokenConfig[];
  readonly clients: readonly ClientConfig[];
}

export interface AuthenticatorOptions {
  /** The log that this service writes. */
  readonly log: string;
  /** Told of every reading of the token files that found something new, or another problem than before. */
  readonly onReading: (reading: Pick<TokenReading, "changed" | "problems">) => void;
}

export class Authenticator {
  readonly #log: string;
  readonly #onReading: AuthenticatorOptions["onReading"];
  #writers: Writers = { tokens: [], clients: [] };
  #table: TokenTable = TokenTable.empty;
  #problems = "";
  /** The reading under way, and the one after it: a request that came in the middle of one may be about what it has already passed. */
  #reading: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor({ log, onReading }: AuthenticatorOptions) {
    this.#log = log;
    this.#onReading = onReading;
  }

  /** Whether a request must show something. */
  get isOn(): boolean {
    return this.#writers.tokens.length > 0 || this.#writers.clients.length > 0;
  }

  /** Takes other writers, their files read already: from here on they decide. @returns what of them could not be read */
  use(writers: Writers, { table, problems }: TokenReading): void {
    this.#writers = writers;
    this.#table = table;
    this.#problems = JSON.stringify(problems);
  }

  /** What {@link use} wants, for writers that may become the ones in force. Tokens in force stand in for files that cannot be read. */
  read({ tokens }: Writers): Promise<TokenReading> {
    return TokenTable.read(tokens, this.#table);
  }

  /** Reads the files of the writers in force again. Resolves after a reading that began after the call. Never rejects. */
  refresh(): Promise<void> {
    if (this.#reading === undefined) {
      this.#reading = this.#refresh().finally(() => (this.#reading = undefined));
      return this.#reading;
    }
    this.#next ??= this.#reading.then(() => {
      this.#next = undefined;
      return this.refresh();
    });
    return this.#next;
  }

  async #refresh(): Promise<void> {
    const writers = this.#writers;
    const reading = await TokenTable.read(writers.tokens, this.#table);
    // A reload came in between: it has read for itself.
    if (writers !== this.#writers) return;
    this.#table = reading.table;
    const problems = JSON.stringify(reading.problems);
    const isNews = reading.changed.length > 0 || problems !== this.#problems;
    this.#problems = problems;
    if (isNews) this.#onReading(reading);
  }

  /** @returns the writer's name, "" for nobody known; @throws {RequestError} unauthenticated, forbidden, auth_undecided */
  async authenticate(shown: Shown): Promise<string> {
    const { authorization, certificate } = shown;
    if (this.#writers.tokens.length > 0 && authorization !== undefined) return this.#byToken(authorization);
    if (this.#writers.clients.length > 0 && certificate !== undefined) return this.#byClient(certificate);
    if (this.isOn) throw new RequestError("unauthenticated", "a credential is needed");
    return (certificate && identitiesOf(certificate)[0]) ?? "";
  }

  async #byToken(authorization: string): Promise<string> {
    const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
    if (token === undefined) throw new RequestError("unauthenticated", "the authorization is not a bearer token");
    let writer = this.#table.find(token);
    if (writer === undefined) {
      // It may be in its file since a moment ago: a sender need not wait until we look.
      await this.refresh();
      writer = this.#table.find(token);
    }
    if (writer !== undefined) return this.#allowed(writer);
    if (this.#table.sure) throw new RequestError("unauthenticated", "the token is not valid");
    throw new RequestError("auth_undecided", "tokens cannot be checked at the moment");
  }

  #byClient(certificate: PeerCertificate): string {
    const identities = identitiesOf(certificate);
    const client = this.#writers.clients.find(({ identity }) => identities.includes(identity));
    if (client === undefined) throw new RequestError("forbidden", "the certificate is of no writer");
    return this.#allowed(client);
  }

  #allowed({ name, logs }: TokenConfig | ClientConfig): string {
    const covers = (log: string): boolean => (log.endsWith("*") ? this.#log.startsWith(log.slice(0, -1)) : log === this.#log);
    if (!logs.some(covers)) throw new RequestError("forbidden", `the writer may not write to the log ${this.#log}`);
    return name;
  }
}

/** For a person: `auth.tokens: billing: /run/tokens/billing: there is no such file`. */
export function showTokenProblem({ name, file, reason }: TokenProblem): string {
  return `auth.tokens: the file of ${name}, ${file}, cannot be used: ${reason}`;
}
