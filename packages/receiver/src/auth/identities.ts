// identities.ts: what a client certificate says that its holder is called, spelled with its kind, so that a DNS name cannot pass for a
// common name. Reads what node:tls gives of a certificate that it has verified; verifies nothing itself.

import type { PeerCertificate } from "node:tls";

/** `URI:…`, `DNS:…`, `email:…` in the order of the certificate, then `CN=…`. Other kinds of names are left out. */
export function identitiesOf({
  subjectaltname = "",
  subject,
}: Pick<PeerCertificate, "subject"> & { subjectaltname?: string | undefined }): string[] {
  const found = splitNames(subjectaltname).filter((name) => /^(URI|DNS|email):./.test(name));
  const common: unknown = subject?.CN;
  // A subject with several common names is ambiguous, and none of them counts.
  if (typeof common === "string" && common !== "") found.push(`CN=${common}`);
  return found;
}

/**
 * node:tls separates names with a comma and a space, and writes a name that could be taken for several as a JSON string.
 * A name that is spelled otherwise counts for nothing.
 */
function splitNames(text: string): string[] {
  const names: string[] = [];
  for (const [, kind, quoted, plain] of text.matchAll(/([A-Za-z ]+):(?:("(?:[^"\\]|\\.)*")|([^",]*))(?:, |$)/gy)) {
    if (quoted === undefined) names.push(`${kind}:${plain}`);
    else names.push(`${kind}:${unquote(quoted)}`);
  }
  return names;
}

function unquote(json: string): string {
  try {
    return String(JSON.parse(json));
  } catch {
    return "";
  }
}
