package gameserver_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// test/agreement shows that these are the names that work on a real control plane.
func TestASetsNameMustDoForItsPods(t *testing.T) {
	for name, ok := range map[string]bool{
		"arena": true, "a": true, "2048": true, "a--0-3": true, strings.Repeat("a", 52): true,
		"": false, "a.b": false, "arena-": false, "-arena": false, "Arena": false, "a_b": false,
		strings.Repeat("a", 53): false, strings.Repeat("a", 300): false,
	} {
		// Without network too: Kruise makes the pods whoever serves them.
		e := gameserver.Expand(&gameserver.GameServerSet{
			ObjectMeta: metav1.ObjectMeta{Namespace: "games", Name: name},
			Spec:       gameserver.GameServerSetSpec{Replicas: ptr.To[int32](1)},
		})
		if finding.HasError(e.Findings) == ok || !ok && !has(e.Findings, finding.SetInvalid) {
			t.Errorf("%q: %v", name, e.Findings)
		}
	}
}

func TestParametersThatFitIntoNoPodAreRefused(t *testing.T) {
	for _, networkType := range []string{gameserver.NetworkType, "Kubernetes-HostPort"} {
		for value, ok := range map[string]bool{
			strings.Repeat("x", 200_000): true,
			strings.Repeat("x", 270_000): false,
			strings.Repeat("<", 50_000):  false, // six bytes each as JSON
		} {
			_, findings := gameserver.ParseNetwork(&gameserver.Network{NetworkType: networkType, NetworkConf: []gameserver.Param{
				{Name: "Path", Value: "/"}, {Name: "PathType", Value: "Prefix"}, {Name: "Port", Value: "80"}, {Name: "Annotation", Value: "k: " + value},
			}})
			if has(findings, finding.SetInvalid) == ok {
				t.Errorf("%s with %d times %q: %v", networkType, len(value), value[:1], findings)
			}
		}
	}
}
