package manifest_test

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/manifest"
)

func TestFieldsOfWhatWasReadStandSomewhere(t *testing.T) {
	input, problems := manifest.Decode("f.yaml", []byte(`apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: p}
spec:
  defaults:
    requestTimeout: 30s
---
apiVersion: v1
kind: List
items:
- apiVersion: game.kruise.io/v1alpha1
  kind: GameServerSet
  metadata: {name: a}
  spec:
    replicas: 1
    network:
      networkType: Kubernetes-Ingress
      networkConf:
      - name: Port
        value: "80"
      - {name: Host, value: a}
- apiVersion: networking.k8s.io/v1
  kind: Ingress
  metadata:
    name: i
    annotations:
      higress.io/timeout: "30"
      a.b/c: d
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	set, ing, policy := input.GameServerSets[0], input.Ingresses[0], input.Policies[0]
	for _, c := range []struct {
		object         any
		field          string
		line, document int
	}{
		{policy.Source, "", 1, 1},
		{policy.Source, "spec.defaults.requestTimeout", 6, 1},
		{set, "", 11, 2},
		{set, "spec.network.networkConf[0].value", 20, 2},
		{set, "spec.network.networkConf[1].value", 21, 2},
		{set, "spec.network.networkConf[7].value", 19, 2}, // where its nearest parent begins
		{set, "spec.networkConf", 15, 2},
		{ing, "metadata.annotations[higress.io/timeout]", 27, 2},
		{ing, "metadata.annotations[a.b/c]", 28, 2},
		{ing, "metadata.annotations[a.b", 27, 2},
		{ing, "spec.rules[].host", 22, 2},
	} {
		want := manifest.Source{File: "f.yaml", Document: c.document, Line: c.line}
		if got := input.SourceOf(c.object, c.field); got != want {
			t.Errorf("%T %s: %v, want %v", c.object, c.field, got, want)
		}
	}
	if got := input.SourceOf(&gameserver.GameServerSet{}, "spec"); got != (manifest.Source{}) {
		t.Errorf("an object that was not read stands in %v", got)
	}
}
