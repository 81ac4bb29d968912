// https.ts: requests over TLS on a connection of their own each, for tests that care about certificates.

import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import type { PeerCertificate, TLSSocket } from "node:tls";

export interface HttpsAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** What the server showed. */
  readonly certificate: PeerCertificate;
  readonly protocol: string | null;
}

export interface HttpsOptions {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly maxVersion?: "TLSv1.1" | "TLSv1.2";
}

/** POSTs a body, else GETs. Rejects when there is no answer, as after a handshake that failed. */
export function askTls(url: string, { body, headers = {}, ...tls }: HttpsOptions): Promise<HttpsAnswer> {
  return new Promise((resolve, reject) => {
    const minVersion = tls.maxVersion === undefined ? {} : { minVersion: tls.maxVersion };
    // Servers of TLS 1.1 are old, and OpenSSL speaks it only when it is told not to mind.
    const ciphers = tls.maxVersion === "TLSv1.1" ? { ciphers: "DEFAULT@SECLEVEL=0" } : {};
    const sent = request(
      url,
      { ...tls, ...minVersion, ...ciphers, agent: false, method: body === undefined ? "GET" : "POST", headers },
      (answer) => {
        const socket = answer.socket as TLSSocket;
        const seen = { certificate: socket.getPeerCertificate(), protocol: socket.getProtocol() };
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () =>
          resolve({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks).toString(), ...seen }),
        );
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}
