#!/usr/bin/env bash
# Regenerates everything into a copy of the tree and fails on a difference, so that it never touches the work tree.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cd "$root"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy" 2>/dev/null
"$root/hack/generate.sh" "$copy"
if ! diff -ru --exclude=.git "$root/policy" "$copy/policy" || ! diff -ru "$root/charts" "$copy/charts"; then
  echo "generated files are stale: run make generate" >&2
  exit 1
fi
gofmt_diff=$(gofmt -l $(git ls-files '*.go'))
if [ -n "$gofmt_diff" ]; then
  echo "not formatted: $gofmt_diff" >&2
  exit 1
fi
echo "generated code is up to date"
