package policy_test

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/policy"
)

func TestAPolicyIsOverriddenWhereAnotherLeavesNothingOfIt(t *testing.T) {
	const all, timeout = "{priority: 1, defaults: {requestTimeout: 10s}}", "defaults: {requestTimeout: 30s}"
	for name, c := range map[string]struct {
		policy, other string
		overridden    bool
	}{
		"all that it sets, for all":             {"{defaults: {requestTimeout: 30s}}", all, true},
		"at the same priority":                  {"{priority: 1, defaults: {requestTimeout: 30s}}", all, false},
		"below":                                 {"{priority: 2, defaults: {requestTimeout: 30s}}", all, false},
		"a default by an override":              {"{defaults: {requestTimeout: 30s}}", "{priority: 1, overrides: {requestTimeout: 10s}}", true},
		"no override by a default":              {"{overrides: {requestTimeout: 30s}}", all, false},
		"one of two settings":                   {"{defaults: {requestTimeout: 30s, retry: {attempts: 1}}}", all, false},
		"settings of both layers":               {"{defaults: {requestTimeout: 30s}, overrides: {retry: {attempts: 1}}}", "{priority: 1, overrides: {requestTimeout: 10s, retry: {attempts: 0}}}", true},
		"one that sets nothing":                 {"{}", all, false},
		"by one that is only tried":             {"{defaults: {requestTimeout: 30s}}", "{priority: 1, mode: Warn, defaults: {requestTimeout: 10s}}", false},
		"one that is only tried":                {"{mode: Audit, defaults: {requestTimeout: 30s}}", all, true},
		"by one that lets standing ones be":     {"{defaults: {requestTimeout: 30s}}", "{priority: 1, rollout: {existing: Never}, defaults: {requestTimeout: 10s}}", false},
		"by one that waits":                     {"{defaults: {requestTimeout: 30s}}", "{priority: 1, rollout: {servers: Idle}, defaults: {requestTimeout: 10s}}", false},
		"web sockets":                           {"{defaults: {webSocket: {enabled: true}}}", "{priority: 1, defaults: {webSocket: {enabled: false}}}", true},
		"by what the gateway cannot be told":    {"{targets: {gameServerSetNames: [a]}, overrides: {annotations: {higress.io/use-regex: 'true'}}}", "{priority: 1, overrides: {annotations: {higress.io/use-regex: 'maybe'}}}", false},
		"an annotation":                         {"{defaults: {annotations: {higress.io/use-regex: 'true'}}}", "{priority: 1, defaults: {annotations: {nginx.ingress.kubernetes.io/use-regex: 'false'}}}", true},
		"another annotation":                    {"{defaults: {annotations: {higress.io/use-regex: 'true'}}}", "{priority: 1, defaults: {annotations: {higress.io/upstream-vhost: a}}}", false},
		"fields of hosts":                       {"{hosts: {allowed: [a.test], onConflict: Deny}}", "{priority: 1, hosts: {allowed: [b.test], onConflict: Quarantine, template: 'g<id>.test'}}", true},
		"one field of hosts":                    {"{hosts: {allowed: [a.test], onConflict: Deny}}", "{priority: 1, hosts: {onConflict: Quarantine}}", false},
		"hosts beside settings":                 {"{hosts: {onConflict: Deny}, defaults: {requestTimeout: 30s}}", all, false},
		"fewer names":                           {"{targets: {gameServerSetNames: [postio]}, " + timeout + "}", "{priority: 1, targets: {gameServerSetNames: ['post*', lobby]}, " + timeout + "}", true},
		"a narrower pattern":                    {"{targets: {gameServerSetNames: ['postio-*-eu']}, " + timeout + "}", "{priority: 1, targets: {gameServerSetNames: ['post*eu']}, " + timeout + "}", true},
		"a wider pattern":                       {"{targets: {gameServerSetNames: ['post*']}, " + timeout + "}", "{priority: 1, targets: {gameServerSetNames: ['postio*']}, " + timeout + "}", false},
		"the same pattern of several stars":     {"{targets: {gameServerSetNames: ['a*b*c']}, " + timeout + "}", "{priority: 1, targets: {gameServerSetNames: ['a*b*c']}, " + timeout + "}", true},
		"a pattern by a name":                   {"{targets: {gameServerSetNames: ['a*']}, " + timeout + "}", "{priority: 1, targets: {gameServerSetNames: [a]}, " + timeout + "}", false},
		"more names":                            {"{targets: {gameServerSetNames: [postio, lobby]}, " + timeout + "}", "{priority: 1, targets: {gameServerSetNames: [postio]}, " + timeout + "}", false},
		"all by some":                           {"{" + timeout + "}", "{priority: 1, targets: {gameServerIDs: ['0-9']}, " + timeout + "}", false},
		"fewer ids":                             {"{targets: {gameServerIDs: [3, '5-6']}, " + timeout + "}", "{priority: 1, targets: {gameServerIDs: ['0-9']}, " + timeout + "}", true},
		"more ids":                              {"{targets: {gameServerIDs: ['5-10']}, " + timeout + "}", "{priority: 1, targets: {gameServerIDs: ['0-9']}, " + timeout + "}", false},
		"a host of the pattern":                 {"{targets: {hosts: [a.test]}, " + timeout + "}", "{priority: 1, targets: {hosts: ['*.test']}, " + timeout + "}", true},
		"a pattern by a host":                   {"{targets: {hosts: ['*.test']}, " + timeout + "}", "{priority: 1, targets: {hosts: [a.test]}, " + timeout + "}", false},
		"a selector that asks for more":         {"{targets: {gameServerSetSelector: {matchLabels: {a: b, c: d}}}, " + timeout + "}", "{priority: 1, targets: {gameServerSetSelector: {matchLabels: {a: b}}}, " + timeout + "}", true},
		"a selector that asks for less":         {"{targets: {namespaceSelector: {matchLabels: {a: b}}}, " + timeout + "}", "{priority: 1, targets: {namespaceSelector: {matchLabels: {a: b, c: d}}}, " + timeout + "}", false},
		"a class of several":                    {"{targets: {ingressClassNames: [higress]}, " + timeout + "}", "{priority: 1, targets: {ingressClassNames: [higress, internal]}, " + timeout + "}", true},
		"a class that is not managed":           {"{targets: {ingressClassNames: [nginx]}, " + timeout + "}", all, false},
		"by a canary, which leaves one set out": {"{targets: {gameServerSetNames: ['*']}, overrides: {requestTimeout: 30s}}", "{priority: 1, targets: {gameServerSetNames: ['*'], gameServerSetSelector: {}}, overrides: {requestTimeout: 10s, canary: {of: postio, weight: 1}}}", false},
	} {
		t.Run(name, func(t *testing.T) {
			p, other := written(t, "p", 1, c.policy), written(t, "other", 0, c.other)
			set := policy.NewSet([]*policy.Compiled{other, p})
			want := map[bool]string{true: "other"}[c.overridden]
			if got := set.Overridden(p, knownFleet(t).Classes); got != want {
				t.Errorf("overridden by %q, want %q", got, want)
			}
		})
	}
}
