// shown.ts: what a connection and a header show of who is there. A certificate counts only when TLS has verified it.

import type { Socket } from "node:net";
import type { PeerCertificate, TLSSocket } from "node:tls";
import type { Shown } from "./authenticator.ts";

export function shownBy(authorization: string | undefined, socket: Socket | undefined): Shown {
  return { authorization, certificate: verifiedCertificate(socket as Partial<TLSSocket> | undefined) };
}

function verifiedCertificate(socket: Partial<TLSSocket> | undefined): PeerCertificate | undefined {
  if (socket?.authorized !== true) return undefined;
  const certificate = socket.getPeerCertificate?.();
  // Without a certificate node:tls gives an empty object.
  return certificate?.raw === undefined ? undefined : certificate;
}
