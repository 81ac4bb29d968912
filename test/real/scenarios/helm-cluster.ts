// helm-cluster.ts: the chart against what it will meet: a real API server with the restricted profile, and, for what it configures, a real
// receiver and a real Loki started with exactly what it renders.

import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { auditRequest, encodeRequest } from "../../support/otlp.ts";
import { type RealKube, startKube } from "../../support/peers/kube.ts";
import { answersOk, freePorts, run, spawnProcess, waitFor } from "../../support/peers/process.ts";
import { at, CHART, Chart, listAt, type Manifest, NAMESPACE, only, podOf, values } from "../chart.ts";
import type { Context, Scenario } from "../lane.ts";
import type { Peers } from "../peers-here.ts";
import { PROOFLINE } from "../receiver.ts";

const POD = "proofline-0";
const LOG = `audit.example.com/prod/${POD}`;

export function helmClusterScenarios(peers: Peers): Scenario[] {
  return [
    {
      name: "what helm renders runs: receiver and Loki start with it, and the verifier's own words find that the log holds",
      run: (c) => starts(peers, c),
    },
    {
      name: "helm installs, upgrades and rolls back at a real API server that enforces the restricted profile",
      run: (c) => cluster(peers, c),
    },
  ];
}

async function starts(peers: Peers, context: Context): Promise<void> {
  const chart = new Chart(await peers.path("helm"), context.folder);
  const lokiBinary = await peers.path("loki");
  const vkeys = "audit.example.com/x+0a1b2c3d+AaaBbbCccDddEeeFffGggHhhIiiJjjKkkLllMmmNnnOo=";
  const words = [
    "--set=loki.enabled=true",
    "--set=verify.enabled=true",
    `--set=verify.keys[0]=${vkeys}`,
    "--set=verify.sinceDays=2",
  ];
  const { manifests } = await chart.render(...values("minimal"), ...words, "--set=config.window.records=1000000");
  const [lokiPort, lokiGrpc, http, grpc, admin] = await freePorts(5);
  const loki = `http://127.0.0.1:${lokiPort}`;

  const lokiFolder = join(context.folder, "loki");
  await writeData(only(manifests, "ConfigMap", "proofline-loki"), lokiFolder);
  await mkdir(join(lokiFolder, "rules", "fake"), { recursive: true });
  const lokiProcess = spawnProcess(
    lokiBinary,
    [
      ...["-config.file=" + join(lokiFolder, "loki.yaml"), "-config.expand-env=true", "-target=all"],
      ...[`-server.http-listen-port=${lokiPort}`, `-server.grpc-listen-port=${lokiGrpc}`, "-ingester.min-ready-duration=0s"],
    ],
    {
      cwd: lokiFolder,
      env: {
        ...environmentOf(only(manifests, "StatefulSet", "proofline-loki")),
        LOKI_ADDRESS: "127.0.0.1",
        LOKI_DATA: join(lokiFolder, "data"),
        LOKI_RULES: join(lokiFolder, "rules"),
        LOKI_OVERRIDES: join(lokiFolder, "overrides.yaml"),
      },
    },
  );
  context.defer(() => lokiProcess.stop());
  await waitFor("Loki to be ready", () => {
    if (lokiProcess.ended) throw new Error(`Loki ended: ${lokiProcess.output().slice(-800)}`);
    return answersOk(`${loki}/ready`);
  });

  const folder = join(context.folder, "receiver");
  await writeData(only(manifests, "ConfigMap", "proofline"), folder);
  const data = join(folder, "data");
  const set = only(manifests, "StatefulSet", "proofline");
  const receiver = spawnProcess(process.execPath, [PROOFLINE, ...strings(set, "args")], {
    cwd: folder,
    env: {
      ...environmentOf(set),
      PROOFLINE_CONFIG: join(folder, "proofline.yaml"),
      PROOFLINE_DATA: data,
      PROOFLINE_OTLP_HTTP: `127.0.0.1:${http}`,
      PROOFLINE_OTLP_GRPC: `127.0.0.1:${grpc}`,
      PROOFLINE_ADMIN_HTTP: `127.0.0.1:${admin}`,
      PROOFLINE_SINKS_LOKI_URL: loki,
    },
  });
  context.defer(() => receiver.stop());
  await waitFor("the receiver to be ready", () => {
    if (receiver.ended) throw new Error(`the receiver ended: ${receiver.output().slice(-800)}`);
    return answersOk(`http://127.0.0.1:${admin}/readyz`);
  });
  const body = encodeRequest(auditRequest({ seed: 1, records: 200 }));
  const headers = { "content-type": "application/x-protobuf" };
  const answer = await fetch(`http://127.0.0.1:${http}/v1/logs`, { method: "POST", headers, body: Buffer.from(body) });
  assert.equal(answer.status, 200, await answer.text());

  const job = only(manifests, "CronJob", `proofline-verify-0`);
  const asked = strings(job, "args").map((word) =>
    word.startsWith("--loki=") ? `--loki=${loki}` : word.startsWith("--key=") ? `--key=${join(data, LOG, "vkey")}` : word,
  );
  assert.ok(asked.includes(`--log=${LOG}`));
  const verified = await waitFor("the log to hold in Loki", async () => {
    const verdict = await run(process.execPath, [PROOFLINE, ...asked, "--json"]);
    const { result, records } = JSON.parse(verdict.stdout) as { result: string; records: number };
    return verdict.code === 0 && result === "holds" && records >= 200 ? records : undefined;
  });
  context.say(`${verified} lines of ${LOG} verified out of Loki, with the job's own words`);
  const deleted = await fetch(`${loki}/loki/api/v1/delete?query=%7Blog%3D%22x%22%7D&start=1&end=2`, { method: "POST" });
  assert.ok(deleted.status >= 400, `Loki's delete API answers ${deleted.status}`);
}

/** Variables with a value, and with what they refer to put in. */
function environmentOf(manifest: Manifest): Record<string, string> {
  const found: Record<string, string> = {};
  for (const variable of listAt(podOf(manifest), "spec.containers.0.env")) {
    const value = at(variable, "valueFrom.fieldRef.fieldPath") === "metadata.name" ? POD : String(at(variable, "value"));
    found[String(at(variable, "name"))] = value.replaceAll(/\$\((\w+)\)/g, (_, name: string) => found[name] ?? "");
  }
  return found;
}

function strings(manifest: Manifest, key: string): string[] {
  return listAt(podOf(manifest), `spec.containers.0.${key}`).map(String);
}

async function writeData(configMap: Manifest, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const data = at(configMap, "data") as Record<string, string>;
  for (const [name, text] of Object.entries(data)) await writeFile(join(folder, name), text);
}

async function cluster(peers: Peers, context: Context): Promise<void> {
  const helm = await peers.path("helm");
  const binaries = {
    etcd: await peers.path("etcd"),
    apiserver: await peers.path("kube-apiserver"),
    kubectl: await peers.path("kubectl"),
  };
  const kube = await startKube(binaries, join(context.folder, "kube"));
  context.defer(() => kube.stop());
  for (const [namespace, profile] of [
    [NAMESPACE, "restricted"],
    ["audit-nodes", "privileged"],
  ] as const) {
    await good(kube, "create", "namespace", namespace);
    const labels = ["enforce", "warn"].map((mode) => `pod-security.kubernetes.io/${mode}=${profile}`);
    await good(kube, "label", "namespace", namespace, ...labels);
  }
  const chart = new Chart(helm, context.folder, kube.kubeconfig);
  const release = async (...words: string[]) => {
    const { code, output } = await chart.helm(...words, "--namespace", NAMESPACE);
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /would violate PodSecurity|[Ww]arning:/, "the API server warns");
    return output;
  };
  const custom = ["--set=serviceMonitor.enabled=false", "--set=prometheusRule.enabled=false"]; // their kinds are the operator's
  const full = [...values("full"), ...custom];

  const installed = await release("install", "proofline", CHART, ...full, "--set=replicas=2");
  assert.match(installed, /STATUS: deployed/);
  assert.match(installed, /audit\.example\.com\/prod\/proofline-1/, "the notes name the logs");
  assert.match(installed, /helm test proofline --namespace audit/);
  assert.equal(await replicas(kube), "2");
  await podsAreTaken(kube, (await chart.render(...full)).manifests, context);

  await release("upgrade", "proofline", CHART, ...full, "--set=config.accept=all");
  assert.equal(await replicas(kube), "3");
  const other = await chart.helm("upgrade", "proofline", CHART, ...full, "--set=log.prefix=other", "--namespace", NAMESPACE);
  assert.notEqual(other.code, 0, "an upgrade that would begin new logs");
  assert.match(other.output, /log\.prefix was "audit\.example\.com\/prod" and would become "other"/);
  await release("rollback", "proofline", "1");
  assert.equal(await replicas(kube), "2");
  const history = await release("history", "proofline", "--output", "json");
  const last = (JSON.parse(history) as { description: string; status: string }[]).at(-1);
  assert.deepEqual([last?.status, last?.description], ["deployed", "Rollback to 1"]);
  for (const what of ["get secrets", "list pods", "get configmaps"]) {
    const asked = await kube.kubectl(
      "auth",
      "can-i",
      ...what.split(" "),
      "-n",
      NAMESPACE,
      `--as=system:serviceaccount:${NAMESPACE}:audit-receiver`,
    );
    assert.equal(asked.stdout.trim(), "no", what);
  }
  await release("uninstall", "proofline");
}

/** Pods as the controllers would make them: taken where the restricted profile is enforced, and one that is a little worse is not. */
async function podsAreTaken(kube: RealKube, manifests: readonly Manifest[], context: Context): Promise<void> {
  let taken = 0;
  for (const manifest of manifests) {
    const pod = podOf(manifest);
    if (pod === undefined) continue;
    const namespace = manifest.kind === "DaemonSet" ? "audit-nodes" : NAMESPACE;
    const spec = structuredClone(pod.spec) as Record<string, unknown>;
    spec.volumes = [
      ...listAt(spec, "volumes"),
      ...listAt(manifest, "spec.volumeClaimTemplates").map((claim) => ({
        name: at(claim, "metadata.name"),
        persistentVolumeClaim: { claimName: "claim" },
      })),
    ];
    const accepted = await applyPod(kube, context, namespace, spec);
    assert.equal(accepted.code, 0, `${manifest.kind} ${manifest.metadata.name}: ${accepted.output}`);
    taken += 1;
    if (namespace !== NAMESPACE) continue;
    const worse = structuredClone(spec);
    Reflect.deleteProperty(at(worse, "containers.0.securityContext") as object, "capabilities");
    const refused = await applyPod(kube, context, namespace, worse);
    assert.match(refused.output, /violates PodSecurity "restricted/);
  }
  context.say(`${taken} pods of the chart taken under the profiles that their namespaces enforce`);
}

async function applyPod(kube: RealKube, context: Context, namespace: string, spec: object) {
  const path = join(context.folder, "pod.json");
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "pod", namespace }, spec: { restartPolicy: "Always", ...spec } };
  await writeFile(path, JSON.stringify(pod)); // as YAML 1.2, `on` would be a text, and to Kubernetes a boolean
  return kube.kubectl("create", "--dry-run=server", "-f", path);
}

async function replicas(kube: RealKube): Promise<string> {
  return good(kube, "get", "statefulset", "proofline", "-n", NAMESPACE, "-o", "jsonpath={.spec.replicas}");
}

async function good(kube: RealKube, ...words: string[]): Promise<string> {
  const { code, output, stdout } = await kube.kubectl(...words);
  assert.equal(code, 0, `kubectl ${words.join(" ")}: ${output}`);
  return stdout;
}
