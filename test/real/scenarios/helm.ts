// helm.ts: the chart: linted, rendered over many values, checked against the schemas of every Kubernetes it is for, and looked at.

import assert from "node:assert/strict";
import { access, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { run } from "../../support/peers/process.ts";
import { at, CHART, Chart, listAt, type Manifest, only, podOf, values } from "../chart.ts";
import { type Context, type Scenario, Skipped } from "../lane.ts";
import type { Peers } from "../peers-here.ts";

const VERSIONS = Array.from({ length: 13 }, (_, i) => `1.${25 + i}.0`);
/** Nothing public has their schemas without the network. */
const CUSTOM = "ServiceMonitor,PrometheusRule";
/** Each switch by itself, beside the files in ci/. */
const VARIATIONS: readonly (readonly string[])[] = [
  ["--set=loki.enabled=true"],
  ["--set=loki.enabled=true", "--set=fluentBit.enabled=true"],
  ["--set=fluentBit.enabled=true", "--set=fluentBit.loki.host=loki.example.com", "--set=fluentBit.loki.tls=true"],
  ["--set=signingKey.existingSecret=keys"],
  ["--set=tls.existingSecret=tls"],
  ["--set=tls.existingSecret=tls", "--set=tls.clientCa=true"],
  ["--set=auth.existingSecret=tokens", "--set=auth.tokens[0].name=billing"],
  ["--set=lokiAuth.existingSecret=loki", "--set=lokiAuth.username=audit", "--set=loki.enabled=true"],
  ["--set=loki.enabled=true", "--set=verify.enabled=true", "--set=verify.existingConfigMap=keys"],
  ["--set=fullnameOverride=trail", "--set=nameOverride=audit"],
  ["--set=serviceMonitor.enabled=true", "--set=prometheusRule.enabled=true"],
];

export function helmScenarios(peers: Peers): Scenario[] {
  return [
    {
      name: "helm lints and renders the chart over many values, and kubeconform takes every manifest for Kubernetes 1.25 to 1.37",
      run: (c) => conforms(peers, c),
    },
    { name: "helm renders what the chart promises: no token, no root, no secret, nothing writable", run: (c) => keeps(peers, c) },
    { name: "helm refuses values that do not go together, and says why", run: (c) => refuses(peers, c) },
    { name: "promtool takes the alerts of the helm chart", run: (c) => alerts(peers, c) },
  ];
}

async function chartOf(peers: Peers, context: Context): Promise<Chart> {
  return new Chart(await peers.path("helm"), context.folder);
}

async function conforms(peers: Peers, context: Context): Promise<void> {
  const chart = await chartOf(peers, context);
  const kubeconform = await peers.path("kubeconform");
  const schemas = join(dirname(kubeconform), "kubernetes-schemas");
  await access(schemas).catch(() => {
    throw new Skipped(`${kubeconform} has no kubernetes-schemas beside it`);
  });
  const files = (await readdir(join(CHART, "ci"))).map((name) => name.replace(/\.yaml$/, ""));
  const sets = [...files.map(values), ...VARIATIONS.map((words) => [...values("minimal"), ...words])];
  for (const words of sets) {
    const { code, output } = await chart.helm("lint", "--strict", CHART, ...words);
    assert.equal(code, 0, `${words.join(" ")}: ${output}`);
  }
  let resources = 0;
  for (const version of VERSIONS) {
    const paths: string[] = [];
    // All of them for the oldest and the newest, the largest for each.
    const isEnd = version === VERSIONS[0] || version === VERSIONS.at(-1);
    const chosen = isEnd ? sets : [values("full")];
    for (const [i, words] of chosen.entries()) {
      const path = join(context.folder, `${version}-${i}.yaml`);
      await writeFile(path, (await chart.render(...words, "--kube-version", version)).text);
      paths.push(path);
    }
    // One at a time: each worker would compile the schemas for itself.
    const flags = [
      "-n",
      "1",
      "-strict",
      "-summary",
      "-skip",
      CUSTOM,
      "-kubernetes-version",
      version,
      "-schema-location",
      schemas,
    ];
    const { code, output } = await run(kubeconform, [...flags, ...paths]);
    assert.equal(code, 0, `${version}: ${output}`);
    resources += Number(/(\d+) resources found/.exec(output)?.[1]);
  }
  context.say(`${sets.length} sets of values linted; ${resources} manifests valid in ${VERSIONS.length} versions of Kubernetes`);
}

async function keeps(peers: Peers, context: Context): Promise<void> {
  const chart = await chartOf(peers, context);
  const full = (await chart.render(...values("full"))).manifests;
  const plain = (await chart.render(...values("minimal"), "--set=loki.enabled=true")).manifests;
  for (const manifests of [full, plain]) {
    for (const manifest of manifests) checkPod(manifest);
    assert.deepEqual(
      manifests.filter(({ kind }) => /^(Secret|ClusterRole|ClusterRoleBinding|Role|RoleBinding)$/.test(kind)),
      [],
    );
  }
  checkReceiver(full);
  await checkUpgrade(chart);
}

/** What must be so of every pod. */
function checkPod(manifest: Manifest): void {
  const pod = podOf(manifest);
  if (pod === undefined) return;
  const name = `${manifest.kind} ${manifest.metadata.name}`;
  const isOnNode = manifest.kind === "DaemonSet"; // Fluent Bit reads what is root's
  assert.equal(at(pod, "spec.automountServiceAccountToken"), false, name);
  assert.equal(at(pod, "spec.enableServiceLinks"), false, name);
  assert.equal(at(pod, "spec.securityContext.seccompProfile.type"), "RuntimeDefault", name);
  assert.equal(at(pod, "spec.securityContext.runAsNonRoot"), isOnNode ? undefined : true, name);
  if (!isOnNode) assert.equal(at(pod, "spec.securityContext.fsGroupChangePolicy"), "OnRootMismatch", name);
  for (const key of ["hostNetwork", "hostPID", "hostIPC"]) assert.equal(at(pod, `spec.${key}`), undefined, name);
  const containers = [...listAt(pod, "spec.containers"), ...listAt(pod, "spec.initContainers")];
  assert.ok(containers.length > 0, name);
  for (const container of containers) {
    assert.deepEqual(
      at(container, "securityContext"),
      { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
      name,
    );
    assert.ok(at(container, "resources.requests.memory") !== undefined, `${name}: no memory is asked for`);
    assert.doesNotMatch(String(at(container, "image")), /:latest$|:$/, name);
    for (const variable of listAt(container, "env")) {
      const isSecret = /TOKEN|PASSWORD|SECRET/.test(String(at(variable, "name")));
      if (isSecret && at(variable, "value") !== "none")
        assert.ok(at(variable, "valueFrom.secretKeyRef.name") !== undefined, name);
    }
  }
  for (const volume of listAt(pod, "spec.volumes")) {
    assert.ok(isOnNode || at(volume, "hostPath") === undefined, `${name}: a folder of the node`);
    assert.ok(at(volume, "projected") === undefined, `${name}: a projected volume could hold a token`);
    if (at(volume, "secret") !== undefined) assert.equal(at(volume, "secret.defaultMode"), 0o440, name);
  }
}

function checkReceiver(manifests: readonly Manifest[]): void {
  const set = only(manifests, "StatefulSet", "proofline");
  assert.equal(at(set, "spec.replicas"), 3);
  assert.deepEqual(at(set, "spec.persistentVolumeClaimRetentionPolicy"), { whenDeleted: "Retain", whenScaled: "Retain" });
  assert.equal(at(set, "spec.volumeClaimTemplates.0.metadata.name"), "data");
  const pod = podOf(set)!;
  const grace = Number(at(pod, "spec.terminationGracePeriodSeconds"));
  const timeout = /timeout: (\d+)s/.exec(configText(manifests));
  assert.ok(grace > Number(timeout?.[1]), "the pod must live until the receiver has stopped by itself");
  const container = at(pod, "spec.containers.0");
  const environment = Object.fromEntries(listAt(container, "env").map((one) => [at(one, "name"), at(one, "value")]));
  // A name in $() is known only when it stands above.
  assert.equal(at(container, "env.0.name"), "POD_NAME");
  assert.equal(environment.PROOFLINE_LOG, "audit.example.com/prod/$(POD_NAME)");
  assert.equal(environment.PROOFLINE_KEY, "/run/secrets/proofline/signing/$(POD_NAME)");
  for (const [probe, path] of [
    ["startupProbe", "/healthz"],
    ["livenessProbe", "/healthz"],
    ["readinessProbe", "/readyz"],
  ] as const) {
    assert.equal(at(container, `${probe}.httpGet.path`), path);
    assert.equal(at(container, `${probe}.httpGet.port`), "admin");
  }
  const mounts = listAt(container, "volumeMounts").map((one) => [at(one, "mountPath"), at(one, "readOnly") ?? false]);
  assert.deepEqual(mounts, [
    ["/var/lib/proofline", false],
    ["/etc/proofline", true],
    ...["signing", "redaction", "tls", "tokens", "otlp"].map((name) => [`/run/secrets/proofline/${name}`, true]),
  ]);
  const jobs = manifests.filter(({ kind }) => kind === "CronJob");
  const verified = jobs.map((job) =>
    listAt(podOf(job), "spec.containers.0.args").find((word) => String(word).startsWith("--log=")),
  );
  assert.deepEqual(
    verified,
    [0, 1, 2].map((ordinal) => `--log=audit.example.com/prod/proofline-${ordinal}`),
    "each log is verified",
  );
  const headless = only(manifests, "Service", "proofline-pods");
  assert.equal(at(headless, "spec.clusterIP"), "None");
  assert.equal(at(set, "spec.serviceName"), "proofline-pods");
  assert.deepEqual(at(only(manifests, "ServiceMonitor", "proofline"), "spec.selector.matchLabels"), {
    ...(at(headless, "spec.selector") as Record<string, string>),
    "proofline/service": "pods",
  });
  const policy = only(manifests, "NetworkPolicy", "proofline");
  assert.ok(JSON.stringify(at(policy, "spec.ingress.0.from")).includes('"kubernetes.io/metadata.name":"shop"'));
  assert.deepEqual(at(policy, "spec.policyTypes"), ["Ingress", "Egress"]);
  assert.ok(
    listAt(policy, "spec.egress").every((rule) => listAt(rule, "ports").length > 0),
    "to any port",
  );
}

function configText(manifests: readonly Manifest[]): string {
  const data = at(only(manifests, "ConfigMap", "proofline"), "data");
  return String((data as Record<string, unknown>)["proofline.yaml"]);
}

/** Another configuration starts the receivers again; a repeated rendering does not. */
async function checkUpgrade(chart: Chart): Promise<void> {
  const sum = async (...words: string[]) => {
    const set = only((await chart.render(...values("minimal"), ...words)).manifests, "StatefulSet", "proofline");
    return podOf(set)!.metadata.annotations?.["checksum/config"];
  };
  const first = await sum();
  assert.ok(first !== undefined && (await sum()) === first);
  assert.notEqual(await sum("--set=config.accept=audit"), first);
}

async function refuses(peers: Peers, context: Context): Promise<void> {
  const chart = await chartOf(peers, context);
  const minimal = values("minimal");
  const keys = "--set=verify.existingConfigMap=keys";
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /log\/prefix|prefix/],
    [[...minimal, "--set=replicaCount=2"], /additional properties 'replicaCount' not allowed/],
    [[...minimal, "--set=config.data=/tmp"], /additional properties 'data' not allowed/],
    [[...minimal, "--set=config.otlp.max_request_bytes=lots"], /config\/otlp\/max_request_bytes/],
    [[...minimal, "--set=image.tag=latest"], /image\/tag/],
    [[...minimal, "--set=verify.enabled=true", "--set=loki.enabled=true"], /needs the logs' public keys/],
    [[...minimal, "--set=verify.enabled=true", keys], /needs loki.enabled or config.sinks.loki.url/],
    [[...minimal, "--set=verify.enabled=true", keys, "--set=verify.source=url"], /needs config.serve_log.enabled/],
    [[...minimal, "--set=auth.tokens[0].name=billing"], /auth.tokens needs auth.existingSecret/],
    [[...minimal, "--set=auth.existingSecret=tokens"], /auth.existingSecret needs auth.tokens/],
    [[...minimal, "--set=tls.clientCa=true"], /tls.clientCa needs tls.existingSecret/],
    [[...minimal, "--set=auth.clients[0].name=a", "--set=auth.clients[0].identity=DNS:a"], /auth.clients needs tls.clientCa/],
    [[...minimal, "--set=lokiAuth.existingSecret=x"], /needs lokiAuth.username/],
    [[...minimal, "--set=fluentBit.enabled=true"], /ordinary lines must go somewhere/],
  ];
  for (const [words, expected] of cases) {
    const refusal = await chart.render(...words).then(
      () => "",
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    assert.match(refusal, expected, words.slice(minimal.length).join(" "));
  }
  context.say(`${cases.length} sets of values refused`);
}

async function alerts(peers: Peers, context: Context): Promise<void> {
  const chart = await chartOf(peers, context);
  const promtool = await peers.path("promtool");
  const rule = only((await chart.render(...values("full"))).manifests, "PrometheusRule", "proofline");
  const path = join(context.folder, "rules.yaml");
  await writeFile(path, stringify(at(rule, "spec")));
  const { code, output } = await run(promtool, ["check", "rules", path]);
  assert.equal(code, 0, output);
  assert.match(output, /3 rules found/);
}
