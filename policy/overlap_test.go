package policy_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// written compiles a policy of its spec in YAML, made at a second after a moment.
func written(t testing.TB, name string, second int64, spec string) *policy.Compiled {
	t.Helper()
	p := &v1alpha1.GamePolicy{ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.Unix(1e9+second, 0)}}
	if err := yaml.UnmarshalStrict([]byte(spec), &p.Spec); err != nil {
		t.Fatalf("%s: %v", spec, err)
	}
	c, findings := policy.Compile(p)
	if c == nil {
		t.Fatalf("%s: %v", spec, findings)
	}
	return c
}

// lines are findings as a terminal shows them.
func lines(found []finding.Finding) string {
	var out []string
	for _, f := range found {
		out = append(out, policy.Warning(f))
	}
	return strings.Join(out, "\n")
}

// knownFleet is what the tables below take for known.
func knownFleet(t testing.TB) *policy.Fleet {
	t.Helper()
	return &policy.Fleet{
		Classes: policy.NewClasses(policy.Options{
			IngressClasses: []string{"higress", "internal"},
			ClassGateways:  map[string]gateway.Kind{"higress": gateway.Higress, "internal": gateway.Higress, "nginx": gateway.Nginx},
		}, nil),
		Namespaces: map[string]map[string]string{
			"games": {"game": "postio", "team": "red"}, "shop": {"team": "red"}, "default": {},
		},
		Sets: []policy.KnownSet{
			known(t, "games", "postio", map[string]string{"tier": "live", "size": "big"}),
			known(t, "games", "lobby", map[string]string{"tier": "test"}),
		},
	}
}

func TestOverlapsNameWhatIsSetTwiceAndWhoWins(t *testing.T) {
	const timeout, shorter = "{defaults: {requestTimeout: 30s}}", "{defaults: {requestTimeout: 10s}}"
	for name, c := range map[string]struct {
		policy, other string
		want          string // after "spec.priority: GamePolicy other "
	}{
		"one setting": {timeout, shorter, "has 0 too, is older and wins defaults.requestTimeout; set another [GH104]"},
		"several": {
			"{priority: 5, defaults: {requestTimeout: 30s, webSocket: {enabled: true}}, overrides: {retry: {attempts: 0}, cors: {allowOrigins: ['*']}}}",
			"{priority: 5, defaults: {requestTimeout: 10s, webSocket: {enabled: true}}, overrides: {retry: {attempts: 2}, cors: {allowOrigins: ['*']}}}",
			"has 5 too, is older and wins overrides.retry, overrides.cors... [GH104]",
		},
		"another priority":     {"{priority: 1, defaults: {requestTimeout: 30s}}", shorter, ""},
		"another setting":      {timeout, "{defaults: {retry: {attempts: 2}}}", ""},
		"another layer":        {timeout, "{overrides: {requestTimeout: 30s}}", ""},
		"another direction":    {"{defaults: {headers: {request: {remove: [A]}}}}", "{defaults: {headers: {response: {remove: [A]}}}}", ""},
		"the same direction":   {"{defaults: {headers: {request: {remove: [A]}}}}", "{defaults: {headers: {request: {remove: [B]}}}}", "has 0 too, is older and wins defaults.headers.request; set another [GH104]"},
		"an annotation":        {"{defaults: {annotations: {higress.io/use-regex: 'true'}}}", "{defaults: {annotations: {higress.io/use-regex: 'false'}}}", "has 0 too, is older and wins defaults.annotations[higress.io/use-regex]; set... [GH104]"},
		"its twin":             {"{defaults: {annotations: {higress.io/use-regex: 'true'}}}", "{defaults: {annotations: {nginx.ingress.kubernetes.io/use-regex: 'false'}}}", "has 0 too, is older and wins defaults.annotations[higress.io/use-regex]; set... [GH104]"},
		"another annotation":   {"{defaults: {annotations: {higress.io/upstream-vhost: a}}}", "{defaults: {annotations: {higress.io/use-regex: 'true'}}}", ""},
		"hosts by their field": {"{hosts: {allowed: [a.test], onConflict: Deny}}", "{hosts: {template: 'g<id>.test', onConflict: Quarantine}}", "has 0 too, is older and wins hosts.onConflict; set another [GH104]"},
		"an empty list too":    {"{hosts: {wildcards: []}}", "{hosts: {wildcards: ['*']}}", "has 0 too, is older and wins hosts.wildcards; set another [GH104]"},
		"hosts all":            {"{hosts: {allowed: [a.test], template: 'a<id>.test'}}", "{hosts: {allowed: [b.test], template: 'g<id>.test'}}", "has 0 too, is older and wins hosts.allowed, hosts.template; set another [GH104]"},

		"one that is only tried has no say":        {timeout, "{mode: Warn, defaults: {requestTimeout: 10s}}", ""},
		"a trial is held against what is enforced": {"{mode: Audit, defaults: {requestTimeout: 30s}}", shorter, "has 0 too, is older and would win defaults.requestTimeout; set another [GH104]"},
		"a warning one is not against an audit":    {"{mode: Warn, defaults: {requestTimeout: 30s}}", "{mode: Audit, defaults: {requestTimeout: 10s}}", ""},
		"two trials":                               {"{mode: Warn, defaults: {requestTimeout: 30s}}", "{mode: Warn, defaults: {requestTimeout: 10s}}", "has 0 too, is older and would win defaults.requestTimeout; set another [GH104]"},
	} {
		t.Run(name, func(t *testing.T) {
			want := c.want
			if want != "" {
				want = "spec.priority: GamePolicy other " + want
			}
			set := policy.NewSet([]*policy.Compiled{written(t, "other", 0, c.other)})
			if got := lines(set.Overlaps(written(t, "policy", 1, c.policy), knownFleet(t))); got != want {
				t.Errorf("%q\nwant %q", got, want)
			}
		})
	}
}

func TestOfOnePriorityTheOlderWinsThenTheLesserName(t *testing.T) {
	const spec = "{defaults: {requestTimeout: 30s}}"
	for _, c := range []struct {
		name   string
		second int64
		want   string
	}{
		{"m", 1, "older and wins"}, {"m", 3, "younger and loses"}, {"a", 2, "first by name and wins"}, {"z", 2, "later by name and loses"},
		{"policy", 1, ""}, // what it was before is no other
	} {
		set := policy.NewSet([]*policy.Compiled{written(t, c.name, c.second, spec)})
		got := lines(set.Overlaps(written(t, "policy", 2, spec), knownFleet(t)))
		want := "spec.priority: GamePolicy " + c.name + " has 0 too, is " + c.want + " defaults.requestTimeout; set another [GH104]"
		if c.want == "" {
			want = ""
		}
		if got != want {
			t.Errorf("%s at %d: %q, want %q", c.name, c.second, got, want)
		}
	}
}

func TestAPolicyBeingDeletedOverlapsWithNone(t *testing.T) {
	p := &v1alpha1.GamePolicy{ObjectMeta: metav1.ObjectMeta{Name: "other", DeletionTimestamp: &metav1.Time{Time: time.Unix(1e9, 0)}}}
	p.Spec.Defaults = &v1alpha1.TrafficSettings{RequestTimeout: &metav1.Duration{Duration: time.Second}}
	c, _ := policy.Compile(p)
	if got := policy.NewSet([]*policy.Compiled{c}).Overlaps(written(t, "policy", 1, "{defaults: {requestTimeout: 30s}}"), knownFleet(t)); len(got) > 0 {
		t.Error(got)
	}
}

func TestTargetsThatHaveNoServerInCommonDoNotOverlap(t *testing.T) {
	for name, c := range map[string]struct {
		a, b  string
		meets bool
	}{
		"everything and everything":      {"{}", "{}", true},
		"everything and something":       {"{}", "{gameServerSetNames: [postio], gameServerIDs: [7], hosts: [a.test]}", true},
		"one class":                      {"{ingressClassNames: [higress]}", "{ingressClassNames: [higress, internal]}", true},
		"other classes":                  {"{ingressClassNames: [higress]}", "{ingressClassNames: [internal]}", false},
		"a class that is not managed":    {"{ingressClassNames: [nginx]}", "{ingressClassNames: [nginx]}", false},
		"one name":                       {"{gameServerSetNames: [postio]}", "{gameServerSetNames: [lobby, postio]}", true},
		"other names":                    {"{gameServerSetNames: [postio]}", "{gameServerSetNames: [postio-a]}", false},
		"a name and its pattern":         {"{gameServerSetNames: [postio-a]}", "{gameServerSetNames: ['postio-*']}", true},
		"patterns with a common name":    {"{gameServerSetNames: ['postio-*']}", "{gameServerSetNames: ['*-eu-*']}", true},
		"patterns with other beginnings": {"{gameServerSetNames: ['postio-*']}", "{gameServerSetNames: ['lobby-*']}", false},
		"patterns with other ends":       {"{gameServerSetNames: ['*-eu']}", "{gameServerSetNames: ['postio-*-us']}", false},
		"ids":                            {"{gameServerIDs: [3, '10-20']}", "{gameServerIDs: ['0-2', '20-30']}", true},
		"other ids":                      {"{gameServerIDs: ['0-9']}", "{gameServerIDs: ['10-19']}", false},
		"a host and its pattern":         {"{hosts: ['*.postio.test']}", "{hosts: [a.postio.test]}", true},
		"a star is one label":            {"{hosts: ['*.postio.test']}", "{hosts: ['*.test', a.b.postio.test]}", false},
		"labels that say the same":       {"{namespaceSelector: {matchLabels: {game: new}}}", "{namespaceSelector: {matchLabels: {game: new}}}", true},
		"labels and more of them":        {"{namespaceSelector: {matchLabels: {game: new}}}", "{namespaceSelector: {matchLabels: {game: new, team: red}}}", true},
		"labels of a known namespace":    {"{namespaceSelector: {matchLabels: {game: postio}}}", "{namespaceSelector: {matchLabels: {team: red}}}", true},
		"labels that none has together":  {"{namespaceSelector: {matchLabels: {game: lobby}}}", "{namespaceSelector: {matchLabels: {team: red}}}", false},
		"contradicting labels":           {"{namespaceSelector: {matchLabels: {game: postio}}}", "{namespaceSelector: {matchLabels: {game: lobby}}}", false},
		"labels and their absence":       {"{namespaceSelector: {matchLabels: {game: postio}}}", "{namespaceSelector: {matchExpressions: [{key: game, operator: DoesNotExist}]}}", false},
		"labels of a known set":          {"{gameServerSetSelector: {matchLabels: {tier: live}}}", "{gameServerSetSelector: {matchLabels: {size: big}}}", true},
		"a set in the wrong namespace":   {"{gameServerSetSelector: {matchLabels: {tier: live}}}", "{gameServerSetSelector: {matchLabels: {size: big}}, namespaceSelector: {matchExpressions: [{key: game, operator: DoesNotExist}]}}", false},
		"a set of the wrong name":        {"{gameServerSetSelector: {matchLabels: {tier: live}}}", "{gameServerSetSelector: {matchLabels: {size: big}}, gameServerSetNames: ['l*']}", false},
		"contradicting labels of sets":   {"{gameServerSetSelector: {matchLabels: {tier: live}}}", "{gameServerSetSelector: {matchLabels: {tier: test}}}", false},
	} {
		t.Run(name, func(t *testing.T) {
			a := written(t, "a", 0, "{defaults: {requestTimeout: 30s}, targets: "+c.a+"}")
			b := written(t, "b", 0, "{defaults: {requestTimeout: 30s}, targets: "+c.b+"}")
			if there, back := meet(a, b, knownFleet(t)), meet(b, a, knownFleet(t)); there != c.meets || back != c.meets {
				t.Errorf("%t one way, %t the other, want %t", there, back, c.meets)
			}
		})
	}
}

func TestAPrimaryIsNotItsCanary(t *testing.T) {
	canary := written(t, "canary", 0, "{overrides: {requestTimeout: 1s, canary: {of: lobby, weight: 5}}, targets: {gameServerSetSelector: {}, gameServerSetNames: ['*'], namespaceSelector: {}}}")
	for names, meets := range map[string]bool{"[lobby]": false, "['lobby*']": true, "[lobby, postio]": true} {
		other := written(t, "other", 0, "{overrides: {requestTimeout: 2s}, targets: {gameServerSetNames: "+names+"}}")
		if got := meet(canary, other, knownFleet(t)); got != meets {
			t.Errorf("%s: %t, want %t", names, got, meets)
		}
	}
}

func meet(a, b *policy.Compiled, fleet *policy.Fleet) bool {
	return len(policy.NewSet([]*policy.Compiled{b}).Overlaps(a, fleet)) > 0
}
