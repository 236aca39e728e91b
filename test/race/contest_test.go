package race_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

const (
	managed   = "higress"
	unmanaged = "other"
	// atOnce is how many hosts are usually asked for at the same moment, each by all rivals.
	atOnce = 32
)

func class(name string) *string { return &name }

// declare makes a GameServerSet of the name in the namespace of each rival.
func (a *arena) declare(t *testing.T, set, host string, servers int) {
	t.Helper()
	for _, r := range a.rivals {
		count := int32(servers)
		object := &gameserver.GameServerSet{ObjectMeta: metav1.ObjectMeta{Namespace: r.namespace, Name: set}}
		object.Spec.Replicas = &count
		object.Spec.Network = &gameserver.Network{NetworkType: gameserver.NetworkType, NetworkConf: []gameserver.Param{
			{Name: "IngressClassName", Value: managed}, {Name: "Host", Value: host}, {Name: "Path", Value: "/s<id>"},
			{Name: "PathType", Value: "Prefix"}, {Name: "Port", Value: "5000"}, {Name: "Fixed", Value: "true"},
		}}
		if err := a.admin.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
		r.sets[set] = object.UID
	}
}

// scale sets how many servers a set of a rival has.
func (a *arena) scale(ctx context.Context, r *rival, set string, servers int) error {
	object := &gameserver.GameServerSet{ObjectMeta: metav1.ObjectMeta{Namespace: r.namespace, Name: set}}
	return a.admin.Patch(ctx, object, client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, servers)))
}

// game is what OpenKruiseGame makes for a server of a set with the parameter Fixed.
func (r *rival) game(set string, id int, hosts ...string) *networkingv1.Ingress {
	yes, name := true, fmt.Sprintf("%s-%d", set, id)
	ing := r.web(name, hosts...)
	ing.Annotations = map[string]string{"game.kruise.io/ingress-hash": "1"}
	ing.OwnerReferences = []metav1.OwnerReference{{
		APIVersion: gameserver.GroupVersion.String(), Kind: "GameServerSet", Name: set, UID: r.sets[set], Controller: &yes, BlockOwnerDeletion: &yes,
	}}
	for i := range ing.Spec.Rules {
		ing.Spec.Rules[i].HTTP.Paths[0].Path = fmt.Sprintf("/s%d", id)
	}
	return ing
}

// web is an Ingress that is no game server's.
func (r *rival) web(name string, hosts ...string) *networkingv1.Ingress {
	prefix := networkingv1.PathTypePrefix
	ing := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Namespace: r.namespace, Name: name}}
	ing.Spec.IngressClassName = class(managed)
	for _, host := range hosts {
		ing.Spec.Rules = append(ing.Spec.Rules, networkingv1.IngressRule{
			Host: host, IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{
				Path: "/", PathType: &prefix, Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
					Name: name, Port: networkingv1.ServiceBackendPort{Number: 5000},
				}},
			}}}},
		})
	}
	return ing
}

// answers are what each rival got, for each host.
type answers [][]error

// resent counts the requests that nobody decided, because the webhook was not there or this machine too slow for it, and
// undecided holds the last answer to one.
var (
	resent    atomic.Int64
	undecided atomic.Value
)

// contest has all rivals send at the same moment, for one host after the other, some hosts at a time.
func (a *arena) contest(t *testing.T, hosts, atOnce int, send func(ctx context.Context, r *rival, i int) error) answers {
	t.Helper()
	out := make(answers, hosts)
	next := make(chan int)
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			for i := range next {
				out[i] = a.together(func(r *rival) error {
					return insist(t.Context(), func() error { return send(t.Context(), r, i) })
				})
			}
		})
	}
	for i := range hosts {
		next <- i
	}
	close(next)
	workers.Wait()
	return out
}

// insist tries again what failed for want of a webhook or of etcd, as OpenKruiseGame does, until it is decided.
func insist(ctx context.Context, do func() error) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		err := do()
		switch {
		case err == nil, apierrors.IsForbidden(err), apierrors.IsTooManyRequests(err), ctx.Err() != nil:
			return err
		case apierrors.IsAlreadyExists(err):
			return nil // stored by a try of which the answer got lost
		}
		resent.Add(1)
		undecided.Store(err.Error())
		time.Sleep(time.Duration(50+rand.IntN(100)) * time.Millisecond)
	}
}

// change makes an UPDATE of an Ingress, again if a try of which the answer got lost has changed it meanwhile.
func (r *rival) change(ctx context.Context, ing *networkingv1.Ingress, what func()) error {
	what()
	err := r.Update(ctx, ing)
	if apierrors.IsConflict(err) {
		if err := r.Get(ctx, client.ObjectKeyFromObject(ing), ing); err != nil {
			return err
		}
		what()
		err = r.Update(ctx, ing)
	}
	return err
}

// together has all rivals do something at the same moment.
func (a *arena) together(do func(r *rival) error) []error {
	out := make([]error, len(a.rivals))
	start := make(chan struct{})
	var group sync.WaitGroup
	for k, r := range a.rivals {
		group.Go(func() {
			<-start
			out[k] = do(r)
		})
	}
	close(start)
	group.Wait()
	return out
}

// tally is what came of a contest.
type tally struct{ winners, forbidden, later int }

// settle checks that each host has exactly one winner, and that every loser was told who has it. name says how the
// winner is called.
func (a *arena) settle(t *testing.T, results answers, name func(r *rival, i int) string) tally {
	t.Helper()
	var sum tally
	for i, errs := range results {
		winner := -1
		for k, err := range errs {
			if err == nil {
				if winner >= 0 {
					t.Errorf("host %d: %s and %s both have it", i, a.rivals[winner].namespace, a.rivals[k].namespace)
				}
				winner = k
			}
		}
		if winner < 0 {
			t.Errorf("host %d: nobody has it: %v", i, errs[0])
			continue
		}
		sum.winners++
		for k, err := range errs {
			if k != winner {
				sum.refused(t, err, name(a.rivals[winner], i))
			}
		}
	}
	return sum
}

// refused checks one loser's answer.
func (s *tally) refused(t *testing.T, err error, holder string) {
	t.Helper()
	switch {
	case err == nil: // said already
		return
	case apierrors.IsForbidden(err):
		s.forbidden++
	case apierrors.IsTooManyRequests(err):
		s.later++
	default:
		t.Errorf("a loser got %v, want 403 or 429", err)
		return
	}
	if _, after, told := strings.Cut(err.Error(), " is held by "+holder); !told || strings.IndexAny(after, "0123456789") == 0 {
		t.Errorf("a loser was told %q, want the holder %q", err, holder)
	}
}

func (s tally) log(t *testing.T, what string, hosts int, begin time.Time) {
	t.Helper()
	t.Logf("%s: %d hosts x %d at once over %d managers: %d have one winner, %d refused with 403, %d with 429, in %s; %d requests were sent again because nobody decided them",
		what, hosts, contestants, replicas, s.winners, s.forbidden, s.later, since(begin), resent.Load())
	if resent.Swap(0) > 0 {
		t.Logf("the last of these answers: %s", undecided.Load())
	}
}
