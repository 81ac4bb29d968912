import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Config, ConfigError, environmentName, keyTable, loadConfig } from "@proofline/receiver";
import fc from "fast-check";
import { readEnvironment } from "../../src/config/environment.ts";

/** A config from the text of a file called audit.yaml, and the text of other files. */
function load(
  text: string,
  o: { flags?: Record<string, string>; environment?: Record<string, string>; files?: Record<string, string> } = {},
): Config {
  const files: Record<string, string> = { "audit.yaml": text, ...o.files };
  return loadConfig({
    file: "audit.yaml",
    flags: o.flags ?? {},
    flagNames: { "sinks.loki.url": "loki" },
    environment: new Map(Object.entries(o.environment ?? {})),
    readText: (path) => {
      const found = files[path];
      if (found === undefined) throw Object.assign(new Error("no"), { code: "ENOENT" });
      return found;
    },
  });
}

function problemsOf(...call: Parameters<typeof load>): string {
  try {
    load(...call);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message;
  }
  throw new assert.AssertionError({ message: "the config was accepted" });
}

describe("a config's values", () => {
  test("without anything, the defaults", () => {
    const config = loadConfig();
    assert.equal(config.data, "./proofline-data");
    assert.equal(config.log, "default");
    assert.deepEqual(config.otlp.http, { host: "127.0.0.1", port: 4318 });
    assert.deepEqual(config.otlp.grpc, { host: "127.0.0.1", port: 4317 });
    assert.equal(config.otlp.maxRequestBytes, 67_108_864);
    assert.equal(config.otlp.maxRecords, undefined);
    assert.equal(config.accept, "all");
    assert.equal(config.checkpoint.intervalMs, 1_000);
    assert.equal(config.sinks.loki, undefined);
    assert.equal(config.logLevel, "info");
  });

  test("an empty file and sections with everything commented out are the defaults", () => {
    assert.deepEqual(load(""), loadConfig());
    assert.deepEqual(load("otlp:\n#  http: x\nsinks:\n"), loadConfig());
  });

  test("every key can stand in the file", () => {
    const config = load(`
data: /var/lib/proofline
log: audit.example.com/prod-0
create: false
key: /run/secrets/key
otlp:
  http: "[::]:4318"
  grpc: 0.0.0.0:4317
  max_request_bytes: 8MiB
  max_inflight_bytes: 1GiB
  max_records: 1000
  body_timeout: 30s
accept: audit
checkpoint: { interval: 250ms }
segments: { bytes: 1GB }
window: { records: 5 }
disk: { min_free_bytes: 0 }
redaction: { key_file: /run/secrets/redaction }
sinks:
  loki:
    url: https://loki.example.com/prefix/
    tenant: acme
    labels: { env: prod }
    class_label: true
    batch_bytes: 512KiB
    timeout: 3s
    username: ann
    password_file: /run/secrets/loki
    read_back: repair
  otlp:
    url: https://collector.example.com:4317
    protocol: grpc
    line: false
    batch_bytes: 64KiB
    timeout: 2s
    compression: none
    token_file: /run/secrets/token
    headers_file: /run/secrets/headers
    ca_file: /run/secrets/ca.pem
shutdown: { timeout: 5s }
log_level: debug
`);
    assert.deepEqual(config.otlp.http, { host: "::", port: 4318 });
    assert.equal(config.otlp.maxRequestBytes, 8 * 1024 * 1024);
    assert.equal(config.segments.bytes, 1_000_000_000);
    assert.equal(config.create, false);
    assert.deepEqual(config.sinks.loki, {
      url: "https://loki.example.com/prefix",
      tenant: "acme",
      labels: { env: "prod" },
      classLabel: true,
      batchBytes: 512 * 1024,
      timeoutMs: 3_000,
      username: "ann",
      passwordFile: "/run/secrets/loki",
      readBack: "repair",
    });
    assert.deepEqual(config.sinks.otlp, {
      url: "https://collector.example.com:4317",
      protocol: "grpc",
      line: false,
      batchBytes: 64 * 1024,
      timeoutMs: 2_000,
      gzip: false,
      tokenFile: "/run/secrets/token",
      headersFile: "/run/secrets/headers",
      caFile: "/run/secrets/ca.pem",
    });
  });

  test("every key can stand in the environment", () => {
    // Those without a default, which stands for itself; and sections that need each other.
    const examples: Record<string, string> = {
      key: "/k",
      "otlp.tls.cert_file": "/c",
      "otlp.tls.key_file": "/k",
      "otlp.tls.client_ca_file": "/a",
      "otlp.max_records": "3",
      "auth.tokens": '[{"name":"billing","file":"/t","logs":["a/*"]}]',
      "auth.clients": '[{"name":"edge","identity":"DNS:edge.example.com","logs":["*"]}]',
      "admin.http": "0.0.0.0:9464",
      "redaction.policy": "p.yaml",
      "redaction.key_file": "/r",
      "sinks.loki.url": "http://loki:3100",
      "sinks.loki.tenant": "t",
      "sinks.loki.labels": "a=b,c=d=e",
      "sinks.loki.username": "u",
      "sinks.loki.password_file": "/p",
      "sinks.otlp.url": "https://collector:4318",
      "sinks.otlp.token_file": "/t",
      "sinks.otlp.headers_file": "/h",
      "sinks.otlp.ca_file": "/a",
    };
    const files = { "p.yaml": "{}" };
    const environment: Record<string, string> = {};
    for (const { key, default: fallback } of keyTable()) {
      const value = examples[key] ?? fallback;
      if (value !== "") environment[environmentName(key)] = value;
    }
    const config = load("", { environment, files });
    for (const key of Object.keys(examples)) assert.ok(config.settings[key] !== undefined, key);
    assert.deepEqual(config.sinks.loki!.labels, { a: "b", c: "d=e" });
    assert.deepEqual(config.auth.tokens, [{ name: "billing", file: "/t", logs: ["a/*"] }]);
    assert.deepEqual(config.auth.clients, [{ name: "edge", identity: "DNS:edge.example.com", logs: ["*"] }]);
    assert.deepEqual(config.otlp.tls, {
      certFile: "/c",
      keyFile: "/k",
      clientCaFile: "/a",
      clientAuth: "require",
      minVersion: "1.2",
    });
    assert.deepEqual(config.admin.http, { host: "0.0.0.0", port: 9464 });
  });

  test("a default, written out, is the default", () => {
    for (const { key, default: fallback } of keyTable()) {
      if (fallback === "" || key.startsWith("sinks.")) continue;
      assert.deepEqual(load("", { environment: { [environmentName(key)]: fallback } }), loadConfig(), key);
    }
  });

  test("settings are equal for equal configs, whatever the spelling, and hold every key that has a value", () => {
    const a = load("otlp: { tls: { cert_file: c, key_file: k, min_version: 1.3 } }\ncheckpoint: { interval: 1000ms }\n").settings;
    const b = load('checkpoint: { interval: 1s }\notlp: { tls: { key_file: k, cert_file: c, min_version: "1.3" } }\n').settings;
    assert.deepEqual(a, b);
    assert.equal(a["otlp.tls.min_version"], '"1.3"');
    assert.equal(a["otlp.tls.client_ca_file"], undefined);
  });

  test("flags win over the environment, that over the file, that over the default", () => {
    const text = "data: file\nlog: file\naccept: audit\n";
    const environment = { PROOFLINE_DATA: "environment", PROOFLINE_LOG: "environment" };
    const config = load(text, { environment, flags: { data: "flag" } });
    assert.deepEqual([config.data, config.log, config.accept, config.create], ["flag", "environment", "audit", true]);
  });

  test("variables that name no key are somebody else's", () => {
    assert.deepEqual(
      load("", { environment: { PROOFLINE_PORT: "tcp://10.0.0.1:4318", PROOFLINE_SERVICE_HOST: "10.0.0.1" } }),
      loadConfig(),
    );
  });

  test("a variable that is one of ours but for a typo stops the start", () => {
    const environment = { PROOFLINE_REDACTION_POLCY: "strict.yaml", PROOFLINE_OTPL_HTTP: "127.0.0.1:0" };
    assert.throws(
      () => load("", { environment }),
      (error: Error) =>
        error.message.includes(
          "PROOFLINE_REDACTION_POLCY  is not a variable of ours; did you mean PROOFLINE_REDACTION_POLICY?",
        ) && error.message.includes("did you mean PROOFLINE_OTLP_HTTP?"),
    );
  });

  test("of the process's variables only ours are read, and empty ones are not set", () => {
    const found = readEnvironment({ PROOFLINE_DATA: "/d", PROOFLINE_LOG: "", HOME: "/root", proofline_x: "y" });
    assert.deepEqual([...found], [["PROOFLINE_DATA", "/d"]]);
  });

  test("all of it is frozen", () => {
    const config = load("sinks: { loki: { url: http://loki:3100, labels: { a: b } } }");
    assert.throws(() => Object.assign(config.otlp.http, { port: 1 }), TypeError);
    assert.throws(() => Object.assign(config.sinks.loki!.labels, { x: "y" }), TypeError);
  });

  test("a policy stands in the file itself or in another one", () => {
    const policy = "{ keys: [{ names: [salary], action: drop }] }";
    const inline = load(`redaction:\n  policy: ${policy}\n`).redaction.policy;
    const apart = load("redaction: { policy: policy.yaml }", { files: { "policy.yaml": policy } }).redaction.policy;
    assert.deepEqual(inline.keys, [{ names: ["salary"], action: "drop" }]);
    assert.deepEqual(apart, inline);
  });
});

describe("what a person is told about a config that cannot be used", () => {
  const cases: { name: string; text: string; more?: Parameters<typeof load>[1]; told: string }[] = [
    {
      name: "every problem at once, each with its line",
      text: "otlp:\n  http: 4318\n\naccept: adit\nsinks:\n  loki:\n    url: loki:3100\n",
      told: `audit.yaml:2  otlp.http: 4318 is not HOST:PORT; did you mean "127.0.0.1:4318"?
audit.yaml:4  accept: "adit" is not one of all, audit; did you mean "audit"?
audit.yaml:7  sinks.loki.url: "loki:3100" is not a URL; did you mean "http://loki:3100"?
3 problems; nothing was started.`,
    },
    {
      name: "a key that does not exist, with the nearest one that does",
      text: "otlp:\n  htpp: 127.0.0.1:1\ndta: x\nnothing_like_it: 1\nsinks: { loky: { url: x } }\nmin_free_bytes: 1\n",
      told: `audit.yaml:2  otlp.htpp: is not a key; did you mean "otlp.http"?
audit.yaml:3  dta: is not a key; did you mean "data"?
audit.yaml:4  nothing_like_it: is not a key
audit.yaml:5  sinks.loky: is not a key; did you mean "sinks.loki"?
audit.yaml:6  min_free_bytes: is not a key; did you mean "disk.min_free_bytes"?
5 problems; nothing was started.`,
    },
    {
      name: "where a value came from, when not from the file",
      text: "",
      more: {
        flags: { "otlp.http": ":::1", "sinks.loki.url": "x y" },
        environment: { PROOFLINE_CHECKPOINT_INTERVAL: "1", PROOFLINE_SINKS_LOKI_TENANT: "t" },
      },
      told: `--otlp-http  otlp.http: ":::1" is not HOST:PORT; did you mean "[::]:1"?
PROOFLINE_CHECKPOINT_INTERVAL  checkpoint.interval: "1" is not a duration; did you mean "1s"?
--loki  sinks.loki.url: "x y" is not a URL; expected such as http://loki:3100
3 problems; nothing was started.`,
    },
    {
      name: "sizes, numbers and switches",
      text: "otlp: { max_request_bytes: 1K, max_records: 0 }\ncreate: yes please\nwindow: { records: 1.5 }\nsegments: { bytes: 10 }\nshutdown: { timeout: 100d }\n",
      told: `audit.yaml:1  otlp.max_request_bytes: "1K" is not a size; expected bytes such as 67108864, 64MiB or 100MB
audit.yaml:1  otlp.max_records: 0 is less than 1
audit.yaml:2  create: "yes please" is neither true nor false
audit.yaml:3  window.records: 1.5 is not a whole number
audit.yaml:4  segments.bytes: 10 is less than 65536 bytes
audit.yaml:5  shutdown.timeout: "100d" is more than 3600000ms
6 problems; nothing was started.`,
    },
    {
      name: "a key without a value, and a section that is none",
      text: "data:\notlp: 4318\n",
      told: `audit.yaml:1  data: has no value; leave the key out to get the default
audit.yaml:2  otlp: 4318 is not a map of keys
2 problems; nothing was started.`,
    },
    {
      name: "a log's name that leaves the folder",
      text: "log: ../other\n",
      told: `audit.yaml:1  log: "../other" is not a log's name; expected no empty part, no "." and no ".." between slashes
1 problem; nothing was started.`,
    },
    {
      name: "Loki without an address",
      text: "sinks:\n  loki:\n    tenant: t\n",
      told: `audit.yaml:2  sinks.loki.url: is missing
1 problem; nothing was started.`,
    },
    {
      name: "keys that contradict each other",
      text: "otlp:\n  http: 127.0.0.1:4000\n  grpc: 127.0.0.1:4000\n  max_inflight_bytes: 1MiB\nsinks:\n  loki:\n    url: http://l\n    username: u\n  otlp:\n    url: http://c\n    ca_file: a\n",
      told: `audit.yaml:3  otlp.grpc: "127.0.0.1:4000" is the address of otlp.http too; each needs its own
audit.yaml:4  otlp.max_inflight_bytes: 1048576 is less than otlp.max_request_bytes, 67108864
audit.yaml:6  sinks.loki.password_file: is missing; username and password_file go together
audit.yaml:11  sinks.otlp.ca_file: is set, but sinks.otlp.url is http:; expected https:
4 problems; nothing was started.`,
    },
    {
      name: "half of a certificate, and what has no use without the other",
      text: "otlp:\n  tls:\n    key_file: k\n",
      told: `audit.yaml:2  otlp.tls.cert_file: is missing; cert_file and key_file go together
1 problem; nothing was started.`,
    },
    {
      name: "client certificates without authorities, and authorities without TLS",
      text: "otlp:\n  tls:\n    client_ca_file: a\nauth:\n  clients:\n    - { name: edge, identity: 'CN=edge', logs: ['*'] }\n",
      told: `audit.yaml:2  otlp.tls.cert_file: is missing; client_ca_file has no use without it
audit.yaml:3  otlp.tls.client_ca_file: is missing; auth.clients has no use without it
2 problems; nothing was started.`,
    },
    {
      name: "writers that nobody could tell apart, or trust",
      text: "auth:\n  tokens:\n    - { name: a, file: f, logs: [l] }\n    - { name: a, file: g, logs: [l] }\n",
      told: `audit.yaml:2  auth.tokens: has the name "a" twice
1 problem; nothing was started.`,
    },
    {
      name: "a writer with a name of the service's own",
      text: "auth:\n  tokens:\n    - { name: proofline.receiver, file: f, logs: [l] }\n",
      told: `audit.yaml:2  auth.tokens: the value has the name "proofline.receiver" for entry 1: names that begin with "proofline." are the service's own
1 problem; nothing was started.`,
    },
    {
      name: "a token in the place of its file's name is not shown",
      text: "auth:\n  tokens: a-secret-token-of-somebody\n  clients:\n    - { name: x, token: also-secret, logs: [l] }\n",
      told: `audit.yaml:2  auth.tokens: the value is not a list; in a variable it is one as JSON
audit.yaml:3  auth.clients: the value has the key "token" in entry 1; expected name, identity, logs
2 problems; nothing was started.`,
    },
    {
      name: "a policy's own problems, with their lines",
      text: "redaction:\n  policy:\n    keys:\n      - names: [salary]\n        action: tokenise\n",
      told: `audit.yaml:5  redaction.policy.keys[0].action: "tokenise" is not one of mask, token, drop, digest
1 problem; nothing was started.`,
    },
    {
      name: "the problems of a policy's file, in that file",
      text: "redaction: { policy: p.yaml }\n",
      more: { files: { "p.yaml": "\nkeys: 5\n" } },
      told: `p.yaml:2  keys: 5 is not a list of rules; "default" in it stands for the default ones
1 problem; nothing was started.`,
    },
    {
      name: "a policy's file that is not there",
      text: "redaction: { policy: p.yaml }\n",
      told: `audit.yaml:1  redaction.policy: "p.yaml" cannot be read: there is no such file
1 problem; nothing was started.`,
    },
    {
      name: "a file that is no YAML, and a key that stands twice",
      text: "data: x\ndata: y\n",
      told: `audit.yaml:2  not YAML: Map keys must be unique
1 problem; nothing was started.`,
    },
    {
      name: "a file that is a list",
      text: "- data\n",
      told: `audit.yaml  is not a map of keys
1 problem; nothing was started.`,
    },
  ];
  for (const { name, text, more, told } of cases) {
    test(name, () => assert.equal(problemsOf(text, more), told));
  }

  test("a file that is not there", () => {
    assert.throws(() => loadConfig({ file: "/no/such/file.yaml" }), {
      name: "ConfigError",
      message: '--config  "/no/such/file.yaml" cannot be read: there is no such file\n1 problem; nothing was started.',
    });
  });

  test("credentials in a URL are refused, and never shown", () => {
    for (const url of ["http://ann:hunter2@loki:3100", "ann:hunter2@loki:3100", "ftp://ann:hunter2@x", "//ann:hunter2@x"]) {
      assert.doesNotMatch(problemsOf(`sinks: { loki: { url: "${url}" } }`), /hunter2/);
    }
  });

  test("for any text: a config, or a ConfigError with a problem", () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.string({ unit: fc.constantFrom("otlp", "http", ":", "\n", "  ", "-", "[", "}", "&a", "*a", "x", "4") }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          assert.ok(load(text).data);
        } catch (error) {
          assert.ok(error instanceof ConfigError, String(error));
          assert.ok(error.problems.length > 0);
        }
      }),
    );
  });
});
