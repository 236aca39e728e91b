package rollout_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

// quiet is how long nothing may be written where nothing is to be done.
const quiet = 5 * time.Second

// town is 400 servers in two sets, each with a policy of its own.
type town struct {
	*stage
	harbor, arena fleet
	// policies are what was decreed last, of each set.
	inHarbor, inArena settings
}

// ordinary is the story of servers whose Ingresses an ordinary user has made.
func (s *stage) ordinary(t *testing.T) {
	town := &town{stage: s, harbor: fleet{"harbor", 240, true}, arena: fleet{"arena", 160, false}}
	s.launch(t, town.harbor)
	s.launch(t, town.arena)
	play(t,
		part{"a new policy and an edit", town.edit},
		part{"what changes nothing is not written", town.nothing},
		part{"a slow policy does not hold up a fast one", town.rates},
		part{"the leader is killed in the middle", town.killed},
		part{"an edit while the leader is replaced", town.replaced},
		part{"what was written while no manager ran is repaired", town.unseen},
		part{"a webhook that undoes every write", town.undone},
		part{"a controller that writes over it again and again", town.contested},
		part{"without policies all is as its authors wrote it", town.deleted},
	)
}

// amend decrees other values for a set than it has, at a rate.
func (s *town) amend(t *testing.T, f fleet, perSecond int) settings {
	t.Helper()
	last := &s.inHarbor
	if f == s.arena {
		last = &s.inArena
	}
	*last = settings{timeout: max(last.timeout, 30) + 1, tries: last.tries%3 + 1, perSecond: perSecond}
	s.decree(t, f.name, *last)
	return *last
}

func (s *town) edit(t *testing.T) {
	for range 2 {
		s.journal.open()
		inHarbor, inArena := s.amend(t, s.harbor, 1000), s.amend(t, s.arena, 1000)
		s.all(t, s.harbor, inHarbor)
		s.all(t, s.arena, inArena)
		s.each(t, 1, s.harbor, s.arena)
	}
}

func (s *town) nothing(t *testing.T) {
	s.journal.open()
	s.decree(t, "harbor", s.inHarbor)
	s.kubectl(t, env.Operator, "", "label", "gamepolicy", "harbor", "arena", "reviewed=yes")
	s.decree(t, "arena", s.inArena.faster(900)) // the rate alone is another
	time.Sleep(quiet)
	s.each(t, 0, s.harbor, s.arena)
}

func (s *town) rates(t *testing.T) {
	s.journal.open()
	slow := s.amend(t, s.harbor, 10)
	s.atLeast(t, 1, s.harbor, slow)
	s.all(t, s.arena, s.amend(t, s.arena, 1000))
	if n := s.carrying(s.harbor, slow); n == s.harbor.servers {
		t.Errorf("the slow policy has reached all %d before the fast one", n)
	}
	s.decree(t, "harbor", slow.faster(1000)) // also one that is under way
	s.all(t, s.harbor, slow)
	s.each(t, 1, s.harbor, s.arena)
}

// underWay decrees something at a rate that leaves time to disturb it, and waits until a part is done.
func (s *town) underWay(t *testing.T) settings {
	t.Helper()
	s.journal.open()
	x := s.amend(t, s.harbor, 50)
	s.atLeast(t, s.harbor.servers/10, s.harbor, x)
	return x
}

// disturbed checks that a rollout was not over yet when something happened.
func (s *town) disturbed(t *testing.T, x settings) {
	t.Helper()
	if n := s.carrying(s.harbor, x); n == s.harbor.servers {
		t.Fatal("the rollout was over before")
	}
}

// killed: nobody gives up the lease, so the successor waits until it has run out.
func (s *town) killed(t *testing.T) {
	leader := s.leader(t)
	x := s.underWay(t)
	leader.Kill()
	s.disturbed(t, x)
	s.all(t, s.harbor, x)
	s.each(t, 1, s.harbor)
	if err := s.Release.StartManagers(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (s *town) replaced(t *testing.T) {
	leader := s.leader(t)
	x := s.underWay(t)
	s.disturbed(t, x)
	if err := leader.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	inArena := s.amend(t, s.arena, 1000)
	if err := s.Release.StartManagers(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.all(t, s.harbor, x)
	s.all(t, s.arena, inArena)
	s.each(t, 1, s.harbor, s.arena)
}

// unseen: somebody takes away what was injected, together with the record of it.
func (s *town) unseen(t *testing.T) {
	s.whileDown(t, func() {
		patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:null,%q:null,%q:null}}}`, timeoutKey, triesKey, policy.AppliedAnnotation)
		for id := range 20 {
			ing := s.arena.ingress(id, "")
			if err := s.studio.Patch(t.Context(), ing, client.RawPatch(types.MergePatchType, []byte(patch))); err != nil {
				t.Fatal(err)
			}
			if s.arena.carries(ing, id, s.inArena) {
				t.Fatalf("%s was not changed: %v", ing.Name, ing.Annotations)
			}
		}
		s.journal.open()
	})
	s.wait(t, repaired, "all to be repaired", func(context.Context) (bool, error) {
		n := s.carrying(s.arena, s.inArena)
		return n == s.arena.servers, fmt.Errorf("%d are", n)
	})
	s.each(t, 0, s.harbor)
}

func (s *town) deleted(t *testing.T) {
	s.kubectl(t, env.Operator, "", "delete", "gamepolicies", "--all")
	s.wait(t, time.Minute, "all to be as it was", func(context.Context) (bool, error) {
		var errs []error
		for _, f := range []fleet{s.harbor, s.arena} {
			for id := range f.servers {
				errs = append(errs, s.asWritten(f, id))
			}
		}
		err := errors.Join(errs...)
		return err == nil, err
	})
}
