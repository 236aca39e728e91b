package ingress_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/webhooks/admit"
	"github.com/gatehouse-dev/gatehouse/webhooks/ingress"
)

func TestWhatWouldHarmTheGatewayIsRefusedForEveryIngressOfAManagedClass(t *testing.T) {
	bad := annotate("match-header-x", "1", "higress.io/timeout", "-5")
	for name, change := range map[string]func(*networkingv1.Ingress){
		"a game server's": atPath, "a web front end's": unowned, "without rules": hosts(), "a canary": annotate("higress.io/canary", "true"),
	} {
		t.Run(name, func(t *testing.T) {
			d := &deeds{}
			response := validateWith(with(t), d, create(t, change, bad))
			denied(t, response, 422, "metadata.annotations[higress.io/timeout]: ", "metadata.annotations[match-header-x]: this key crashes Higress's controller", "[GH505]")
			if len(response.Denied.Details.Causes) != 2 || len(d.claimed) > 0 {
				t.Errorf("causes %v, claimed %v", response.Denied.Details.Causes, d.claimed)
			}
		})
	}
	allowed(t, validateWith(with(t), &deeds{}, create(t, unmanaged, bad)), ingress.Ungoverned)
	denied(t, validateWith(with(t), &deeds{}, dry(create(t, bad))), 422, "match-header-x")
}

func TestOnlyNewHarmIsRefusedOnUpdate(t *testing.T) {
	one := annotate("match-header-x", "1")
	two := annotate("match-header-x", "1", "higress.io/timeout", "-5")
	for name, c := range map[string]struct {
		stored, updated *networkingv1.Ingress
		refused         []string
	}{
		"another path":           {gameIngress(atPath, one), gameIngress(atLongPath, one), nil},
		"another value":          {gameIngress(one), gameIngress(annotate("match-header-x", "2")), nil},
		"less of it":             {gameIngress(two), gameIngress(one), nil},
		"more of it":             {gameIngress(one), gameIngress(two), []string{"metadata.annotations[higress.io/timeout]"}},
		"as bad another way":     {gameIngress(two), gameIngress(one, annotate("higress.io/timeout", "-6")), []string{"metadata.annotations[higress.io/timeout]"}},
		"the class":              {gameIngress(unmanaged, one), gameIngress(one), []string{"metadata.annotations[match-header-x]"}},
		"from out of quarantine": {policy.Quarantine(gameIngress(one)), gameIngress(one), []string{"metadata.annotations[match-header-x]"}},
	} {
		t.Run(name, func(t *testing.T) {
			response := validateWith(with(t), &deeds{}, update(t, c.stored, c.updated))
			if c.refused == nil {
				allowed(t, response, ingress.Claimed)
				return
			}
			denied(t, response, 422)
			var fields []string
			for _, cause := range response.Denied.Details.Causes {
				fields = append(fields, cause.Field)
			}
			if diff := cmp.Diff(c.refused, fields); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func numbered(n int) func(*networkingv1.Ingress) {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("h%d.example.com", i))
	}
	return hosts(names...)
}

func TestAnIngressHasNoMoreHostsThanItsAdmissionCanClaim(t *testing.T) {
	d := &deeds{}
	allowed(t, validateWith(with(t), d, create(t, numbered(32))), ingress.Claimed)
	denied(t, validateWith(with(t), d, create(t, numbered(33))), 422, "spec.rules: 33 hosts in one Ingress, of 32 at most; spread them over several [GH206]")
	denied(t, validateWith(with(t), d, update(t, gameIngress(numbered(33)), gameIngress(numbered(34)))), 422, "34 hosts")
	if len(d.claimed) != 1 || len(d.claimed[0].Deeds) != 32 {
		t.Errorf("claimed %v", d.claimed)
	}
	allowed(t, validateWith(with(t), d, update(t, gameIngress(numbered(40)), gameIngress(numbered(39)))), ingress.Claimed)
	allowed(t, validateWith(with(t), d, update(t, gameIngress(numbered(33)), gameIngress(numbered(33), atPath))), ingress.Claimed)
}

func TestHostsThatThePoliciesDoNotAllowAreRefusedBeforeAnythingIsClaimed(t *testing.T) {
	spec := func(rules v1alpha1.HostRules) v1alpha1.GamePolicySpec { return v1alpha1.GamePolicySpec{Hosts: &rules} }
	only := spec(v1alpha1.HostRules{Allowed: []string{"*.postio.example.com"}, Template: "game<id>.postio.example.com"})
	for name, c := range map[string]struct {
		host, code string
	}{
		"not listed":       {"game7.example.com", "[GH203]"},
		"another server's": {"game8.postio.example.com", "[GH204]"},
		"a wildcard":       {"*.postio.example.com", "[GH205]"},
		"no host":          {"", "[GH205]"},
	} {
		t.Run(name, func(t *testing.T) {
			d := &deeds{}
			denied(t, validateWith(with(t, only), d, create(t, hosts(gameHost, c.host))), 403, "spec.rules[1].host: ", c.code)
			if len(d.claimed)+len(d.looked) > 0 {
				t.Errorf("claimed %v", d.claimed)
			}
			// What stands is not judged again by policies that came later.
			stored := gameIngress(hosts(gameHost, c.host), atPath)
			allowed(t, validateWith(with(t, only), d, update(t, stored, gameIngress(hosts(gameHost, c.host), atLongPath))), ingress.Claimed)
			allowed(t, validateWith(with(t, only), d, create(t, hosts(gameHost, c.host), unowned)), ingress.Claimed)
		})
	}
	allowed(t, validateWith(with(t, only), &deeds{}, create(t)), ingress.Claimed)
	warning := `spec.rules[0].host: "*.postio.example.com" serves what no other Ingress names; give each server a host [GH210]`
	allowed(t, validateWith(with(t), &deeds{}, create(t, hosts("*.postio.example.com"))), ingress.Claimed, warning)
}

// knownSet fills in a set whose servers share a host.
type knownSet struct {
	template gameserver.Template
	ids      []int
}

func (k knownSet) Complete(_ context.Context, r *policy.Request) error {
	r.Template, r.SetIDs = &k.template, k.ids
	return nil
}

func TestServersThatShareAHostNeedRoutesOfTheirOwn(t *testing.T) {
	sharing := func(path string, ids ...int) knownSet {
		template, found := gameserver.ParseNetwork(&gameserver.Network{NetworkType: gameserver.NetworkType, NetworkConf: []gameserver.Param{
			{Name: "Host", Value: gameHost}, {Name: "Path", Value: path}, {Name: "PathType", Value: "Prefix"}, {Name: "Port", Value: "80"},
		}})
		for _, f := range found {
			if f.Severity == "Error" {
				t.Fatal(f)
			}
		}
		return knownSet{template, ids}
	}
	validate := func(sets ingress.Sets, r *admissionv1.AdmissionRequest) (admit.Response, *deeds) {
		d := &deeds{}
		return ingress.NewValidator(with(t), sets, d, true, prometheus.NewRegistry(), logr.Discard(), &herald{}).Validate(t.Context(), r), d
	}
	response, d := validate(sharing("/<id>", 0, 7), create(t))
	allowed(t, response, ingress.Claimed)
	shared := own
	shared.SharedHost = gameHost
	if len(d.claimed) != 1 || d.claimed[0].Party != shared {
		t.Errorf("claimed %v", d.claimed)
	}
	response, d = validate(sharing("/", 0, 7), create(t))
	denied(t, response, 403, `spec.rules[0].host: "game7.postio.example.com" and its paths are the same for all servers of GameServerSet games/postio, of which the gateway would serve one alone; put <id> into Host or Path [GH201]`)
	if len(d.claimed) > 0 {
		t.Errorf("claimed %v", d.claimed)
	}
	for name, c := range map[string]struct {
		sets ingress.Sets
		r    *admissionv1.AdmissionRequest
	}{
		"the first of them":          {sharing("/", 7, 8), create(t)},
		"the only one":               {sharing("/", 7), create(t)},
		"told apart by a header":     {sharing("/", 0, 7), create(t, annotate("higress.io/exact-match-header-server", "7"))},
		"on a host of its own":       {sharing("/", 0, 7), create(t, hosts("own.example.com"))},
		"where it stood already":     {sharing("/", 0, 7), update(t, gameIngress(), gameIngress(annotate("higress.io/timeout", "30")))},
		"of an unknown set":          {noSets{}, create(t)},
		"of a set without servers":   {sharing("/"), create(t)},
		"in a web Ingress beside it": {noSets{}, create(t, unowned)},
	} {
		t.Run(name, func(t *testing.T) {
			response, _ := validate(c.sets, c.r)
			allowed(t, response, ingress.Claimed)
		})
	}
	response, _ = validate(sharing("/", 0, 7), update(t, gameIngress(annotate("higress.io/exact-match-header-server", "7")), gameIngress()))
	denied(t, response, 403, "[GH201]")
}
