package race_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
)

// Several thousand requests for each number, so the fuller test is for whoever has the time: RACE_HOSTS=1000 for all.
const (
	manyHosts = 1000
	someHosts = 150
)

// races is how many hosts are raced for where RACE_HOSTS says nothing.
func races(t *testing.T, usual int) int {
	t.Helper()
	text, given := os.LookupEnv("RACE_HOSTS")
	if !given {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("RACE_HOSTS is %q, want a number from 1", text)
	}
	return n
}

// race is one part of a test. The parts share a cluster, and what one leaves behind is there in the next.
type race struct {
	what  string
	hosts int
	run   func(*arena, *testing.T, int)
}

func (a *arena) runAll(t *testing.T, list ...race) {
	t.Helper()
	for _, r := range list {
		if !t.Run(r.what, func(t *testing.T) {
			r.run(a, t, races(t, r.hosts))
			a.judge(t)
		}) {
			return
		}
	}
}

func TestNoHostIsGivenAwayTwice(t *testing.T) {
	newArena(t).runAll(t,
		race{"created by eight games", manyHosts, (*arena).created},
		race{"moved to by a change of host", someHosts, (*arena).moved},
		race{"moved to by a change of class", someHosts, (*arena).reclassed},
		race{"games against web front ends", someHosts, (*arena).gamesAgainstWeb},
		race{"shared within a set", someHosts, (*arena).shared},
	)
}

func TestNoHostIsGivenAwayTwiceWhileManagersAndEtcdAreKilled(t *testing.T) {
	newArena(t).runAll(t,
		race{"created by eight games", manyHosts, (*arena).whileKilled},
		race{"changing hands", 20, (*arena).churn},
		race{"given up and taken over", 40, (*arena).takenOver},
	)
}

func gameOf(set string) func(*rival, int) string {
	return func(r *rival, i int) string { return fmt.Sprintf("game server %s/%s-%d", r.namespace, set, i) }
}

func (a *arena) created(t *testing.T, n int) {
	a.declare(t, "created", "h<id>.created.test", n)
	begin := time.Now()
	results := a.contest(t, n, atOnce, func(ctx context.Context, r *rival, i int) error {
		return r.Create(ctx, r.game("created", i, fmt.Sprintf("h%d.created.test", i)))
	})
	a.settle(t, results, gameOf("created")).log(t, "CREATE", n, begin)
}

// prepare makes an Ingress for each rival and host beforehand.
func (a *arena) prepare(t *testing.T, n int, object func(r *rival, i int) *networkingv1.Ingress) [][]*networkingv1.Ingress {
	t.Helper()
	all := a.allocate(n)
	results := a.contest(t, n, atOnce, func(ctx context.Context, r *rival, i int) error {
		all[i][a.number(r)] = object(r, i)
		return r.Create(ctx, all[i][a.number(r)])
	})
	for i, errs := range results {
		for _, err := range errs {
			if err != nil {
				t.Fatalf("host %d: %v", i, err)
			}
		}
	}
	return all
}

func (a *arena) allocate(n int) [][]*networkingv1.Ingress {
	all := make([][]*networkingv1.Ingress, n)
	for i := range all {
		all[i] = make([]*networkingv1.Ingress, len(a.rivals))
	}
	return all
}

func (a *arena) number(r *rival) int {
	for k := range a.rivals {
		if a.rivals[k] == r {
			return k
		}
	}
	panic("a rival of another arena")
}

func (a *arena) moved(t *testing.T, n int) {
	a.declare(t, "moved", "h<id>.moved.test", n)
	all := a.prepare(t, n, func(r *rival, i int) *networkingv1.Ingress {
		return r.game("moved", i, fmt.Sprintf("h%d.%s.moved.test", i, r.namespace))
	})
	begin := time.Now()
	results := a.contest(t, n, atOnce, func(ctx context.Context, r *rival, i int) error {
		ing := all[i][a.number(r)]
		return r.change(ctx, ing, func() { ing.Spec.Rules[0].Host = fmt.Sprintf("h%d.moved.test", i) })
	})
	a.settle(t, results, gameOf("moved")).log(t, "UPDATE of the host", n, begin)
}

func (a *arena) reclassed(t *testing.T, n int) {
	a.declare(t, "reclassed", "h<id>.reclassed.test", n)
	all := a.prepare(t, n, func(r *rival, i int) *networkingv1.Ingress {
		ing := r.game("reclassed", i, fmt.Sprintf("h%d.reclassed.test", i))
		ing.Spec.IngressClassName = class(unmanaged)
		return ing
	})
	begin := time.Now()
	results := a.contest(t, n, atOnce, func(ctx context.Context, r *rival, i int) error {
		ing := all[i][a.number(r)]
		return r.change(ctx, ing, func() { ing.Spec.IngressClassName = class(managed) })
	})
	a.settle(t, results, gameOf("reclassed")).log(t, "UPDATE of the class", n, begin)
}

// gamesAgainstWeb: half of the rivals are games. Either one game has the host, or as many front ends as like.
func (a *arena) gamesAgainstWeb(t *testing.T, n int) {
	a.declare(t, "mixed", "h<id>.mixed.test", n)
	begin := time.Now()
	results := a.contest(t, n, atOnce, func(ctx context.Context, r *rival, i int) error {
		host := fmt.Sprintf("h%d.mixed.test", i)
		if a.number(r)%2 == 0 {
			return r.Create(ctx, r.game("mixed", i, host))
		}
		return r.Create(ctx, r.web(fmt.Sprintf("front-%d", i), host))
	})
	var sum tally
	byGame := 0
	for i, errs := range results {
		games, fronts, holder := 0, 0, ""
		for k, err := range errs {
			switch {
			case err != nil:
			case k%2 == 0:
				games++
				holder = gameOf("mixed")(a.rivals[k], i)
			default:
				fronts++
			}
		}
		if games > 1 || games > 0 && fronts > 0 || games+fronts == 0 {
			t.Errorf("host %d: %d games and %d front ends have it", i, games, fronts)
		}
		sum.winners++
		byGame += games
		for _, err := range errs {
			if err != nil && games > 0 {
				sum.refused(t, err, holder)
			} else if err != nil {
				sum.refused(t, err, "the web Ingresses of namespace")
			}
		}
	}
	sum.log(t, "CREATE, games against web front ends", n, begin)
	t.Logf("%d of them have gone to a game", byGame)
}

// shared: sets of which all servers have one host. All servers of one set get it, and nobody of another.
func (a *arena) shared(t *testing.T, n int) {
	const servers = 4
	n = max(n/5, 5)
	for i := range n {
		a.declare(t, fmt.Sprintf("lobby-%d", i), fmt.Sprintf("h%d.shared.test", i), servers)
	}
	begin := time.Now()
	results := a.contest(t, n*servers, atOnce, func(ctx context.Context, r *rival, i int) error {
		return r.Create(ctx, r.game(fmt.Sprintf("lobby-%d", i/servers), i%servers, fmt.Sprintf("h%d.shared.test", i/servers)))
	})
	var sum tally
	for i := range n {
		winner := -1
		for k := range a.rivals {
			if results[i*servers][k] == nil {
				winner = k
			}
		}
		if winner < 0 {
			t.Errorf("host %d: nobody has it: %v", i, results[i*servers][0])
			continue
		}
		sum.winners++
		for id := range servers {
			for k, err := range results[i*servers+id] {
				if k != winner {
					sum.refused(t, err, fmt.Sprintf("GameServerSet %s/lobby-%d", a.rivals[winner].namespace, i))
				} else if err != nil {
					t.Errorf("host %d: server %d of the set that has it was refused: %v", i, id, err)
				}
			}
		}
	}
	sum.log(t, fmt.Sprintf("CREATE, shared by %d servers of a set", servers), n, begin)
}
