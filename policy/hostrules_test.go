package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// gamePolicy is a policy for hosts.
func gamePolicy(name string, priority int32, hosts v1alpha1.HostRules, change ...func(*v1alpha1.GamePolicy)) *v1alpha1.GamePolicy {
	p := &v1alpha1.GamePolicy{ObjectMeta: metav1.ObjectMeta{Name: name}}
	p.Spec.Priority, p.Spec.Hosts = priority, &hosts
	for _, c := range change {
		c(p)
	}
	return p
}

func mode(m v1alpha1.Mode) func(*v1alpha1.GamePolicy) {
	return func(p *v1alpha1.GamePolicy) { p.Spec.Mode = m }
}

func forSets(names ...string) func(*v1alpha1.GamePolicy) {
	return func(p *v1alpha1.GamePolicy) { p.Spec.Targets.GameServerSetNames = names }
}

// setOf compiles policies the way the snapshot does.
func setOf(t testing.TB, policies ...*v1alpha1.GamePolicy) *policy.Set {
	t.Helper()
	var compiled []*policy.Compiled
	for _, p := range policies {
		c, findings := policy.Compile(p)
		if c == nil {
			t.Fatalf("policy %s: %v", p.Name, findings)
		}
		compiled = append(compiled, c)
	}
	return policy.NewSet(compiled)
}

// gameRequest is about the Ingress of server 7 of the set postio.
func gameRequest(hosts ...string) policy.Request {
	ing := classed(ptr.To("higress"), nil)
	ing.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: "postio-7", Controller: ptr.To(true)}}
	ing.Spec.Rules = nil
	for _, h := range hosts {
		ing.Spec.Rules = append(ing.Spec.Rules, networkingv1.IngressRule{Host: h})
	}
	return policy.Request{Ingress: ing, Class: policy.Class{Name: "higress", Gateway: gateway.Higress, Managed: true}}
}

// said is what the policies say about hosts of server 7.
func said(set *policy.Set, hosts ...string) []string {
	r := gameRequest(hosts...)
	var out []string
	for _, f := range set.HostRules(r).Check(7, r.Ingress, hosts) {
		out = append(out, string(f.Severity)+" "+f.String())
	}
	return out
}

func TestHostsThatNoPolicyAllowsAreNamedWithWhatIsAllowed(t *testing.T) {
	allowed := gamePolicy("postio", 0, v1alpha1.HostRules{Allowed: []string{"*.postio.example.com", "lobby.example.com"}})
	many := gamePolicy("many", 0, v1alpha1.HostRules{Allowed: []string{"a.example.com", "b.example.com", "c.example.com", "d.example.com", "e.example.com"}})
	template := gamePolicy("numbered", 0, v1alpha1.HostRules{Template: "game<id>.example.com"})
	wild := gamePolicy("wild", 0, v1alpha1.HostRules{Wildcards: []string{"*.example.com", "*"}})
	for _, c := range []struct {
		name   string
		policy *v1alpha1.GamePolicy
		hosts  []string
		want   []string
	}{
		{"an exact host", allowed, []string{"lobby.example.com"}, nil},
		{"one label for a star", allowed, []string{"a.postio.example.com"}, nil},
		{"two labels for a star", allowed, []string{"a.b.postio.example.com"}, []string{
			`Error spec.rules[0].host: "a.b.postio.example.com" is not among the hosts that GamePolicy postio allows (*.postio.example.com, lobby.example.com); use one of these, or ask the operator [GH203]`}},
		{"no label for a star", allowed, []string{"postio.example.com"}, []string{
			`Error spec.rules[0].host: "postio.example.com" is not among the hosts that GamePolicy postio allows (*.postio.example.com, lobby.example.com); use one of these, or ask the operator [GH203]`}},
		{"one of two", allowed, []string{"lobby.example.com", "shop.example.com"}, []string{
			`Error spec.rules[1].host: "shop.example.com" is not among the hosts that GamePolicy postio allows (*.postio.example.com, lobby.example.com); use one of these, or ask the operator [GH203]`}},
		{"none of many", many, []string{"x.example.com"}, []string{
			`Error spec.rules[0].host: "x.example.com" is not among the hosts that GamePolicy many allows (a.example.com, b.example.com, c.example.com and 2 more); use one of these, or ask the operator [GH203]`}},
		{"a wildcard that is allowed as hosts", allowed, []string{"*.postio.example.com"}, []string{
			`Error spec.rules[0].host: "*.postio.example.com" is not among hosts.wildcards; use a host of the server's own, or ask the operator to allow it [GH205]`}},
		{"the server's host", template, []string{"game7.example.com"}, nil},
		{"another server's", template, []string{"game8.example.com"}, []string{
			`Error spec.rules[0].host: "game8.example.com" is not the host of server 7, which is "game7.example.com" by hosts.template of GamePolicy numbered; set Host to "game<id>.example.com" [GH204]`}},
		{"a wildcard beside a template", template, []string{"*.example.com"}, []string{
			`Error spec.rules[0].host: "*.example.com" is not among hosts.wildcards; use a host of the server's own, or ask the operator to allow it [GH205]`}},
		{"wildcards that are allowed", wild, []string{"*.example.com", "*"}, nil},
		{"another wildcard", wild, []string{"*.eu.example.com"}, []string{
			`Error spec.rules[0].host: "*.eu.example.com" is not among hosts.wildcards of GamePolicy wild; use a host of the server's own, or ask the operator to allow it [GH205]`}},
		{"any host beside wildcards", wild, []string{"a.example.com"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, said(setOf(t, c.policy), c.hosts...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRulesWithoutAHostAndDefaultBackendsAreWildcards(t *testing.T) {
	set := setOf(t, gamePolicy("postio", 0, v1alpha1.HostRules{Allowed: []string{"a.example.com"}}))
	r := gameRequest("a.example.com", "")
	check := func(want string) {
		t.Helper()
		found := set.HostRules(r).Check(7, r.Ingress, []string{"*"})
		if len(found) != 1 || found[0].String() != want {
			t.Errorf("%v", found)
		}
	}
	check("spec.rules[1].host: an Ingress rule without host is not among hosts.wildcards; use a host of the server's own, or ask the operator to allow it [GH205]")
	r = gameRequest("a.example.com")
	r.Ingress.Spec.DefaultBackend = &networkingv1.IngressBackend{}
	check("spec.defaultBackend: an Ingress rule without host is not among hosts.wildcards; use a host of the server's own, or ask the operator to allow it [GH205]")
}

func TestEachRuleForHostsComesWholeFromTheFirstPolicyThatHasIt(t *testing.T) {
	low := gamePolicy("low", 1, v1alpha1.HostRules{
		Allowed: []string{"*.low.example.com"}, Wildcards: []string{"*"}, Template: "low<id>.example.com", OnConflict: v1alpha1.OnConflictQuarantine,
	})
	for _, c := range []struct {
		name string
		high v1alpha1.HostRules
		want []string // who decides about an exact host, a wildcard
		on   v1alpha1.OnConflict
	}{
		{"nothing", v1alpha1.HostRules{}, []string{"GH203 low", "GH204 low"}, v1alpha1.OnConflictQuarantine},
		{"allowed", v1alpha1.HostRules{Allowed: []string{"a.example.com"}}, []string{"GH203 high", "GH204 low"}, v1alpha1.OnConflictQuarantine},
		{"template", v1alpha1.HostRules{Template: "high<id>.example.com"}, []string{"GH203 low", "GH204 high"}, v1alpha1.OnConflictQuarantine},
		{"no wildcards", v1alpha1.HostRules{Wildcards: []string{}}, []string{"GH203 low", "GH204 low", "GH205 high"}, v1alpha1.OnConflictQuarantine},
		{"other wildcards", v1alpha1.HostRules{Wildcards: []string{"*.example.com"}}, []string{"GH203 low", "GH204 low", "GH205 high"}, v1alpha1.OnConflictQuarantine},
		{"on conflict", v1alpha1.HostRules{OnConflict: v1alpha1.OnConflictDeny}, []string{"GH203 low", "GH204 low"}, v1alpha1.OnConflictDeny},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := setOf(t, low, gamePolicy("high", 2, c.high))
			r := gameRequest("x.example.com", "")
			rules := set.HostRules(r)
			var got []string
			for _, f := range rules.Check(7, r.Ingress, []string{"x.example.com", "*"}) {
				_, by, _ := strings.Cut(f.Message, "GamePolicy ")
				by, _, _ = strings.Cut(strings.NewReplacer(";", " ", ",", " ").Replace(by), " ")
				got = append(got, string(f.Code)+" "+by)
			}
			if diff := cmp.Diff(c.want, got); diff != "" || rules.OnConflict != c.on || !rules.Governed {
				t.Errorf("onConflict %s, governed %v (-want +got):\n%s", rules.OnConflict, rules.Governed, diff)
			}
		})
	}
}

func TestOfPoliciesOfOnePriorityTheOlderDecidesAboutHosts(t *testing.T) {
	at := func(second int64) func(*v1alpha1.GamePolicy) {
		return func(p *v1alpha1.GamePolicy) { p.CreationTimestamp = metav1.NewTime(time.Unix(second, 0)) }
	}
	set := setOf(t,
		gamePolicy("a", 5, v1alpha1.HostRules{OnConflict: v1alpha1.OnConflictQuarantine}, at(200)),
		gamePolicy("b", 5, v1alpha1.HostRules{OnConflict: v1alpha1.OnConflictDeny}, at(100)))
	if on := set.HostRules(gameRequest("a.example.com")).OnConflict; on != v1alpha1.OnConflictDeny {
		t.Errorf("onConflict %s", on)
	}
}

func TestWhatIsNotGovernedIsAllowedWithAWarningForWildcards(t *testing.T) {
	strict := v1alpha1.HostRules{Allowed: []string{"only.example.com"}, Wildcards: []string{}, OnConflict: v1alpha1.OnConflictQuarantine}
	unmanaged := gameRequest("x.example.com", "*.example.com")
	unmanaged.Class.Managed = false
	web := gameRequest("x.example.com", "*.example.com")
	web.Ingress.OwnerReferences = nil
	game := gameRequest("x.example.com", "*.example.com")
	deleting := func(p *v1alpha1.GamePolicy) { p.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)} }
	for name, c := range map[string]struct {
		policies []*v1alpha1.GamePolicy
		request  policy.Request
	}{
		"without policies":      {nil, game},
		"a policy without them": {[]*v1alpha1.GamePolicy{{ObjectMeta: metav1.ObjectMeta{Name: "p"}}}, game},
		"in mode Warn":          {[]*v1alpha1.GamePolicy{gamePolicy("p", 0, strict, mode(v1alpha1.ModeWarn))}, game},
		"in mode Audit":         {[]*v1alpha1.GamePolicy{gamePolicy("p", 0, strict, mode(v1alpha1.ModeAudit))}, game},
		"of another set":        {[]*v1alpha1.GamePolicy{gamePolicy("p", 0, strict, forSets("arena"))}, game},
		"being deleted":         {[]*v1alpha1.GamePolicy{gamePolicy("p", 0, strict, deleting)}, game},
		"of another class":      {[]*v1alpha1.GamePolicy{gamePolicy("p", 0, strict)}, unmanaged},
		"no game server's":      {[]*v1alpha1.GamePolicy{gamePolicy("p", 0, strict)}, web},
	} {
		t.Run(name, func(t *testing.T) {
			rules := setOf(t, c.policies...).HostRules(c.request)
			if rules.Governed || rules.OnConflict != v1alpha1.OnConflictDeny {
				t.Errorf("%+v", rules)
			}
			found := rules.Check(7, c.request.Ingress, []string{"x.example.com", "*.example.com"})
			want := `spec.rules[1].host: "*.example.com" serves what no other Ingress names; give each server a host [GH210]`
			if len(found) != 1 || found[0].Severity != "Warning" || found[0].String() != want {
				t.Errorf("%v", found)
			}
		})
	}
}

// A policy that warns of higher priority does not take the word from one that enforces.
func TestAWarningPolicyDoesNotShadowAnEnforcingOne(t *testing.T) {
	set := setOf(t,
		gamePolicy("warns", 9, v1alpha1.HostRules{Allowed: []string{"x.example.com"}}, mode(v1alpha1.ModeWarn)),
		gamePolicy("enforces", 1, v1alpha1.HostRules{Allowed: []string{"y.example.com"}}))
	if got := said(set, "x.example.com"); len(got) != 1 || !strings.Contains(got[0], "GamePolicy enforces allows") {
		t.Errorf("%v", got)
	}
}

// FuzzCheckHosts: whatever passes for a host, what is said about it holds no percent sign, on which OpenKruiseGame's event
// would break, and stands on one line.
func FuzzCheckHosts(f *testing.F) {
	for _, name := range []string{"a.example.com", "*", "*.example.com", "", "100%.example.com", "%s%d%!v", "a\nb", "*.%", strings.Repeat("a", 300), "\xff", "xn--bcher-kva.example"} {
		f.Add(name)
	}
	sets := []*policy.Set{
		setOf(f),
		setOf(f, gamePolicy("p", 0, v1alpha1.HostRules{
			Allowed: []string{"a.example.com"}, Template: "game<id>.example.com", Wildcards: []string{"*.postio.example.com"},
		})),
	}
	f.Fuzz(func(t *testing.T, name string) {
		for _, set := range sets {
			for _, line := range said(set, name) {
				if strings.ContainsAny(line, "%\n") {
					t.Errorf("%q: %s", name, line)
				}
			}
		}
	})
}
