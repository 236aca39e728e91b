package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// What is timed. The sum is that of one claim and of one Ingress that follows it, timed for each pair of them.
const (
	noWebhook   = "no webhook"
	bareClaim   = "claim alone"
	noopPair    = "no-op pair"
	claimAndTwo = "claim + pair"
	gatehouse   = "Gatehouse"
	renewing    = "after 25 s"
	relying     = "at once"
)

// The targets. Ratios are to the sum for CREATE and to the no-op pair for UPDATE.
const (
	wantCreateP50 = 1.15
	wantCreateP99 = 1.50
	wantUpdateP50 = 1.10
	wantGrowth    = 1.20
)

// measured is the set of one round: each has servers of its own, so that every CREATE is one of a new host.
func measured(round int) string { return fmt.Sprintf("postio-%02d", round) }

// latencies measures at each size.
func (b *bench) latencies(ctx context.Context) error {
	var created []figures
	for i, existing := range b.existing {
		if err := b.fill(ctx, existing); err != nil {
			return err
		}
		fmt.Printf("\nBeside %d Ingresses with their claims and Pods\n", existing)
		s := &stage{bench: b, number: i, existing: existing, claims: existing}
		f, err := s.run(ctx)
		if err != nil {
			return err
		}
		created = append(created, f)
	}
	if len(created) < 2 {
		return nil
	}
	first, last := created[0], created[len(created)-1]
	fmt.Printf("\nCREATE at p50, with %d Ingresses against %d: ", b.existing[len(b.existing)-1], b.existing[0])
	growth := func(what string) float64 { return ratio(last.quantile(what, .50), first.quantile(what, .50)) }
	fmt.Printf("Gatehouse %s; no webhook %.3f, %s %.3f\n", judged(growth(gatehouse), wantGrowth), growth(noWebhook), claimAndTwo, growth(claimAndTwo))
	return nil
}

// stage is the measurement at one size.
type stage struct {
	*bench
	number, existing int
	// claims is how many there have to be.
	claims int
}

// run measures CREATE and UPDATE in rounds, then how a server's Ingress comes again, and takes away what it has made. It
// returns the figures of CREATE.
func (s *stage) run(ctx context.Context) (figures, error) {
	var created, updated figures
	var last time.Time
	for round := range s.rounds {
		if err := s.settle(ctx, s.claims); err != nil {
			return figures{}, err
		}
		sets := s.sets(round)
		if err := s.createSets(ctx, sets...); err != nil {
			return figures{}, err
		}
		t, err := s.round(sets[0].first, s.creates(ctx, sets))
		if err != nil {
			return figures{}, err
		}
		created.add(t)
		last = time.Now()
		s.claims += s.requests
		if err := s.settle(ctx, s.claims); err != nil {
			return figures{}, err
		}
		if t, err = s.round(sets[0].first, s.updates(ctx, sets)); err != nil {
			return figures{}, err
		}
		updated.add(t)
		if round < s.rounds-1 {
			if err := s.deleteIngresses(ctx); err != nil {
				return figures{}, err
			}
		}
	}
	created.print("CREATE of a new host", []string{noWebhook, bareClaim, noopPair, claimAndTwo, gatehouse}, claimAndTwo, wantCreateP50, wantCreateP99)
	updated.print("UPDATE as OpenKruiseGame does it, same host", []string{noWebhook, noopPair, gatehouse}, noopPair, wantUpdateP50, 0)
	if err := s.again(ctx, last); err != nil {
		return figures{}, err
	}
	return created, s.clear(ctx)
}

// sets are those of one round, one in each namespace.
func (s *stage) sets(round int) []gameSet {
	number := s.number*s.rounds + round
	var sets []gameSet
	for _, namespace := range []string{plain, constant, governed} {
		sets = append(sets, gameSet{namespace, measured(number), firstID + number*s.requests, s.requests})
	}
	return sets
}

// step does one thing for one server and returns what it took.
type step func(id int) (times, error)

// round takes one server after the other and lets the steps take turns in random order.
func (s *stage) round(first int, steps []step) (samples, error) {
	all := samples{}
	for i := range s.requests {
		rand.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
		for _, do := range steps {
			took, err := do(first + i)
			if err != nil {
				return nil, err
			}
			for what, duration := range took {
				all[what] = append(all[what], duration)
			}
		}
	}
	return all, nil
}

// creates are CREATEs of new hosts: without a webhook, a bare claim followed by an Ingress that meets the webhooks that
// decide nothing, and with Gatehouse.
func (s *stage) creates(ctx context.Context, sets []gameSet) []step {
	create := func(ing *networkingv1.Ingress) error { return s.client.Create(ctx, ing) }
	return []step{
		s.timed(noWebhook, sets[0], create),
		func(id int) (times, error) {
			claim := sets[1].claim(id)
			begin := time.Now()
			if err := s.deeds.Create(ctx, claim); err != nil {
				return nil, err
			}
			alone := time.Since(begin)
			took, err := s.timed(noopPair, sets[1], create)(id)
			if err != nil {
				return nil, err
			}
			took[bareClaim], took[claimAndTwo] = alone, alone+took[noopPair]
			return took, nil
		},
		s.timed(gatehouse, sets[2], create),
	}
}

// updates are as OpenKruiseGame does them: a replacement without resourceVersion that knows nothing of what was injected.
func (s *stage) updates(ctx context.Context, sets []gameSet) []step {
	update := func(ing *networkingv1.Ingress) error {
		ing.Annotations[hashAnnotation] = strconv.Itoa(1_000_000_000 + rand.IntN(1_000_000_000))
		return s.client.Update(ctx, ing)
	}
	return []step{s.timed(noWebhook, sets[0], update), s.timed(noopPair, sets[1], update), s.timed(gatehouse, sets[2], update)}
}

// timed sends an Ingress of the set and looks at what became of it.
func (s *stage) timed(what string, set gameSet, send func(*networkingv1.Ingress) error) step {
	return func(id int) (times, error) {
		ing := s.ingress(set, id)
		begin := time.Now()
		if err := send(ing); err != nil {
			return nil, err
		}
		took := time.Since(begin)
		if injected := len(ing.Annotations) > 1; injected != (set.namespace != plain) {
			return nil, fmt.Errorf("%s/%s has the annotations %v", ing.Namespace, ing.Name, ing.Annotations)
		}
		return times{what: took}, nil
	}
}

// again measures CREATEs of Ingresses that were there before, as when the Pod of a game server is recreated: the claim
// stands. After 25 s it is renewed, which is one write; until then it is relied on as it is.
func (s *stage) again(ctx context.Context, created time.Time) error {
	select {
	case <-time.After(time.Until(created.Add(host.RenewAfter + time.Second))):
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := s.settle(ctx, s.claims); err != nil {
		return err
	}
	sets := s.sets(s.rounds - 1)
	create := func(ing *networkingv1.Ingress) error { return s.client.Create(ctx, ing) }
	recreate := func(what string, set gameSet) step {
		return func(id int) (times, error) {
			if err := s.client.Delete(ctx, s.ingress(set, id)); err != nil {
				return nil, err
			}
			return s.timed(what, set, create)(id)
		}
	}
	before, err := s.counters(ctx)
	if err != nil {
		return err
	}
	t, err := s.round(sets[0].first, []step{
		recreate(noopPair, sets[1]),
		func(id int) (times, error) {
			first, err := recreate(renewing, sets[2])(id)
			if err != nil {
				return nil, err
			}
			second, err := recreate(relying, sets[2])(id)
			if err != nil {
				return nil, err
			}
			first[relying] = second[relying]
			return first, nil
		},
	})
	if err != nil {
		return err
	}
	after, err := s.counters(ctx)
	if err != nil {
		return err
	}
	f := figures{t}
	f.table(fmt.Sprintf("CREATE of a server's own Ingress anew, %d servers", s.requests), []string{noopPair, renewing, relying})
	fmt.Printf("    ratio to the no-op pair: p50 %.3f after 25 s, %.3f at once; claims created %d, updated %d\n",
		f.ratio(renewing, noopPair, .50), f.ratio(relying, noopPair, .50),
		after.claimWrites("POST")-before.claimWrites("POST"), after.claimWrites("PUT")-before.claimWrites("PUT"))
	return nil
}
