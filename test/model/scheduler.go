package model

import (
	"math/rand/v2"
	"runtime"
	"time"
)

// scheduler runs actors one at a time. An actor parks before each call to the API server, and goes on when it is picked:
// so every order of calls can come about, and the same seed brings about the same one again.
type scheduler struct {
	random *rand.Rand
	now    time.Time
	parked []*actor
	back   chan *actor
}

type actor struct {
	resume chan bool
	ended  bool
	// replica is whose process the actor runs in: it dies with it; nil for the API server's own work.
	replica *replica
	// before is when the actor has to be picked at the latest; zero if it may wait.
	before time.Time
}

func newScheduler(seed uint64) *scheduler {
	return &scheduler{
		random: rand.New(rand.NewPCG(seed, 1)), // schedules are to be repeatable
		now:    time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		back:   make(chan *actor),
	}
}

// start runs an actor up to its first call.
func (s *scheduler) start(r *replica, do func(a *actor)) {
	a := &actor{resume: make(chan bool), replica: r}
	go func() {
		defer func() {
			a.ended = true
			s.back <- a
		}()
		do(a)
	}()
	s.waitFor()
}

// waitFor takes back control from the actor that runs.
func (s *scheduler) waitFor() {
	if a := <-s.back; !a.ended {
		s.parked = append(s.parked, a)
	}
}

// park is called by an actor before a call. It does not return if the actor's replica has crashed.
func (s *scheduler) park(a *actor) {
	s.back <- a
	if alive := <-a.resume; !alive {
		runtime.Goexit()
	}
}

// step lets the i-th parked actor make its call.
func (s *scheduler) step(i int) {
	a := s.parked[i]
	s.parked = append(s.parked[:i], s.parked[i+1:]...)
	a.resume <- true
	s.waitFor()
}

// crash ends all actors of a replica where they stand; nil ends all there are.
func (s *scheduler) crash(r *replica) {
	var left []*actor
	for _, a := range s.parked {
		if r != nil && a.replica != r {
			left = append(left, a)
			continue
		}
		a.resume <- false
		<-s.back
	}
	s.parked = left
}

// advance lets time go by, but never past the moment when an actor has to be picked: that one goes first.
func (s *scheduler) advance(d time.Duration) {
	until := s.now.Add(d)
	for {
		first := -1
		for i, a := range s.parked {
			if !a.before.IsZero() && !a.before.After(until) && (first < 0 || a.before.Before(s.parked[first].before)) {
				first = i
			}
		}
		if first < 0 {
			s.now = until
			return
		}
		if s.parked[first].before.After(s.now) {
			s.now = s.parked[first].before
		}
		s.step(first)
	}
}
