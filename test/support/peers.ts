// peers.ts: finds the real programs that Proofline is tested against, or builds them from their recipes in test/real/peers.
// What cannot be had is named with the reason, so that a test can be shown as skipped and never as passed.

import { createHash } from "node:crypto";
import { access, constants, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { run, spawnProcess } from "./peers/process.ts";

export type PeerName =
  | "otel-go-emit"
  | "otelcol-audit"
  | "telemetrygen"
  | "loki"
  | "logcli"
  | "tlog-fsck"
  | "promtool"
  | KubernetesPeer;
/** Helm, the checker of manifests (with its schemas beside it), and a control plane that runs nothing. */
export type KubernetesPeer = "helm" | "kubeconform" | "kube-apiserver" | "kubectl" | "etcd";
export type Found = { readonly at: "found"; readonly path: string } | { readonly at: "missing"; readonly reason: string };

interface Recipe {
  /** The folder in test/real/peers that builds it. */
  readonly folder: string;
  /** Shows that a program of this name is the right one: Debian's `loki`, for one, is about genetics. */
  readonly probe: readonly string[];
  readonly expected: RegExp;
  readonly coldMinutes: number;
}

const RECIPES: Readonly<Record<PeerName, Recipe>> = {
  "otel-go-emit": { folder: "otel-go", probe: ["--version"], expected: /otel-go-emit \d/, coldMinutes: 1 },
  "otelcol-audit": { folder: "otelcol", probe: ["--version"], expected: /otelcol-audit version \d/, coldMinutes: 4 },
  telemetrygen: { folder: "telemetrygen", probe: ["logs", "--help"], expected: /--otlp-http/, coldMinutes: 1 },
  loki: { folder: "loki", probe: ["-version"], expected: /loki, version 3\./, coldMinutes: 7 },
  "tlog-fsck": { folder: "tlog-fsck", probe: ["--version"], expected: /tlog-fsck \d/, coldMinutes: 1 },
  promtool: { folder: "promtool", probe: ["--version"], expected: /promtool, version \d/, coldMinutes: 5 },
  helm: { folder: "helm", probe: ["version"], expected: /Version:"v4\./, coldMinutes: 3 },
  kubeconform: { folder: "kubeconform", probe: ["-v"], expected: /^v0\./, coldMinutes: 1 },
  "kube-apiserver": { folder: "kube", probe: ["--version"], expected: /Kubernetes v1\./, coldMinutes: 10 },
  kubectl: { folder: "kube", probe: ["version", "--client"], expected: /Client Version: v1\./, coldMinutes: 10 },
  etcd: { folder: "etcd", probe: ["--version"], expected: /etcd Version: 3\./, coldMinutes: 1 },
  logcli: { folder: "loki", probe: ["--version"], expected: /logcli, version 3\./, coldMinutes: 7 },
};
const LEAST_GO = [1, 26, 5] as const;
const BUILD_TIMEOUT_MS = 30 * 60_000;

/** `${XDG_CACHE_HOME:-~/.cache}/proofline-peers`: programs and virtual environments that outlive a run. */
export function peerCache(): string {
  const base = process.env.XDG_CACHE_HOME;
  return join(base === undefined || base === "" ? join(homedir(), ".cache") : base, "proofline-peers");
}

/** `PROOFLINE_PEER_OTELCOL_AUDIT` and so on: the path of a program to use instead of any other. */
export function peerVariable(peer: PeerName): string {
  return `PROOFLINE_PEER_${peer.toUpperCase().replaceAll("-", "_")}`;
}

/**
 * The program's path: from its environment variable, the PATH, the cache, or built into the cache, in this order.
 * @param o.say gets a line now and then while a build runs; a first one may take {@link Recipe.coldMinutes} and more
 * @param o.build false: what is not there is missing
 */
export async function findPeer(peer: PeerName, o: { say: (line: string) => void; build?: boolean }): Promise<Found> {
  const variable = peerVariable(peer);
  const named = process.env[variable];
  if (named !== undefined && named !== "") {
    return (await isPeer(peer, named))
      ? { at: "found", path: named }
      : { at: "missing", reason: `${variable}=${named} is not ${peer}` };
  }
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, peer);
    if (folder !== "" && (await isExecutable(path)) && (await isPeer(peer, path))) return { at: "found", path };
  }
  const cached = join(peerCache(), peer);
  if ((await isFresh(peer, cached)) && (await isPeer(peer, cached))) return { at: "found", path: cached };
  if (o.build === false) return { at: "missing", reason: `not in ${variable}, on the PATH, or in ${peerCache()}` };
  return build(peer, o.say);
}

async function build(peer: PeerName, say: (line: string) => void): Promise<Found> {
  const lack = await whatGoLacks();
  if (lack !== undefined) return { at: "missing", reason: `${peer} is not here and cannot be built: ${lack}` };
  const { folder, coldMinutes } = RECIPES[peer];
  const late = tooLate(folder, coldMinutes);
  if (late !== undefined) return { at: "missing", reason: `${peer} is not here, and ${late}` };
  const script = join(import.meta.dirname, "..", "real", "peers", folder, "build");
  await mkdir(peerCache(), { recursive: true });
  say(`building ${peer} into ${peerCache()} (with empty Go caches about ${coldMinutes} min) …`);
  const started = Date.now();
  const child = spawnProcess("bash", [script, peerCache()], {});
  const progress = setInterval(() => say(`  still building ${peer}: ${Math.round((Date.now() - started) / 1000)} s`), 30_000);
  const timeout = setTimeout(() => void child.stop("SIGKILL"), BUILD_TIMEOUT_MS);
  const code = await child.exited;
  clearInterval(progress);
  clearTimeout(timeout);
  const path = join(peerCache(), peer);
  if (code !== 0 || !(await isPeer(peer, path))) {
    const last = child.output().trim().split("\n").slice(-3).join(" | ");
    return { at: "missing", reason: `${peer} did not build (exit ${code}): ${last}` };
  }
  await writeFile(`${path}.recipe`, `${await recipeDigest(peer)}\n`);
  say(`built ${peer} in ${Math.round((Date.now() - started) / 1000)} s`);
  return { at: "found", path };
}

/**
 * A run that must end by a given time does not begin what it could not end: `PROOFLINE_BUILD_UNTIL`, Unix seconds. Only for builds with empty caches: those that
 * find what they need are quick.
 */
function tooLate(folder: string, coldMinutes: number): string | undefined {
  const until = Number(process.env.PROOFLINE_BUILD_UNTIL ?? Number.NaN);
  const left = (until - Date.now() / 1000) / 60;
  if (!(left < coldMinutes)) return undefined;
  return `${folder} takes about ${coldMinutes} min to build, and there are ${Math.max(0, Math.floor(left))} left`;
}

/** undefined when Go is there and new enough, else what is missing. */
async function whatGoLacks(): Promise<string | undefined> {
  const least = LEAST_GO.join(".");
  const { code, output } = await run("go", ["env", "GOVERSION"]);
  if (code !== 0) return `it needs Go ${least}, and there is no go on the PATH`;
  const version = /go(\d+)\.(\d+)(?:\.(\d+))?/.exec(output);
  const parts = version === null ? [0, 0, 0] : version.slice(1).map((part) => Number(part ?? 0));
  const [major = 0, minor = 0, patch = 0] = parts;
  const enough = major * 1e6 + minor * 1e3 + patch >= LEAST_GO[0] * 1e6 + LEAST_GO[1] * 1e3 + LEAST_GO[2];
  return enough ? undefined : `it needs Go ${least}, and this is ${output.trim()}`;
}

async function isPeer(peer: PeerName, path: string): Promise<boolean> {
  const { code, output } = await run(path, RECIPES[peer].probe);
  return code === 0 && RECIPES[peer].expected.test(output);
}

/** A program that was built here from another recipe is built again; one without a note of its recipe is taken as it is. */
async function isFresh(peer: PeerName, path: string): Promise<boolean> {
  if (!(await isExecutable(path))) return false;
  const noted = await readFile(`${path}.recipe`, "utf8").catch(() => undefined);
  return noted === undefined || noted.trim() === (await recipeDigest(peer));
}

async function recipeDigest(peer: PeerName): Promise<string> {
  const folder = join(import.meta.dirname, "..", "real", "peers", RECIPES[peer].folder);
  const digest = createHash("sha256");
  for (const name of (await readdir(folder)).sort()) digest.update(`${name}\0`).update(await readFile(join(folder, name)));
  return digest.digest("hex");
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
