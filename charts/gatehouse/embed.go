// Package chart gives Go programs the CRDs of the Helm chart, so that the rules which the API server runs and the
// rules which Gatehouse runs outside it are the same file. It holds no logic.
package chart

import "embed"

// CRDs holds the generated CustomResourceDefinitions under files/crds.
//
//go:embed files/crds/*.yaml
var CRDs embed.FS

// The files in CRDs.
const (
	GamePolicyCRD = "files/crds/gatehouse.dev_gamepolicies.yaml"
	HostClaimCRD  = "files/crds/gatehouse.dev_hostclaims.yaml"
)
