#!/usr/bin/env sh
':' /*
# The command's first file: a shell script and a JavaScript module at once. The shell finds a Node that is new enough and becomes it,
# by `exec`: same process id, same signals, same exit status. To JavaScript all of this is a string and a comment (which is why no
# pattern here may end in a star before a slash, and why the formatter must leave this file alone); the shell never runs beyond
# `exec`. Why: the project brings its own Node (node_modules/.bin/node), and the system's may be older.
# Under Windows npm runs this with the `sh` that comes with Git.

min_major=22 min_minor=15

new_enough() {
  version=$("$1" --version 2>/dev/null) || return 1
  version=${version#v}
  major=${version%%.*}
  rest=${version#*.}
  minor=${rest%%.*}
  [ "$major" -gt "$min_major" ] 2>/dev/null && return 0
  [ "$major" -eq "$min_major" ] 2>/dev/null && [ "$minor" -ge "$min_minor" ] 2>/dev/null
}

# Needs no other program, and ends on any path: `cd` gives an absolute one, or nothing.
folder_of() {
  if [ "${1%/*}" = "$1" ]; then pwd -P; else CDPATH= cd -- "${1%/*}/" 2>/dev/null && pwd -P; fi
}

# Links are followed: npm links this file into node_modules/.bin.
self=$0
folder_of_link=$(folder_of "$self")
while [ -L "$self" ]; do
  target=$(readlink -- "$self") || break
  case $target in
    /*) self=$target ;;
    *) self=$(folder_of "$self")/$target ;;
  esac
done
folder=$(folder_of "$self")

if new_enough node; then exec node "$self" "$@"; fi

# Beside the link, then in node_modules/.bin of every folder above this file.
if new_enough "$folder_of_link/node"; then exec "$folder_of_link/node" "$self" "$@"; fi
while [ -n "$folder" ]; do
  candidate=$folder/node_modules/.bin/node
  if [ -x "$candidate" ] && new_enough "$candidate"; then exec "$candidate" "$self" "$@"; fi
  folder=${folder%/*}
done

found=$(node --version 2>/dev/null || echo none)
echo "proofline needs Node $min_major.$min_minor or newer; found: $found" >&2
exit 64
*/

// Here begins the module. Someone may run it with a Node of their own choice, so it checks once more.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(`proofline needs Node 22.15 or newer; this is ${process.versions.node}\n`);
  process.exitCode = 64;
} else {
  await import("../dist/main.js");
}
