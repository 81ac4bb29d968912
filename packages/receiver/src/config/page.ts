// page.ts: docs/configuration.md, made from the table of keys; a test holds the file equal to this. `proofline config keys --markdown`.

import { environmentName } from "./environment.ts";
import type { KeyDoc } from "./leaf.ts";
import { keyTable } from "./schema.ts";

const HEAD = `# Configuration

<!-- Made by \`proofline config keys --markdown\` from the table in packages/receiver/src/config/schema.ts. -->

One YAML file, named with \`--config FILE\` or \`PROOFLINE_CONFIG\`. Every key is also an environment variable. Flags win over the
environment, that over the file, that over the default. A key that does not exist, a value that cannot be, and a variable that is one of
these but for a typo stop the start, all of them named at once; \`proofline config check\` says the same without starting.

- Paths are relative to the working directory. Secrets stand in files of their own, never in this one.
- Durations: \`250ms\`, \`1s\`, \`5m\`, \`1h\`, \`7d\`. Sizes: bytes, or \`64kB\`, \`64KiB\`, \`100MB\`, \`1GiB\`.
- In a variable a map is \`name=value,name=value\`, and a list is JSON.
- For completion in an editor, begin the file with \`# yaml-language-server: $schema=docs/config.schema.json\`; \`proofline config schema\` prints that schema.

## Keys

`;

const TAIL = `
## Without a restart

On \`SIGHUP\` the file, the environment as it was at the start, the policy, the tokens and the certificates are read again. What the table calls
*reload* takes effect, for the requests that begin from then on; other keys that changed are named in the service's log and wait for a
restart. When a key or the policy is wrong, nothing is taken: the old configuration stays in force, and the log says what is wrong. TLS, and asking for client certificates,
cannot be switched on or off without a restart.

The files of tokens and certificates are also looked at every \`reload.interval\`, by their contents: a Kubernetes secret that is swapped under its
symbolic link is noticed. A certificate that cannot be used (unreadable, not PEM, another key's) keeps the old one in force. A token's file that cannot
be read keeps its old tokens in force; while it is so, a token that nobody knows is answered with 503 instead of 401, for it may be in that file, and senders drop what is
refused with 401. A token that nobody knows makes the receiver read the files at once: a sender may use a new token as soon as the file has it.

Every change is a line in the log itself: \`proofline.config.changed\`, \`proofline.policy.changed\`; a start is \`proofline.receiver.started\`, an orderly stop
\`proofline.receiver.stopped\`, and a log that got no other line for \`heartbeat.interval\` gets \`proofline.receiver.heartbeat\`. Their \`writer\` is \`proofline.receiver\`, which no sender can have.

## Who may write

\`\`\`yaml
otlp:
  http: 0.0.0.0:4318
  grpc: 0.0.0.0:4317
  tls: { cert_file: /run/tls/tls.crt, key_file: /run/tls/tls.key }
auth:
  tokens:
    - { name: billing, file: /run/tokens/billing, logs: [audit.example.com/prod-0] }
    - { name: edge-collector, file: /run/tokens/edge, logs: ["audit.example.com/*"] }
\`\`\`

- A token's file holds one token a line, each of at least 16 of the characters \`A-Z a-z 0-9 . _ ~ + / -\`, with \`=\` only at its end; lines that begin with \`#\` are comments. Two lines make a
  rotation without a gap: add the new one, change the senders, remove the old one. \`openssl rand -hex 32\` makes a good one. In memory there are only their SHA-256.
- The name stands in the line as \`writer\`. Nothing that is sent can set it.
- With tokens or clients configured, a request without a valid credential is answered with 401 (UNAUTHENTICATED), one for a log that is not the writer's with
  403 (PERMISSION_DENIED). A token counts for more than a certificate, when a request has both.
- With \`client_ca_file\` alone, every certificate of those authorities may write, and its first identity is the writer: \`URI:spiffe://…\`, \`DNS:…\`, \`email:…\`, \`CN=…\`.
- Certificates are checked when a connection is made. Take a client's certificate out of \`auth.clients\` to stop it at its next request.
- \`/healthz\` and \`/readyz\` need no credential, for probes have none; nor has \`/metrics\`, which holds counts and no record. Where that is too much, or where \`client_auth: require\`
  keeps probes out, \`admin.http\` gives the three an address of their own.
- On an address that other machines reach, without TLS or without writers, the receiver starts, and warns.
`;

/** The whole page. */
export function formatConfigPage(table: readonly KeyDoc[] = keyTable()): string {
  const rows = table.map(({ key, type, reload, about, required, ...doc }) => {
    const fallback = doc.default === "" ? (required ? "required" : "") : `\`${doc.default}\``;
    const cells = [`\`${key}\``, type, fallback, `\`${environmentName(key)}\``, reload ? "reload" : "restart", about];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  const head = ["| key | type | default | variable | new value | what it is for |", "|---|---|---|---|---|---|"];
  return HEAD + [...head, ...rows].join("\n") + "\n" + TAIL;
}
