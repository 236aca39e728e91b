#!/usr/bin/env bash
# Regenerates deepcopy methods, CRDs, the page of findings and the README of the chart in the tree given as first argument.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
controller_gen=$(cd "$root" && go run ./hack/stack/build controller-gen)
cd "${1:?tree}"
"$controller_gen" object paths=./policy/api/... paths=./policy/gameserver/...
"$controller_gen" crd paths=./policy/api/... output:crd:dir=./charts/gatehouse/files/crds
go run ./hack/findings docs/findings.md
go run ./hack/chartvalues charts/gatehouse
go run ./hack/reference docs/policy-reference.md
