// Package agreement_test holds what Gatehouse says of a GameServerSet at kubectl apply against what then becomes of it:
// random sets, valid and broken, all at once, with the real OpenKruiseGame, Kruise and API server and without Gatehouse.
package agreement_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/test/env"
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

// world is the control plane and what was applied to it.
type world struct {
	*env.Env
	admin   client.Client
	sets    []*draft
	says    map[string]verdict // by the name of the set
	refused map[string]error   // what was refused at apply
}

// TestTheRealOneDoesWhatWeSay prints its seed; SEED brings the same sets about again, AGREEMENT_SETS makes more of them.
func TestTheRealOneDoesWhatWeSay(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the control plane")
	}
	seed, n := setting("SEED", rand.Uint64N(1_000_000)), setting("AGREEMENT_SETS", 200)
	t.Logf("SEED=%d AGREEMENT_SETS=%d", seed, n)
	w := start(t, draw(seed, int(n)))
	w.apply(t)
	found := w.settle(t)

	sum := map[string]int{"sets": len(w.sets)}
	for _, d := range w.sets {
		if problem := w.differs(d, found[d.name], sum); problem != "" {
			t.Errorf("%s\nwe say: %v\n%s", d, w.says[d.name].Findings, problem)
		}
		delete(found, d.name)
	}
	for name := range found {
		t.Errorf("something came about that belongs to no set: %s", name)
	}
	t.Log(summary(sum))
}

func setting(name string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return otherwise
}

func start(t *testing.T, sets []*draft) *world {
	t.Helper()
	w := &world{
		Env:  env.Run(t, env.Options{Game: true, OKG: env.OKGOptions{QPS: 500, Burst: 1000}}),
		sets: sets, says: map[string]verdict{}, refused: map[string]error{},
	}
	for _, d := range sets {
		w.says[d.name] = judge(d.read())
	}
	var err error
	if w.admin, err = w.Client(env.Admin); err != nil {
		t.Fatal(err)
	}
	return w
}

// apply creates all sets, as a game developer.
func (w *world) apply(t *testing.T) {
	t.Helper()
	dev, err := w.Client(env.Dev)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range w.sets {
		if err := dev.Create(t.Context(), d.object()); err != nil {
			w.refused[d.name] = err
		}
	}
}

// settle waits until it is clear what becomes of every set, and then for as long as OpenKruiseGame takes to try again
// (NETWORK_PROBE_INTERVAL_TIME), so that what it should not make has had its chance too.
func (w *world) settle(t *testing.T) map[string]*outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), max(3*time.Minute, time.Duration(len(w.sets))*time.Second))
	defer cancel()
	err := w.Wait(ctx, "every set to be made or refused", func(ctx context.Context) (bool, error) {
		time.Sleep(time.Second) // reading all of it takes the API server as long as making some of it
		found, err := w.look(ctx)
		if err != nil {
			return false, err
		}
		var open []string
		for _, d := range w.sets {
			if !w.clear(d, found[d.name]) {
				open = append(open, d.name)
			}
		}
		return len(open) == 0, fmt.Errorf("%d are open: %v", len(open), open)
	})
	if err != nil {
		t.Log(err) // told set by set
	}
	time.Sleep(7 * time.Second)
	found, err := w.look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// clear tells whether a set has become what we say, or was refused where we say that it would be.
func (w *world) clear(d *draft, o *outcome) bool {
	says := w.says[d.name]
	return o != nil && (w.refused[d.name] != nil || made(says, d, o) || len(says.errors) > 0 && len(o.refusals) > 0)
}

func summary(sum map[string]int) string {
	parts := []string{}
	for _, what := range slices.Sorted(maps.Keys(sum)) {
		parts = append(parts, fmt.Sprintf("%s: %d", what, sum[what]))
	}
	return strings.Join(parts, "; ")
}
