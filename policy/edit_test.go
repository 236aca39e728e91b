package policy_test

import (
	"maps"
	"testing"

	"github.com/gatehouse-dev/gatehouse/policy"
)

// Whether the Ingress of server 7 of postio, as it stands under the policies, would carry something else.
func TestAnEditChangesAnIngressIfItWouldCarrySomethingElse(t *testing.T) {
	const timeout30 = "{defaults: {requestTimeout: 30s}}"
	for name, c := range map[string]struct {
		other, stands string // "" is none
		edit          string
		author        map[string]string
		want          bool
	}{
		"a new policy":                         {"", "", timeout30, nil, true},
		"one that selects another set":         {"", "", "{defaults: {requestTimeout: 30s}, targets: {gameServerSetNames: [lobby]}}", nil, false},
		"the same again":                       {"", timeout30, timeout30, nil, false},
		"another value":                        {"", timeout30, "{defaults: {requestTimeout: 60s}}", nil, true},
		"a default that the author knows":      {"", timeout30, "{defaults: {requestTimeout: 60s}}", map[string]string{"higress.io/timeout": "5"}, false},
		"an override that the author has":      {"", "", "{overrides: {requestTimeout: 5s}}", map[string]string{"higress.io/timeout": "5"}, false},
		"one that no longer selects it":        {"", timeout30, "{defaults: {requestTimeout: 30s}, targets: {gameServerIDs: ['0-6']}}", nil, true},
		"one that another beats":               {"{priority: 9, defaults: {requestTimeout: 10s}}", "", timeout30, nil, false},
		"one that beats another":               {timeout30, "", "{priority: 9, defaults: {requestTimeout: 10s}}", nil, true},
		"one that says the same as another":    {timeout30, "", "{priority: 9, defaults: {requestTimeout: 30s}}", nil, false},
		"out of force":                         {"", timeout30, "{mode: Audit, defaults: {requestTimeout: 30s}}", nil, true},
		"never in force":                       {"", "", "{mode: Warn, defaults: {requestTimeout: 30s}}", nil, false},
		"one that keeps what stands, as a new": {"", "{defaults: {requestTimeout: 30s}, rollout: {existing: Never}}", "{defaults: {requestTimeout: 60s}, rollout: {existing: Never}}", nil, true},
		"hosts are no annotations":             {"", "", "{hosts: {allowed: [a.test]}}", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			var standing []*policy.Compiled
			if c.other != "" {
				standing = append(standing, written(t, "other", 0, c.other))
			}
			if c.stands != "" {
				standing = append(standing, written(t, "policy", 1, c.stands))
			}
			set, request := policy.NewSet(standing), gameRequest("g7.test")
			request.Ingress.Annotations = maps.Clone(c.author)
			request = withAnnotations(request, set.Decide(request).Annotations)
			request.Old = request.Ingress
			edit := set.Edit(written(t, "policy", 1, c.edit))
			if got := edit.Changes(request); got != c.want {
				t.Errorf("%t, want %t", got, c.want)
			}
			if got := edit.Changes(policy.Request{Ingress: classed(nil, nil), Class: request.Class}); got {
				t.Error("an Ingress of no game server changes")
			}
		})
	}
}

func TestWhatATrialWouldDoIsWhatItDoesEnforced(t *testing.T) {
	trial := written(t, "policy", 0, "{mode: Audit, defaults: {requestTimeout: 30s}}")
	edit, enforced := policy.NewSet(nil).Edit(trial), policy.NewSet(nil).Edit(trial.Enforced())
	if request := gameRequest("g7.test"); edit.Changes(request) || !enforced.Changes(request) || trial.Mode() != "Audit" {
		t.Errorf("changes in mode Audit %t, enforced %t, the policy itself is now in mode %s", edit.Changes(request), enforced.Changes(request), trial.Mode())
	}
}
