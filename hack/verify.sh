#!/usr/bin/env bash
# Regenerates everything into a copy of the tree and fails on a difference, so that it never touches the work tree.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cd "$root"
# A file that is deleted and not committed yet is listed and not there.
git ls-files -z --cached --others --exclude-standard | tar --null --ignore-failed-read -cf - -T - 2>/dev/null | tar -xf - -C "$copy"
"$root/hack/generate.sh" "$copy"
for room in policy charts docs; do
  if ! diff -ru "$room" "$copy/$room"; then
    echo "generated files are stale: run make generate" >&2
    exit 1
  fi
done
echo "generated files are up to date"
