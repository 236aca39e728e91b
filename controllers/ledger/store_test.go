package ledger_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

var resource = schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "hostclaims"}

// apiServer keeps claims by the API server's rules, and notes each call.
type apiServer struct {
	mu      sync.Mutex
	stored  map[string]*v1alpha1.HostClaim
	version int
	now     func() time.Time
	calls   []string
	// before runs ahead of a call, without the lock: what others do meanwhile. An error is the answer.
	before func(verb, name string) error
}

func (s *apiServer) call(ctx context.Context, verb, name string, do func() error) error {
	if s.before != nil {
		if err := s.before(verb, name); err != nil {
			s.note(verb, name)
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.note(verb, name)
	s.mu.Lock()
	defer s.mu.Unlock()
	return do()
}

func (s *apiServer) note(verb, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, verb+" "+name)
}

// made is the calls since the last time.
func (s *apiServer) made() []string {
	calls := s.calls
	s.calls = nil
	return calls
}

func (s *apiServer) next() string {
	s.version++
	return strconv.Itoa(s.version)
}

func (s *apiServer) Get(ctx context.Context, name string) (claim *v1alpha1.HostClaim, err error) {
	err = s.call(ctx, "get", name, func() error {
		stored, there := s.stored[name]
		if !there {
			return apierrors.NewNotFound(resource, name)
		}
		claim = stored.DeepCopy()
		return nil
	})
	return claim, err
}

func (s *apiServer) Create(ctx context.Context, claim *v1alpha1.HostClaim) error {
	return s.call(ctx, "create", claim.Name, func() error {
		if _, there := s.stored[claim.Name]; there {
			return apierrors.NewAlreadyExists(resource, claim.Name)
		}
		claim.UID, claim.ResourceVersion = types.UID("uid-"+s.next()), s.next()
		claim.CreationTimestamp = metav1.NewTime(s.now().Truncate(time.Second))
		claim.Status = v1alpha1.HostClaimStatus{Phase: v1alpha1.HostClaimPending}
		s.stored[claim.Name] = claim.DeepCopy()
		return nil
	})
}

// current is the stored claim, if the given one is as new.
func (s *apiServer) current(claim *v1alpha1.HostClaim) (*v1alpha1.HostClaim, error) {
	stored, there := s.stored[claim.Name]
	switch {
	case !there:
		return nil, apierrors.NewNotFound(resource, claim.Name)
	case claim.UID == "" || claim.ResourceVersion == "":
		return nil, fmt.Errorf("%s is written without a precondition", claim.Name)
	case stored.UID != claim.UID || stored.ResourceVersion != claim.ResourceVersion:
		return nil, apierrors.NewConflict(resource, claim.Name, fmt.Errorf("it is at %s", stored.ResourceVersion))
	}
	return stored.DeepCopy(), nil
}

func (s *apiServer) Update(ctx context.Context, claim *v1alpha1.HostClaim) error {
	return s.call(ctx, "update", claim.Name, func() error {
		next, err := s.current(claim)
		if err != nil {
			return err
		}
		next.Spec, next.ResourceVersion = *claim.Spec.DeepCopy(), s.next()
		s.stored[claim.Name] = next
		next.DeepCopyInto(claim)
		return nil
	})
}

func (s *apiServer) UpdateStatus(ctx context.Context, claim *v1alpha1.HostClaim) error {
	return s.call(ctx, "status", claim.Name, func() error {
		next, err := s.current(claim)
		if err != nil {
			return err
		}
		next.Status, next.ResourceVersion = *claim.Status.DeepCopy(), s.next()
		s.stored[claim.Name] = next
		next.DeepCopyInto(claim)
		return nil
	})
}

func (s *apiServer) Delete(ctx context.Context, claim *v1alpha1.HostClaim) error {
	return s.call(ctx, "delete", claim.Name, func() error {
		if _, err := s.current(claim); err != nil {
			return err
		}
		delete(s.stored, claim.Name)
		return nil
	})
}

// standing is the Ingresses of one replica's memory, by host.
type standing map[string][]ledger.Standing

func (i standing) On(deed host.Deed) []ledger.Standing { return i[deed.Host] }

// world is an API server and one replica.
type world struct {
	*apiServer
	t      *testing.T
	now    time.Time
	claims *ledger.Claims
	index  standing
	ledger *ledger.Ledger
}

var noon = time.Date(2026, time.July, 1, 12, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: noon, index: standing{}}
	w.apiServer = &apiServer{stored: map[string]*v1alpha1.HostClaim{}, now: func() time.Time { return w.now }}
	w.restart()
	return w
}

// restart gives the replica an empty memory of claims: one that has not heard of anything yet.
func (w *world) restart() {
	w.claims = &ledger.Claims{}
	w.ledger = ledger.New(w.apiServer, w.claims, w.index, host.Terms{}, func() time.Time { return w.now }, prometheus.NewRegistry(), logr.Discard())
}

// hear has the replica hear of all claims as they are.
func (w *world) hear() {
	for _, claim := range w.claims.List() {
		w.claims.Remove(claim)
	}
	for _, claim := range w.stored {
		w.claims.Put(claim)
	}
}

// store puts a claim of a party into the API server: how long ago it was made and last relied on, and whether an Ingress
// was seen with it.
func (w *world) store(p host.Party, name string, age, renewed time.Duration, bound bool) *v1alpha1.HostClaim {
	d := deed(name)
	sharing, holder := p.Claimant(name)
	claim := ledger.NewClaim(d, &v1alpha1.HostClaimSpec{
		Class: d.Gateway, Host: name, Sharing: sharing, Holder: holder, RenewedAt: host.Stamp(w.now.Add(-renewed)),
	})
	claim.UID, claim.ResourceVersion = types.UID("uid-"+w.next()), w.next()
	claim.CreationTimestamp = metav1.NewTime(w.now.Add(-age))
	claim.Status.Phase = v1alpha1.HostClaimPending
	if bound {
		claim.Status.Phase = v1alpha1.HostClaimBound
		claim.Status.Ingress = &v1alpha1.IngressReference{Namespace: p.Namespace, Name: ingressOf(p), UID: "1"}
	}
	w.stored[claim.Name] = claim
	return claim
}

// stand has an Ingress of a party stand on a host.
func (w *world) stand(p host.Party, name string, created time.Time) {
	s := ledger.Standing{Party: p, Name: ingressOf(p), UID: "1", Created: created}
	w.index[name] = append(w.index[name], s)
	slices.SortFunc(w.index[name], ledger.Older)
}

// holders is who holds what.
func (w *world) holders() map[string]string {
	out := map[string]string{}
	for _, claim := range w.stored {
		out[claim.Spec.Host] = host.Describe(claim.Spec.Holder)
	}
	return out
}

func (w *world) claim(c host.Case) []host.Verdict {
	w.t.Helper()
	verdicts, err := w.ledger.Claim(w.t.Context(), c)
	if err != nil {
		w.t.Fatal(err)
	}
	return verdicts
}

func deed(name string) host.Deed { return host.Deed{Gateway: "higress", Host: name} }

// asks is what the Ingress of a party asks for.
func asks(p host.Party, names ...string) host.Case {
	c := host.Case{Party: p, Ingress: ingressOf(p)}
	for _, name := range names {
		c.Deeds = append(c.Deeds, deed(name))
	}
	return c
}

func ingressOf(p host.Party) string {
	if !p.IsServer() {
		return "front"
	}
	return p.Set + "-" + strconv.Itoa(p.ID)
}

// outcomes is what became of each host.
func outcomes(verdicts []host.Verdict) map[string]host.Outcome {
	out := map[string]host.Outcome{}
	for _, v := range verdicts {
		out[v.Host] = v.Outcome
	}
	return out
}

func refusedHosts(verdicts []host.Verdict) []string {
	out := outcomes(verdicts)
	maps.DeleteFunc(out, func(_ string, o host.Outcome) bool { return o != host.Refused })
	return slices.Sorted(maps.Keys(out))
}
