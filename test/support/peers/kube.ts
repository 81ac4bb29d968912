// kube.ts: a Kubernetes API server with its etcd, on ports and in a folder of their own. No node and no controller: what is applied is
// checked, defaulted and kept, and nothing of it runs.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePorts, type RunningProcess, run, spawnProcess, waitFor } from "./process.ts";

export interface KubeBinaries {
  readonly etcd: string;
  readonly apiserver: string;
  readonly kubectl: string;
}

export interface RealKube {
  /** A file for KUBECONFIG; its user may do everything. */
  readonly kubeconfig: string;
  /** Runs kubectl. */
  kubectl(...words: string[]): Promise<{ code: number; output: string; stdout: string }>;
  /** The API server first: without its store it would hang on. */
  stop(): Promise<void>;
}

export async function startKube(binaries: KubeBinaries, folder: string): Promise<RealKube> {
  await mkdir(folder, { recursive: true });
  const [client, peer, secure] = (await freePorts(3)) as [number, number, number];
  const store = `http://127.0.0.1:${client}`;
  const url = `https://127.0.0.1:${secure}`;
  const kubeconfig = join(folder, "kubeconfig");
  await run("openssl", ["genrsa", "-out", join(folder, "account.key"), "2048"]);
  await writeFile(join(folder, "tokens.csv"), "test-token,admin,admin,system:masters\n");
  await writeFile(kubeconfig, kubeconfigOf(url));
  const etcd = spawnProcess(
    binaries.etcd,
    [
      ...["--data-dir", join(folder, "etcd"), "--unsafe-no-fsync", "--log-level", "warn"],
      ...["--listen-client-urls", store, "--advertise-client-urls", store],
      ...["--listen-peer-urls", `http://127.0.0.1:${peer}`, "--initial-advertise-peer-urls", `http://127.0.0.1:${peer}`],
      ...["--initial-cluster", `default=http://127.0.0.1:${peer}`],
    ],
    {},
  );
  const apiserver = spawnProcess(
    binaries.apiserver,
    [
      ...["--etcd-servers", store, "--bind-address", "127.0.0.1", "--secure-port", String(secure)],
      ...["--cert-dir", join(folder, "certificates"), "--token-auth-file", join(folder, "tokens.csv")],
      ...["--service-account-key-file", join(folder, "account.key")],
      ...["--service-account-signing-key-file", join(folder, "account.key")],
      ...["--service-account-issuer", "https://kubernetes.default.svc", "--service-cluster-ip-range", "10.0.0.0/24"],
      // Without controllers nobody makes the accounts that this plugin would wait for.
      ...["--authorization-mode", "RBAC", "--disable-admission-plugins", "ServiceAccount"],
    ],
    {},
  );
  const kubectl: RealKube["kubectl"] = (...words) =>
    run(binaries.kubectl, words, { env: { KUBECONFIG: kubeconfig, HOME: folder } });
  const stop = async (): Promise<void> => {
    await apiserver.stop();
    await etcd.stop();
  };
  try {
    await waitFor("the API server to be ready", () => isReady(kubectl, [etcd, apiserver]), 90_000);
  } catch (error) {
    await stop();
    throw error;
  }
  return { kubeconfig, kubectl, stop };
}

async function isReady(kubectl: RealKube["kubectl"], processes: readonly RunningProcess[]): Promise<true | undefined> {
  const ended = processes.find((one) => one.ended);
  if (ended !== undefined) throw new Error(`a process of the control plane ended: ${ended.output().slice(-500)}`);
  if ((await kubectl("get", "--raw", "/readyz")).code !== 0) return undefined;
  return (await kubectl("get", "namespace", "default")).code === 0 ? true : undefined;
}

function kubeconfigOf(server: string): string {
  const named = (kind: string, content: object) => [{ name: "test", [kind]: content }];
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: named("cluster", { server, "insecure-skip-tls-verify": true }),
    users: named("user", { token: "test-token" }),
    contexts: named("context", { cluster: "test", user: "test" }),
    "current-context": "test",
  });
}
