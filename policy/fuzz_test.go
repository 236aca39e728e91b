package policy_test

import (
	"maps"
	"math/rand/v2"
	"testing"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/policy"
)

// FuzzDecide: what a tenant writes, the record included, never makes a decision panic, and deciding twice changes
// nothing.
func FuzzDecide(f *testing.F) {
	var compiled *policy.Compiled
	{
		p := randomPolicy(rand.New(rand.NewPCG(7, 7)), "p")
		p.Spec.Targets.GameServerSetNames, p.Spec.Targets.NamespaceSelector, p.Spec.Targets.GameServerIDs = nil, nil, nil
		c, findings := policy.Compile(p)
		if c == nil {
			f.Fatal(findings)
		}
		compiled = c
	}
	set := policy.NewSet([]*policy.Compiled{compiled})
	f.Add(`{"v":1,"hash":"0","keys":{"higress.io/timeout":{"policy":"p","layer":"overrides","value":"30","was":"60"}}}`, "higress.io/timeout", "30")
	f.Add(`{"v":1,"keys":{"a":{}}}`, "a", "")
	f.Add(`{"v":1,"keys":{"gatehouse.dev/applied":{"was":"x"}}}`, "nginx.ingress.kubernetes.io/enable-cors", "T")
	f.Add(`{"v":99}`, "match-header-x", "y")
	f.Add(`{"v":-1}`, "", "")
	f.Add("\x00", "higress.io/request-header-control-update", "\"")
	f.Fuzz(func(t *testing.T, record, key, value string) {
		if !utf8.ValidString(record) || !utf8.ValidString(key) || !utf8.ValidString(value) {
			t.Skip("no annotation is anything but UTF-8: the API server decodes JSON or protobuf")
		}
		req := randomRequest(rand.New(rand.NewPCG(1, 1)))
		req.Ingress.Annotations[key] = value
		req.Ingress.Annotations[policy.AppliedAnnotation] = record
		req.Old = req.Ingress
		first := set.Decide(req)
		next := withAnnotations(req, first.Annotations)
		if second := set.Decide(next); second.Changed || !maps.Equal(first.Annotations, second.Annotations) {
			t.Errorf("deciding twice changes something: %v, then %v", first.Annotations, second.Annotations)
		}
	})
}
