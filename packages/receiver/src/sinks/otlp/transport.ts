// transport.ts: what both of OTLP's transports have in common: one export and its answer, and where it goes.

import type { OtlpAnswer } from "./answer.ts";
import { OtlpSinkError } from "./errors.ts";

export interface OtlpTransport {
  /** Resolves with what came of it; never rejects. `sent`: bytes as they went over the wire. */
  export(request: Uint8Array, signal: AbortSignal): Promise<{ readonly answer: OtlpAnswer; readonly sent: number }>;
  close(): Promise<void>;
}

export interface OtlpTransportOptions {
  /** `https://host:4318`; over HTTP, `/v1/logs` is put behind it unless it ends in `/v1/logs` or `/v1/audit` already. */
  readonly url: string;
  /** Read for every try after an answer that they were wrong, so that they can be changed while this runs. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
  /** Certificates, PEM, in place of the system's. */
  readonly ca?: string;
  readonly timeoutMs: number;
  readonly gzip: boolean;
}

/** @throws {OtlpSinkError} BAD_URL */
export function parseOtlpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    // A password may stand before the @: what is not a URL is shown without it.
    const shown = JSON.stringify(text.replace(/^.*@/, "…@"));
    throw new OtlpSinkError("BAD_URL", `url: ${shown} is not a URL without credentials; expected such as http://collector:4318`);
  }
  return url;
}

/** Keeps what was read until it is known to be wrong. */
export class Credentials {
  readonly #read: OtlpTransportOptions["headers"];
  #headers: Readonly<Record<string, string>> | undefined;

  constructor(read: OtlpTransportOptions["headers"]) {
    this.#read = read;
  }

  async headers(): Promise<Readonly<Record<string, string>>> {
    this.#headers ??= await this.#read();
    return this.#headers;
  }

  /** Forgets them when the answer says that someone must change something. */
  heed(answer: OtlpAnswer): OtlpAnswer {
    if (answer.kind === "misconfigured") this.#headers = undefined;
    return answer;
  }
}
