package janitor_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"

	"github.com/gatehouse-dev/gatehouse/controllers/gamepods"
	"github.com/gatehouse-dev/gatehouse/controllers/janitor"
	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

var noon = time.Date(2026, time.July, 1, 12, 0, 0, 0, time.UTC)

// The host of server 7 by the template h<id>.example.com, and its claim.
const (
	h7     = "h7.example.com"
	claim7 = h7 + ".higress"
	hosts  = "h<id>.example.com"
)

var (
	postio7 = host.Party{Namespace: "games", Set: "postio", ID: 7}
	lobby7  = host.Party{Namespace: "arena", Set: "lobby", ID: 7}
	shop    = host.Party{Namespace: "shop"}
)

// world is an API server, and a leader with what it has in memory.
type world struct {
	*apiServer
	t   testing.TB
	now time.Time
	// memory is what the leader has heard of.
	memory   apiServer
	canaries map[string]string
	// forbidden are hosts that no policy allows.
	forbidden map[string]bool
	terms     host.Terms
	workers   int
	registry  *prometheus.Registry
	recorder  *events.FakeRecorder
	janitor   *janitor.Janitor
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, now: noon, canaries: map[string]string{}, forbidden: map[string]bool{}}
	w.apiServer = &apiServer{
		claims: map[string]*v1alpha1.HostClaim{}, ingresses: map[types.NamespacedName]*networkingv1.Ingress{},
		sets: map[types.NamespacedName]*snapshot.Set{}, pods: map[types.NamespacedName]*gamepods.Pod{}, now: func() time.Time { return w.now },
	}
	w.admit = w.admits
	w.lead()
	return w
}

// admits takes all the hosts of an Ingress, or none.
func (w *world) admits(ing *networkingv1.Ingress) error {
	_, p, _ := w.Stand(ing)
	for _, name := range host.Of(ing) {
		if claim := w.claims[host.Deed{Gateway: "higress", Host: name}.ClaimName()]; claim != nil && !host.Fits(&claim.Spec, p) {
			return apierrors.NewForbidden(networkingv1.Resource("ingresses"), ing.Name, errors.New(name+" is held"))
		}
	}
	for _, name := range host.Of(ing) {
		if w.claims[host.Deed{Gateway: "higress", Host: name}.ClaimName()] == nil {
			w.claim(p, name)
		}
	}
	return nil
}

// lead makes a new leader, which remembers nothing.
func (w *world) lead() {
	w.registry = prometheus.NewRegistry()
	w.recorder = &events.FakeRecorder{Events: make(chan string, 10_000), Verbose: true}
	w.janitor = janitor.New(janitor.Config{
		Sources: janitor.Sources{Claims: w, Ingresses: w, Resolver: w, Sets: w, Pods: podList{w}},
		Live:    w.apiServer, Store: w.apiServer, Writer: w.apiServer, Events: w.recorder, Terms: w.terms, Registry: w.registry,
		Now: func() time.Time { return w.now }, Log: logr.Discard(), Workers: w.workers,
	})
}

// hear brings the leader's memory up to date.
func (w *world) hear() {
	w.memory = apiServer{
		claims: maps.Clone(w.claims), ingresses: maps.Clone(w.ingresses), sets: maps.Clone(w.sets), pods: maps.Clone(w.pods),
	}
}

// pass is a pass with memory up to date. It returns the calls that were made.
func (w *world) pass() []string {
	w.hear()
	return w.passUnheard()
}

// passUnheard is a pass with memory as it was.
func (w *world) passUnheard() []string {
	w.calls = nil
	w.janitor.Pass(w.t.Context())
	return w.calls
}

// settle passes until nothing is written any more.
func (w *world) settle() {
	w.t.Helper()
	for range 10 {
		if len(w.pass()) == 0 {
			return
		}
	}
	w.t.Fatalf("the janitor does not come to rest: %v", w.calls)
}

func (w *world) later(d time.Duration) { w.now = w.now.Add(d) }

// settleQuietly lets everything come to rest and the time go by after which a deed may be taken away.
func (w *world) settleQuietly() {
	w.t.Helper()
	w.settle()
	w.later(host.Quiet)
}

// told is the events since the last time.
func (w *world) told() []string {
	var out []string
	for len(w.recorder.Events) > 0 {
		out = append(out, <-w.recorder.Events)
	}
	slices.Sort(out)
	return out
}

// What the leader has in memory.

func (w *world) Get(name string) *v1alpha1.HostClaim { return w.memory.claims[name] }
func (w *world) List() []*v1alpha1.HostClaim         { return values(w.memory.claims) }
func (w *world) All() []*networkingv1.Ingress        { return values(w.memory.ingresses) }
func (w *world) Sets() []*snapshot.Set               { return values(w.memory.sets) }

type podList struct{ *world }

func (p podList) Pods() []*gamepods.Pod { return values(p.memory.pods) }

// values is in no order, as informers' events come.
func values[K comparable, V any](m map[K]V) []V {
	list := make([]V, 0, len(m))
	for _, v := range m {
		list = append(list, v)
	}
	return list
}

// Stand is a resolver for which class higress alone is managed.
func (w *world) Stand(ing *networkingv1.Ingress) (string, host.Party, bool) {
	if class := ing.Spec.IngressClassName; class == nil || *class != "higress" {
		return "", host.Party{}, false
	}
	server, isGame := gameserver.Identify(ing)
	if !isGame {
		return "higress", host.Party{Namespace: ing.Namespace, Solver: host.IsSolver(ing)}, true
	}
	p := host.Party{Namespace: server.Namespace, Set: server.Set, ID: server.ID}
	if ing.Annotations["higress.io/canary"] == "true" {
		p.CanaryOf = w.canaries[server.Set]
	}
	if set := w.sets[types.NamespacedName{Namespace: server.Namespace, Name: server.Set}]; set != nil && set.Template.Makes() && !set.Template.HasOwnHosts() {
		p.SharedHost = host.Normalize(set.Template.Host(server.ID))
	}
	return "higress", p, true
}

// Foresee makes canaries of the sets that policies make canaries.
func (w *world) Foresee(ing *networkingv1.Ingress) (host.Party, bool) {
	_, p, _ := w.Stand(ing)
	p.CanaryOf = w.canaries[p.Set]
	return p, !w.forbidden[ing.Spec.Rules[0].Host]
}

// claim stores the claim that a party makes at admission.
func (w *world) claim(p host.Party, hostname string) {
	deed := host.Deed{Gateway: "higress", Host: hostname}
	sharing, holder := p.Claimant(hostname)
	w.store(ledger.NewClaim(deed, &v1alpha1.HostClaimSpec{
		Class: deed.Gateway, Host: hostname, Sharing: sharing, Holder: holder, RenewedAt: host.Stamp(w.now),
	}))
}

// edit changes a stored claim as somebody else does.
func (w *world) edit(name string, change func(*v1alpha1.HostClaim)) {
	next := w.claims[name].DeepCopy()
	change(next)
	next.ResourceVersion = w.next()
	next.Generation++
	w.claims[name] = next
}

// renew is what an admission does.
func (w *world) renew(name string) {
	w.edit(name, func(c *v1alpha1.HostClaim) { c.Spec.RenewedAt = host.Stamp(w.now) })
}

// held is who holds what: a line for each claim.
func (w *world) held() []string {
	var out []string
	for _, claim := range w.claims {
		line := claim.Spec.Host + ": " + host.Describe(claim.Spec.Holder)
		if claim.Spec.Guest != nil {
			line += ", guest " + host.Describe(*claim.Spec.Guest)
		}
		if claim.Spec.Shared {
			line += ", shared"
		}
		line += ", " + string(claim.Status.Phase)
		if ing := claim.Status.Ingress; ing != nil {
			line += " to " + ing.Namespace + "/" + ing.Name
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

func (w *world) waiters(name string) []string {
	var out []string
	for _, h := range w.claims[name].Status.Waiters {
		out = append(out, host.Describe(h))
	}
	return out
}

// same fails unless two lists are equal.
func same(t testing.TB, what string, want, got []string) {
	t.Helper()
	if len(want)+len(got) > 0 && !slices.Equal(want, got) {
		t.Errorf("%s (-want +got):\n%s", what, cmp.Diff(want, got))
	}
}

// holds fails unless the claims are as given.
func (w *world) holds(want ...string) {
	w.t.Helper()
	same(w.t, "claims", want, w.held())
}

// only lists the calls of one verb.
func only(verb string, calls []string) []string {
	var out []string
	for _, call := range calls {
		if rest, is := strings.CutPrefix(call, verb+" "); is {
			out = append(out, rest)
		}
	}
	return out
}
