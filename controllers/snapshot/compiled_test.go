package snapshot

import (
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

func TestPoliciesAreListedWithWhatOfThemIsInEffect(t *testing.T) {
	s := New(policy.DefaultOptions(), prometheus.NewRegistry(), logr.Discard())
	s.policies.put(gamePolicy("edited", 1))
	if list := s.Policies(); list != nil {
		t.Errorf("known before the first rebuild: %+v", list)
	}
	s.rebuild()
	s.policies.put(gamePolicy("edited", 2, broken))
	s.policies.put(gamePolicy("broken", 1, broken))
	s.policies.put(gamePolicy("accepted", 3))
	s.policies.put(gamePolicy("going", 4, func(p *v1alpha1.GamePolicy) { p.DeletionTimestamp = &metav1.Time{} }))
	s.rebuild()

	list := s.Policies()
	if len(list) != 4 {
		t.Fatalf("%+v", list)
	}
	for i, want := range []struct {
		name                        string
		generation                  int64
		effective, refused, deleted bool
	}{
		{"accepted", 3, true, false, false},
		{"broken", 1, false, true, false},
		{"edited", 2, true, true, false},
		{"going", 4, true, false, true},
	} {
		p := list[i]
		if p.Name != want.name || p.Generation != want.generation || p.UID == "" || p.Deleting != want.deleted ||
			(p.Compiled != nil) != want.effective || (len(p.Refused) > 0) != want.refused {
			t.Errorf("%+v, want %+v", p, want)
		}
		if want.refused && !strings.Contains(p.Refused[0].String(), "spec.mode") {
			t.Errorf("refused for %v", p.Refused)
		}
	}
}

func TestWhatStandsIsNotCompiledTwice(t *testing.T) {
	s := New(policy.DefaultOptions(), prometheus.NewRegistry(), logr.Discard())
	if s.Compile(gamePolicy("p", 1)) == nil {
		t.Error("nothing before the first rebuild")
	}
	s.policies.put(gamePolicy("edited", 1))
	s.policies.put(gamePolicy("p", 1))
	s.rebuild()
	s.policies.put(gamePolicy("edited", 2, broken))
	s.rebuild()
	known := s.Policies()[1].Compiled
	if s.Compile(gamePolicy("p", 1)) != known {
		t.Error("compiled again")
	}
	for name, other := range map[string]*v1alpha1.GamePolicy{
		"an edit": gamePolicy("p", 2), "another of the name": gamePolicy("p", 1, func(p *v1alpha1.GamePolicy) { p.UID = "another" }),
		"one being deleted": gamePolicy("p", 1, func(p *v1alpha1.GamePolicy) { p.DeletionTimestamp = &metav1.Time{} }), "a new one": gamePolicy("q", 1),
	} {
		if got := s.Compile(other); got == nil || got == known {
			t.Errorf("%s: %p", name, got)
		}
	}
	if s.Compile(gamePolicy("edited", 2, broken)) != nil || s.Compile(gamePolicy("edited", 3, broken)) != nil {
		t.Error("what is refused is compiled to what it said before")
	}
}
