package policy_test

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// timed is a policy that sets a timeout, and retries if it is asked to.
func timed(name string, seconds int, change ...func(*v1alpha1.GamePolicy)) *v1alpha1.GamePolicy {
	p := &v1alpha1.GamePolicy{ObjectMeta: metav1.ObjectMeta{Name: name}}
	p.Spec.Defaults = &v1alpha1.TrafficSettings{RequestTimeout: &metav1.Duration{Duration: time.Duration(seconds) * time.Second}}
	for _, c := range change {
		c(p)
	}
	return p
}

func retries(attempts int32) func(*v1alpha1.GamePolicy) {
	return func(p *v1alpha1.GamePolicy) {
		p.Spec.Overrides = &v1alpha1.TrafficSettings{Retry: &v1alpha1.Retry{Attempts: attempts}}
	}
}

func rolledOut(r v1alpha1.Rollout) func(*v1alpha1.GamePolicy) {
	return func(p *v1alpha1.GamePolicy) { p.Spec.Rollout = &r }
}

// decided is a standing Ingress as these policies left it.
func decided(t *testing.T, policies ...*v1alpha1.GamePolicy) policy.Request {
	t.Helper()
	r := gameRequest("a.example.com")
	r.Ingress.Annotations = setOf(t, policies...).Decide(r).Annotations
	return r
}

func TestWhoeverIsToBlameForADifferenceIsNamed(t *testing.T) {
	a, b := timed("a", 30), timed("b", 60, retries(2), func(p *v1alpha1.GamePolicy) { p.Spec.Defaults = nil })
	for name, c := range map[string]struct {
		before, after []*v1alpha1.GamePolicy
		causes        []string
	}{
		"nothing":         {[]*v1alpha1.GamePolicy{a, b}, []*v1alpha1.GamePolicy{a, b}, nil},
		"an edit":         {[]*v1alpha1.GamePolicy{a, b}, []*v1alpha1.GamePolicy{timed("a", 40), b}, []string{"a"}},
		"a new policy":    {[]*v1alpha1.GamePolicy{a}, []*v1alpha1.GamePolicy{a, b}, []string{"b"}},
		"a deleted one":   {[]*v1alpha1.GamePolicy{a, b}, []*v1alpha1.GamePolicy{b}, []string{"a"}},
		"both":            {[]*v1alpha1.GamePolicy{a}, []*v1alpha1.GamePolicy{b}, []string{"a", "b"}},
		"another name":    {[]*v1alpha1.GamePolicy{a}, []*v1alpha1.GamePolicy{timed("c", 30)}, []string{"c"}},
		"only tried":      {[]*v1alpha1.GamePolicy{a}, []*v1alpha1.GamePolicy{a, timed("c", 30, mode(v1alpha1.ModeAudit))}, nil},
		"not tried alone": {[]*v1alpha1.GamePolicy{a}, []*v1alpha1.GamePolicy{timed("a", 30, mode(v1alpha1.ModeAudit))}, []string{"a"}},
	} {
		f := setOf(t, c.after...).Follow(decided(t, c.before...))
		if diff := cmp.Diff(c.causes, f.Causes); diff != "" || f.Changed != (c.causes != nil) {
			t.Errorf("%s: changed %t (-want +got):\n%s", name, f.Changed, diff)
		}
	}
}

func TestWhoeverLetsAStandingIngressBeIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		rollout v1alpha1.Rollout
		idle    bool
		held    []string
		timeout string
	}{
		"rolling":              {v1alpha1.Rollout{}, false, nil, "60"},
		"never":                {v1alpha1.Rollout{Existing: v1alpha1.RolloutNever}, false, []string{"a"}, "30"},
		"never, though idle":   {v1alpha1.Rollout{Existing: v1alpha1.RolloutNever}, true, []string{"a"}, "30"},
		"when idle, and is":    {v1alpha1.Rollout{Servers: v1alpha1.RolloutIdle}, true, nil, "60"},
		"when idle, and plays": {v1alpha1.Rollout{Servers: v1alpha1.RolloutIdle}, false, []string{"a"}, "30"},
	} {
		set := setOf(t, timed("a", 60, rolledOut(c.rollout)))
		r := decided(t, timed("a", 30))
		r.Idle = c.idle
		before := maps.Clone(r.Ingress.Annotations)
		f := set.Follow(r)
		if diff := cmp.Diff(c.held, f.Held); diff != "" || f.Annotations["higress.io/timeout"] != c.timeout {
			t.Errorf("%s: timeout %s, held (-want +got):\n%s", name, f.Annotations["higress.io/timeout"], diff)
		}
		if !maps.Equal(before, r.Ingress.Annotations) {
			t.Errorf("%s: the Ingress was changed", name)
		}
		if again := set.Follow(decided(t, timed("a", 60, rolledOut(c.rollout)))); again.Held != nil || again.Changed {
			t.Errorf("%s: an Ingress that carries it: %+v", name, again)
		}
	}
}

func TestTheRateOfSeveralIsThatOfTheSlowest(t *testing.T) {
	rate := func(n int32) func(*v1alpha1.GamePolicy) { return rolledOut(v1alpha1.Rollout{MaxPerSecond: ptr.To(n)}) }
	set := setOf(t, timed("fast", 1, rate(500)), timed("slow", 1, rate(5)), timed("usual", 1), timed("idle", 1, rolledOut(v1alpha1.Rollout{Servers: v1alpha1.RolloutIdle})))
	for _, c := range []struct {
		names []string
		want  string
	}{{[]string{"fast", "slow"}, "slow"}, {[]string{"fast"}, "fast"}, {[]string{"fast", "gone"}, "gone"}, {nil, ""}} {
		if got := set.Slowest(c.names); got != c.want {
			t.Errorf("%v: %q", c.names, got)
		}
	}
	if set.PerSecond("gone") != 20 || set.PerSecond("usual") != 20 || set.PerSecond("fast") != 500 || !set.WaitsForIdle("idle") || set.WaitsForIdle("fast") {
		t.Error("rates or waits are wrong")
	}
}
