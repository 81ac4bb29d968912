#!/usr/bin/env bash
# Lays out what an image holds: the compiled packages that the command needs, their dependencies, and a list of all of it (SBOM).
# The Dockerfile runs it, and so does a test. Usage: build.sh OUTPUT_DIR, which must not be there yet. The packages must be compiled (`npx tsc -b`).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
[[ ! -e ${1:?usage: build.sh OUTPUT_DIR} ]] || { echo "build.sh: $1 is there already" >&2; exit 64; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
needed=(event redaction tlog ledger receiver verify cli)

# npm ci wants every workspace that the lock file names; what is not needed leaves again below.
cd "$root"
cp package.json package-lock.json "$out/"
[[ ! -e .npmrc ]] || cp .npmrc "$out/"
for manifest in packages/*/package.json test/*/package.json; do
  mkdir -p "$out/$(dirname "$manifest")"
  cp "$manifest" "$out/$manifest"
done
cd "$out"
npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund --prefer-offline --workspace=@proofline/cli --include-workspace-root=false >&2
rm -rf test # what npm put beside a package, and not above them all, stays

cd "$root"
for name in "${needed[@]}"; do
  [[ -e packages/$name/dist/index.js ]] || { echo "build.sh: packages/$name is not compiled; run npx tsc -b" >&2; exit 64; }
  cp -R "packages/$name/package.json" "packages/$name/dist" "$out/packages/$name/"
done
cp -R packages/cli/bin "$out/packages/cli/"
cp LICENSE deploy/docker/health.js "$out/"
find "$out/packages" -path '*/node_modules' -prune -o \( -name '*.map' -o -name '*.tsbuildinfo' -o -name '*.d.ts' \) -exec rm {} +
for folder in "$out"/packages/*; do
  [[ " ${needed[*]} " == *" ${folder##*/} "* ]] || rm -rf "$folder"
done
# Links of workspaces that are not here point nowhere.
find "$out/node_modules" -xtype l -delete
rm -f "$out/package-lock.json" "$out/.npmrc" "$out/node_modules/.package-lock.json"
version=$(node -p 'require("./package.json").version')
printf '{ "name": "proofline", "version": "%s", "private": true, "type": "module", "workspaces": ["packages/*"] }\n' "$version" >"$out/package.json"
cd "$out" # of what is there, and not of what a lock file says
npm sbom --omit=dev --sbom-format=cyclonedx >sbom.cdx.json
echo "$out"
