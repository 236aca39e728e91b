package status

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/controllers/rollout"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// world is a cluster, its rollout and its API server, all in memory.
type world struct {
	t  *testing.T
	mu sync.Mutex

	policies   map[string]snapshot.Policy
	set        *policy.Set
	generation uint64

	counted uint64
	tallies map[string]rollout.Tally

	stored map[string]v1alpha1.GamePolicyStatus
	// writes are those that the API server took, by policy.
	writes map[string][]time.Time
	// fail is the answer to all calls, and limits how often those of Higress were read.
	fail   error
	limits int
}

func newWorld(t *testing.T) *world {
	return &world{
		t: t, policies: map[string]snapshot.Policy{}, set: policy.NewSet(nil), tallies: map[string]rollout.Tally{},
		stored: map[string]v1alpha1.GamePolicyStatus{}, writes: map[string][]time.Time{},
	}
}

// put creates or edits a policy.
func (w *world) put(name, spec string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.policies[name]
	p := standing(w.t, name, spec)
	p.UID, p.Generation = cmp.Or(before.UID, types.UID(fmt.Sprint("uid-", w.generation))), before.Generation+1
	w.policies[name] = p
	w.regenerate()
}

func (w *world) remove(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.policies, name)
	delete(w.stored, name)
	w.regenerate()
}

func (w *world) regenerate() {
	var compiled []*policy.Compiled
	for _, p := range w.policies {
		compiled = append(compiled, p.Compiled)
	}
	w.set = policy.NewSet(compiled)
	w.generation++
}

// count has the rollout come so far with a policy.
func (w *world) count(name string, t rollout.Tally) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tallies[name], w.counted = t, w.generation
}

func (w *world) Policies() []snapshot.Policy {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []snapshot.Policy
	for _, p := range w.policies {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b snapshot.Policy) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func (w *world) Fleet() (*policy.Set, policy.Fleet, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.set, policy.Fleet{Classes: policy.NewClasses(policy.DefaultOptions(), nil)}, true
}

func (w *world) Generation() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.generation
}

func (w *world) Counted() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.counted
}

func (w *world) Tallies() map[string]rollout.Tally {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]rollout.Tally{}
	for name, t := range w.tallies {
		out[name] = t
	}
	return out
}

// api is the API server of a world.
type api struct{ *world }

func (a api) Policies(context.Context) ([]v1alpha1.GamePolicy, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []v1alpha1.GamePolicy
	for name, p := range a.policies {
		out = append(out, v1alpha1.GamePolicy{ObjectMeta: metav1.ObjectMeta{Name: name, UID: p.UID}, Status: a.stored[name]})
	}
	return out, a.fail
}

func (a api) Apply(_ context.Context, name string, status *v1alpha1.GamePolicyStatus) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.writes[name] = append(a.writes[name], time.Now())
	if a.fail != nil {
		return a.fail
	}
	if _, stands := a.policies[name]; !stands {
		return apierrors.NewNotFound(schema.GroupResource{Resource: "gamepolicies"}, name)
	}
	a.stored[name] = *status.DeepCopy()
	return nil
}

func (a api) HigressLimits(context.Context) (gateway.Limits, bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.limits++
	return gateway.DefaultHigressLimits(), true, a.fail
}

// lead runs a controller in a time of its own while do goes on.
func (w *world) lead(do func(c *Controller)) {
	w.t.Helper()
	ctx, stop := context.WithCancel(w.t.Context())
	c := New(w, w, api{w}, time.Now, logr.Discard())
	ended := make(chan error, 1)
	go func() { ended <- c.Start(ctx) }()
	do(c)
	stop()
	synctest.Wait()
	if err := <-ended; err != nil {
		w.t.Error(err)
	}
}

// status is what is stored of a policy.
func (w *world) status(name string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.stored[name]
	return lines(&s)
}

// written is how often a policy was written.
func (w *world) written(name string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.writes[name])
}
