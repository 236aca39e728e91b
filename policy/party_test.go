package policy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// canaryOf is a policy that makes the set postio the canary of another one.
func canaryOf(of, name string, priority int32, change ...func(*v1alpha1.GamePolicy)) *v1alpha1.GamePolicy {
	p := &v1alpha1.GamePolicy{ObjectMeta: metav1.ObjectMeta{Name: name}}
	p.Spec.Priority = priority
	p.Spec.Targets.GameServerSetNames = []string{"postio"}
	p.Spec.Overrides = &v1alpha1.TrafficSettings{Canary: &v1alpha1.Canary{Of: of, Weight: ptr.To(int32(20))}}
	for _, c := range change {
		c(p)
	}
	return p
}

// byLabel selects sets by a label, so that a policy can select the primary too.
func byLabel(p *v1alpha1.GamePolicy) {
	p.Spec.Targets.GameServerSetNames = nil
	p.Spec.Targets.GameServerSetSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "live"}}
}

func TestAnIngressIsACanaryIfAPolicySaysSoAndTheGatewayTakesItForOne(t *testing.T) {
	taken := map[string]string{"higress.io/canary": "true", "higress.io/canary-weight": "20"}
	for _, c := range []struct {
		name        string
		policies    []*v1alpha1.GamePolicy
		annotations map[string]string
		want        string
	}{
		{"as injected", []*v1alpha1.GamePolicy{canaryOf("stable", "p", 0)}, taken, "stable"},
		{"of two the higher", []*v1alpha1.GamePolicy{canaryOf("low", "p", 0), canaryOf("high", "q", 1)}, taken, "high"},
		{"not of itself", []*v1alpha1.GamePolicy{canaryOf("postio", "self", 1, byLabel), canaryOf("stable", "p", 0)}, taken, "stable"},
		{"by its label", []*v1alpha1.GamePolicy{canaryOf("arena", "p", 1, byLabel)}, taken, "arena"},
		{"not injected yet", []*v1alpha1.GamePolicy{canaryOf("stable", "p", 0)}, nil, ""},
		{"undone by a twin", []*v1alpha1.GamePolicy{canaryOf("stable", "p", 0)},
			map[string]string{"higress.io/canary": "true", "nginx.ingress.kubernetes.io/canary": "false"}, ""},
		{"by its author alone", nil, taken, ""},
		{"by its author, beside other policies", []*v1alpha1.GamePolicy{gamePolicy("p", 0, v1alpha1.HostRules{})}, taken, ""},
		{"in mode Warn", []*v1alpha1.GamePolicy{canaryOf("stable", "p", 0, mode(v1alpha1.ModeWarn))}, taken, ""},
		{"in mode Audit", []*v1alpha1.GamePolicy{canaryOf("stable", "p", 0, mode(v1alpha1.ModeAudit))}, taken, ""},
		{"a Warn policy above", []*v1alpha1.GamePolicy{canaryOf("high", "q", 1, mode(v1alpha1.ModeWarn)), canaryOf("low", "p", 0)}, taken, "low"},
		{"another set's", []*v1alpha1.GamePolicy{canaryOf("stable", "p", 0, forSets("arena"))}, taken, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := gameRequest(gameHost)
			r.Ingress.Annotations, r.SetLabels = c.annotations, map[string]string{"tier": "live"}
			want := host.Party{Namespace: "games", Set: "postio", ID: 7, CanaryOf: c.want}
			if diff := cmp.Diff(want, setOf(t, c.policies...).Party(r)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			r.Class.Managed = false
			if got := setOf(t, c.policies...).Party(r); got.CanaryOf != "" {
				t.Errorf("of an unmanaged class: %+v", got)
			}
		})
	}
}

func TestAGatewayThatCannotBeServedKnowsNoCanaries(t *testing.T) {
	r := gameRequest(gameHost)
	r.Ingress.Annotations = map[string]string{"higress.io/canary": "true"}
	r.Class.Gateway = "nginx"
	if got := setOf(t, canaryOf("stable", "p", 0)).Party(r); got.CanaryOf != "" {
		t.Errorf("%+v", got)
	}
}

func TestWhoAsksForAHostIsTheOwnerOfTheIngress(t *testing.T) {
	set := setOf(t)
	owned := func(owner metav1.OwnerReference, name string) policy.Request {
		r := gameRequest(gameHost)
		owner.Controller = ptr.To(true)
		r.Ingress.Name, r.Ingress.OwnerReferences = name, []metav1.OwnerReference{owner}
		return r
	}
	solver := owned(metav1.OwnerReference{APIVersion: "acme.cert-manager.io/v1", Kind: "Challenge", Name: "c"}, "cm-acme-http-solver-7")
	solver.Ingress.Spec.Rules[0].HTTP = &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{Path: "/.well-known/acme-challenge/x"}}}
	for name, c := range map[string]struct {
		request policy.Request
		want    host.Party
	}{
		"a pod": {gameRequest(gameHost), server7},
		"a set": {owned(metav1.OwnerReference{APIVersion: "game.kruise.io/v1alpha1", Kind: "GameServerSet", Name: "postio"}, "postio-7"), server7},
		"a pod of another name": {
			owned(metav1.OwnerReference{APIVersion: "v1", Kind: "Pod", Name: "postio-8"}, "postio-7"), host.Party{Namespace: "games"}},
		"a Deployment": {owned(metav1.OwnerReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "front"}, "front-7"), host.Party{Namespace: "games"}},
		"a challenge":  {solver, host.Party{Namespace: "games", Solver: true}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, set.Party(c.request)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestServersShareAHostIfTheTemplateHasNoID(t *testing.T) {
	set := setOf(t)
	for name, c := range map[string]struct {
		params []gameserver.Param
		want   string
	}{
		"each its own":      {network("Host", "game<id>.example.com", "Path", "/"), ""},
		"one for all":       {network("Host", "play.example.com", "Path", "/<id>"), "play.example.com"},
		"spelt otherwise":   {network("Host", "play.example.com.", "Path", "/<id>"), "play.example.com"},
		"any host":          {network("Path", "/<id>"), host.Any},
		"nothing is made":   {network("Host", "play.example.com"), ""},
		"two ids in a host": {network("Host", "<id>.<id>.example.com", "Path", "/"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := gameRequest("play.example.com")
			template, _ := gameserver.ParseNetwork(&gameserver.Network{NetworkType: gameserver.NetworkType, NetworkConf: c.params})
			r.Template = &template
			if got := set.Party(r).SharedHost; got != c.want {
				t.Errorf("%q", got)
			}
		})
	}
	if got := set.Party(gameRequest("play.example.com")).SharedHost; got != "" {
		t.Errorf("of an unknown set: %q", got)
	}
}

// network is the parameters of a set: names and values in turn, with the ones that OpenKruiseGame needs.
func network(pairs ...string) []gameserver.Param {
	params := []gameserver.Param{{Name: "PathType", Value: "Prefix"}, {Name: "Port", Value: "80"}}
	for i := 0; i < len(pairs); i += 2 {
		params = append(params, gameserver.Param{Name: pairs[i], Value: pairs[i+1]})
	}
	return params
}
