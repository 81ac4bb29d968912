// chart.ts: the chart as Helm renders it, as objects, and what its pods have in common.

import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { run } from "../support/peers/process.ts";

export const CHART: string = join(import.meta.dirname, "..", "..", "helm", "proofline");
export const NAMESPACE = "audit";

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** The template of a pod, or a pod. */
export interface Pod {
  readonly metadata: Manifest["metadata"];
  readonly spec: unknown;
}

/** What stands at a path such as `spec.ports.0.port`; undefined when there is nothing. */
export function at(node: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined), node);
}

/** The list at a path; none when there is nothing. */
export function listAt(node: unknown, path: string): unknown[] {
  const found = at(node, path);
  return Array.isArray(found) ? (found as unknown[]) : [];
}

export class Chart {
  readonly #helm: string;
  readonly #environment: NodeJS.ProcessEnv;

  /** @param folder for Helm's own files @param kubeconfig without one, Helm knows no cluster */
  constructor(helm: string, folder: string, kubeconfig = "/dev/null") {
    this.#helm = helm;
    const own = { HELM_CACHE_HOME: "cache", HELM_CONFIG_HOME: "config", HELM_DATA_HOME: "data" };
    const places = Object.entries(own).map(([name, part]) => [name, join(folder, "helm", part)]);
    this.#environment = { ...Object.fromEntries(places), KUBECONFIG: kubeconfig };
  }

  helm(...words: string[]): Promise<{ code: number; output: string; stdout: string }> {
    return run(this.#helm, words, { env: this.#environment });
  }

  /** @param words values, as Helm's own flags @throws {Error} with what Helm says */
  async render(...words: string[]): Promise<{ text: string; manifests: Manifest[] }> {
    const { code, stdout, output } = await this.helm("template", "proofline", CHART, "--namespace", NAMESPACE, ...words);
    if (code !== 0) throw new Error(output.trim());
    const documents = parseAllDocuments(stdout);
    const manifests = documents.flatMap((document) => {
      if (document.errors.length > 0) throw document.errors[0]!;
      const manifest = document.toJS() as Manifest | null;
      return manifest === null ? [] : [manifest];
    });
    return { text: stdout, manifests };
  }
}

/** A file of values that comes with the chart. */
export function values(name: string): string[] {
  return ["--values", join(CHART, "ci", `${name}.yaml`)];
}

/** @throws {Error} when there is none, or more than one */
export function only(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.filter((one) => one.kind === kind && one.metadata.name === name);
  if (found.length !== 1) throw new Error(`${found.length} objects ${kind} ${name}`);
  return found[0]!;
}

/** The template of a pod, of whatever makes pods; undefined when it makes none. */
export function podOf(manifest: Manifest): Pod | undefined {
  const path = POD_PATHS[manifest.kind];
  if (path === undefined) return undefined;
  return (path === "" ? manifest : at(manifest, path)) as Pod;
}

const POD_PATHS: Readonly<Record<string, string>> = {
  Pod: "",
  CronJob: "spec.jobTemplate.spec.template",
  StatefulSet: "spec.template",
  DaemonSet: "spec.template",
};
