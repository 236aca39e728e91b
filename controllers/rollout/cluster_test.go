package rollout

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// cluster is an API server with Ingresses, what a replica has in memory of it, and the policies that it knows. Time is its
// own.
type cluster struct {
	t  *testing.T
	mu sync.Mutex

	now        time.Time
	version    int
	stored     map[types.NamespacedName]*networkingv1.Ingress
	memory     map[types.NamespacedName]*networkingv1.Ingress
	policies   *policy.Set
	generation uint64
	inUse      map[string]bool
	// late: memory does not hear of writes by itself.
	late bool
	// answer is what becomes of a write instead of being stored, if it says so.
	answer func(name string) error
	// after is done to what was stored, before it is answered.
	after  func(ing *networkingv1.Ingress)
	writes map[string]int
	events []string
}

func newCluster(t *testing.T, servers int) *cluster {
	c := &cluster{
		t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), policies: policy.NewSet(nil), generation: 1,
		stored: map[types.NamespacedName]*networkingv1.Ingress{}, memory: map[types.NamespacedName]*networkingv1.Ingress{},
		inUse: map[string]bool{}, writes: map[string]int{},
	}
	for id := range servers {
		c.put(game(fmt.Sprintf("postio-%d", id), nil))
	}
	return c
}

// game is the Ingress of a game server with what its author wrote.
func game(name string, annotations map[string]string) *networkingv1.Ingress {
	ing := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{
		Namespace: "games", Name: name, Annotations: map[string]string{"game.kruise.io/ingress-hash": "1"},
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: name, Controller: ptr.To(true)}},
	}}
	ing.Spec.IngressClassName = ptr.To("higress")
	ing.Spec.Rules = []networkingv1.IngressRule{{Host: name + ".example.com"}}
	maps.Copy(ing.Annotations, annotations)
	return ing
}

func key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: "games", Name: name}
}

// put stores an Ingress as somebody else does.
func (c *cluster) put(ing *networkingv1.Ingress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.store(ing)
	c.memory[key(ing.Name)] = ing
}

func (c *cluster) store(ing *networkingv1.Ingress) {
	c.version++
	ing.ResourceVersion = strconv.Itoa(c.version)
	c.stored[key(ing.Name)] = ing
}

// hear brings memory up to date.
func (c *cluster) hear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.Copy(c.memory, c.stored)
}

func (c *cluster) get(name string) map[string]string { return c.stored[key(name)].Annotations }

// decide puts policies in force.
func (c *cluster) decide(policies ...*v1alpha1.GamePolicy) {
	c.t.Helper()
	var compiled []*policy.Compiled
	for _, p := range policies {
		one, findings := policy.Compile(p)
		if one == nil {
			c.t.Fatalf("%s: %v", p.Name, findings)
		}
		compiled = append(compiled, one)
	}
	c.policies = policy.NewSet(compiled)
	c.generation++
}

func (c *cluster) At(ing *networkingv1.Ingress) (*policy.Set, policy.Request, bool) {
	classes := policy.NewClasses(policy.DefaultOptions(), nil)
	return c.policies, policy.Request{Ingress: ing, Class: classes.Of(ing)}, true
}
func (c *cluster) Generation() uint64 { return c.generation }
func (c *cluster) Refer(name string) runtime.Object {
	return &v1alpha1.GamePolicy{ObjectMeta: metav1.ObjectMeta{Name: name}}
}
func (c *cluster) InUse(name types.NamespacedName) bool { return c.inUse[name.Name] }
func (c *cluster) Eventf(regarding, _ runtime.Object, _, reason, _, note string, args ...any) {
	c.events = append(c.events, reason+" "+regarding.(*v1alpha1.GamePolicy).Name+": "+fmt.Sprintf(note, args...)) //nolint:forcetypeassert // what Refer returns
}

func (c *cluster) All() []*networkingv1.Ingress {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]*networkingv1.Ingress, 0, len(c.memory))
	for _, ing := range c.memory {
		out = append(out, ing)
	}
	return out
}

func (c *cluster) Get(name types.NamespacedName) *networkingv1.Ingress {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.memory[name]
}

var ingresses = schema.GroupResource{Group: networkingv1.GroupName, Resource: "ingresses"}

func (c *cluster) Patch(_ context.Context, name types.NamespacedName, patch []byte) (*networkingv1.Ingress, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var p struct {
		Metadata struct {
			ResourceVersion string
			Annotations     map[string]*string
		}
	}
	if err := json.Unmarshal(patch, &p); err != nil {
		c.t.Error(err)
	}
	if c.answer != nil {
		if err := c.answer(name.Name); err != nil {
			return nil, err
		}
	}
	before := c.stored[name]
	if p.Metadata.ResourceVersion != before.ResourceVersion {
		return nil, apierrors.NewConflict(ingresses, name.Name, nil)
	}
	if len(p.Metadata.Annotations) == 0 {
		c.t.Errorf("%s: a write that changes nothing", name)
	}
	ing := before.DeepCopy()
	for k, v := range p.Metadata.Annotations {
		if v == nil {
			delete(ing.Annotations, k)
		} else {
			ing.Annotations[k] = *v
		}
	}
	if c.after != nil {
		c.after(ing)
	}
	c.store(ing)
	c.writes[name.Name]++
	if !c.late {
		c.memory[name] = ing
	}
	return ing.DeepCopy(), nil
}

// rollout is a replica that begins to lead.
func (c *cluster) rollout() *Rollout {
	return New(Config{
		Policies: c, Ingresses: c, Servers: c, Writer: c, Events: c, Registry: prometheus.NewRegistry(), Workers: 1,
		Now: func() time.Time { return c.now }, Log: logr.Discard(),
	})
}

// play lets a rollout work for a while of its own time, and returns how much it wrote.
func (c *cluster) play(r *Rollout, d time.Duration) int {
	before := c.total()
	for end := c.now.Add(d); !c.now.After(end); {
		r.pass()
		for range 40 { // 200 ms
			for {
				next, wait := r.next()
				if wait > 0 {
					break
				}
				r.write(c.t.Context(), next)
			}
			c.now = c.now.Add(tick)
		}
	}
	r.pass()
	return c.total() - before
}

func (c *cluster) total() int {
	n := 0
	for _, w := range c.writes {
		n += w
	}
	return n
}

// timeout is a policy that sets the timeout of all games.
func timeout(name string, seconds int, change ...func(*v1alpha1.GamePolicy)) *v1alpha1.GamePolicy {
	p := &v1alpha1.GamePolicy{ObjectMeta: metav1.ObjectMeta{Name: name}}
	p.Spec.Defaults = &v1alpha1.TrafficSettings{RequestTimeout: &metav1.Duration{Duration: time.Duration(seconds) * time.Second}}
	for _, c := range change {
		c(p)
	}
	return p
}

func perSecond(n int32) func(*v1alpha1.GamePolicy) {
	return func(p *v1alpha1.GamePolicy) {
		if p.Spec.Rollout == nil {
			p.Spec.Rollout = &v1alpha1.Rollout{}
		}
		p.Spec.Rollout.MaxPerSecond = &n
	}
}

func forSets(names ...string) func(*v1alpha1.GamePolicy) {
	return func(p *v1alpha1.GamePolicy) { p.Spec.Targets.GameServerSetNames = names }
}

func existing(e v1alpha1.RolloutExisting, s v1alpha1.RolloutServers) func(*v1alpha1.GamePolicy) {
	return func(p *v1alpha1.GamePolicy) { p.Spec.Rollout = &v1alpha1.Rollout{Existing: e, Servers: s} }
}

func mode(m v1alpha1.Mode) func(*v1alpha1.GamePolicy) {
	return func(p *v1alpha1.GamePolicy) { p.Spec.Mode = m }
}
