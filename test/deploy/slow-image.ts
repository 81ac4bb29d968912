// The steps of the Dockerfile, as far as they are no container engine's: what they lay out runs, alone, and serves as the image would.

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { auditRequest, encodeRequest } from "../support/otlp.ts";
import { freePorts, run, spawnProcess, waitFor } from "../support/peers/process.ts";
import { ROOT, readText } from "./chart.ts";
import { instructionsOf } from "./dockerfile.ts";

describe("what the image holds", () => {
  let folder = "";
  let app = "";
  // npm and the command run with this Node, as they do in the image.
  const PATH = `${dirname(process.execPath)}:${process.env.PATH}`;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "proofline-image-"));
    app = join(folder, "app");
    const { code, output } = await run("bash", [join(ROOT, "deploy/docker/build.sh"), app], {
      env: { PATH },
      timeoutMs: 300_000,
    });
    assert.equal(code, 0, output);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test("is compiled code and its dependencies: no source, no tests, no compiler", async () => {
    assert.deepEqual((await readdir(app)).sort(), [
      "LICENSE",
      "health.js",
      "node_modules",
      "package.json",
      "packages",
      "sbom.cdx.json",
    ]);
    const modules = await readdir(join(app, "node_modules"));
    assert.ok(modules.includes("fastify"));
    for (const name of ["typescript", "fast-check", "ai"]) assert.ok(!modules.includes(name), name);
    for (const name of await readdir(join(app, "packages"))) {
      const inside = await readdir(join(app, "packages", name));
      assert.deepEqual(
        inside.filter((one) => !["package.json", "dist", "bin", "node_modules"].includes(one)),
        [],
        name,
      );
    }
  });

  test("is listed in an SBOM: everything that was installed, and nothing else", async () => {
    const bom = JSON.parse(await readFile(join(app, "sbom.cdx.json"), "utf8")) as {
      bomFormat: string;
      components: { purl: string; version: string }[];
    };
    assert.equal(bom.bomFormat, "CycloneDX");
    const listed = bom.components.map(({ purl }) => decodeURIComponent(purl.replace("pkg:npm/", "")));
    assert.deepEqual([...new Set(listed)].sort(), (await installed(app)).sort());
    assert.ok(listed.some((name) => name.startsWith("@proofline/receiver@")));
  });

  test("serves, by the image's own entry point and environment, is found healthy, and verifies", async () => {
    const last = instructionsOf(readText("deploy/docker/Dockerfile")).slice(-12);
    const words = (name: string): string[] =>
      JSON.parse(last.find((one) => one.name === name)!.text.replace(/^.*CMD /, "")) as string[];
    const place = (word: string): string => (word.startsWith("/app/") ? join(app, word.slice("/app/".length)) : word);
    const [http, grpc, admin] = await freePorts(3);
    const data = join(folder, "data");
    const env = {
      PATH,
      PROOFLINE_DATA: data,
      PROOFLINE_LOG: "image.example.com/0",
      PROOFLINE_OTLP_HTTP: `127.0.0.1:${http}`,
      PROOFLINE_OTLP_GRPC: `127.0.0.1:${grpc}`,
      PROOFLINE_ADMIN_HTTP: `127.0.0.1:${admin}`,
    };
    const [node = "", ...entry] = words("ENTRYPOINT").map(place);
    assert.equal(node, "node");
    const health = () => run(process.execPath, words("HEALTHCHECK").slice(1).map(place), { env });
    assert.equal((await health()).code, 1, "nothing serves yet");
    const receiver = spawnProcess(process.execPath, [...entry, ...words("CMD")], { cwd: folder, env });
    try {
      await waitFor("the receiver to be healthy", async () => {
        if (receiver.ended) throw new Error(receiver.output().slice(-800));
        return (await health()).code === 0 ? true : undefined;
      });
      const body = Buffer.from(encodeRequest(auditRequest({ seed: 3, records: 50 })));
      const headers = { "content-type": "application/x-protobuf" };
      const answer = await fetch(`http://127.0.0.1:${http}/v1/logs`, { method: "POST", headers, body });
      assert.equal(answer.status, 200, await answer.text());
      // What deploy/compose.yaml has as its demo, one round of it.
      const demo = await run(process.execPath, ["deploy/docker/demo.ts"], {
        cwd: ROOT,
        env: { PATH, PROOFLINE_ENDPOINT: `http://127.0.0.1:${http}`, PROOFLINE_SPOOL: join(folder, "spool") },
      });
      assert.equal(demo.code, 0, demo.output.slice(-800));
      assert.match(demo.output, /approved/);
    } finally {
      assert.equal(await receiver.stop(), 0, receiver.output().slice(-800));
    }
    const key = join(data, "image.example.com/0", "vkey");
    const verdict = await run(process.execPath, [...entry, "verify", "--data", data, "--key", key, "--json"]);
    assert.equal(verdict.code, 0, verdict.output.slice(0, 800));
    assert.ok((JSON.parse(verdict.stdout) as { records: number }).records > 100, "the demo's records are there");
  });
});

/** Every package under a folder, as name@version: those of node_modules, however deep, and our own. */
async function installed(folder: string): Promise<string[]> {
  const found = new Set<string>();
  const take = async (path: string): Promise<void> => {
    const { name, version } = JSON.parse(await readFile(join(path, "package.json"), "utf8")) as { name: string; version: string };
    found.add(`${name}@${version}`);
    await visit(join(path, "node_modules"));
  };
  const visit = async (modules: string): Promise<void> => {
    for (const entry of await readdir(modules, { withFileTypes: true }).catch(() => [])) {
      if (entry.name.startsWith("@")) await visit(join(modules, entry.name));
      else if (entry.isDirectory() && entry.name !== ".bin") await take(join(modules, entry.name));
    }
  };
  await visit(join(folder, "node_modules"));
  for (const name of await readdir(join(folder, "packages"))) await take(join(folder, "packages", name));
  return [...found];
}
