package model

import (
	"context"
	"fmt"
	"slices"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// bugs take parts out of the protocol, to show that the model notices.
type bugs struct {
	// blind: a claim just created is not checked against the Ingresses that stand.
	blind bool
	// impatient: the janitor's clock runs thirty times as fast, so it does not wait for what is on its way.
	impatient bool
	// hasty: the janitor acts on what is in memory, without reading anew and without preconditions.
	hasty bool
}

// run is one schedule from one seed.
type run struct {
	*scheduler
	api      *apiServer
	bugs     bugs
	replicas []*replica
	// unjudged are Ingresses from before the installation.
	unjudged map[types.UID]bool
	// holds is who has served a host and is to have it ever since: nobody may come between.
	holds map[string]types.NamespacedName
	// heedHolds is off once somebody has deleted a claim by hand: then there is a moment in which a rival gets in.
	heedHolds bool
	broken    error
	trace     func(format string, args ...any)
	// counts says what the schedule brought about, so that a test can tell a run in which nothing happens.
	counts map[string]int
}

func newRun(seed uint64, b bugs) *run {
	s := newScheduler(seed)
	r := &run{
		scheduler: s, api: newAPIServer(s), bugs: b, unjudged: map[types.UID]bool{},
		holds: map[string]types.NamespacedName{}, heedHolds: true, counts: map[string]int{}, trace: func(string, ...any) {},
	}
	for range 3 {
		skew := time.Duration(s.random.Int64N(int64(host.MaxSkew))) - host.MaxSkew/2
		r.replicas = append(r.replicas, &replica{run: r, skew: skew})
	}
	return r
}

// template is a set whose servers have hosts of their own, h0, h1 and so on, or share one.
func template(hostname string) gameserver.Template {
	t, _ := gameserver.ParseNetwork(&gameserver.Network{NetworkType: gameserver.NetworkType, NetworkConf: []gameserver.Param{
		{Name: "Host", Value: hostname}, {Name: "Path", Value: "/s<id>"}, {Name: "PathType", Value: "Prefix"}, {Name: "Port", Value: "80"},
	}})
	return t
}

func (r *run) putSet(namespace, name, hostname string, replicas int) {
	r.trace("set %s/%s %s %d", namespace, name, hostname, replicas)
	set := &snapshot.Set{Namespace: namespace, Name: name, Template: template(hostname)}
	for id := range replicas {
		set.IDs = append(set.IDs, id)
	}
	r.api.state.sets[types.NamespacedName{Namespace: namespace, Name: name}] = set
}

// webIngress is one that is no game server's.
func webIngress(namespace, name string, hosts ...string) *networkingv1.Ingress {
	ing := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	for _, h := range hosts {
		ing.Spec.Rules = append(ing.Spec.Rules, networkingv1.IngressRule{Host: h})
	}
	return ing
}

// put stores an Ingress without asking anybody.
func (r *run) put(ing *networkingv1.Ingress) *networkingv1.Ingress {
	stored := ing.DeepCopy()
	key := types.NamespacedName{Namespace: ing.Namespace, Name: ing.Name}
	if before := r.api.state.ingresses[key]; before != nil {
		stored.UID, stored.CreationTimestamp = before.UID, before.CreationTimestamp
	} else {
		stored.UID = types.UID("ingress-" + r.api.next())
		stored.CreationTimestamp = metav1.NewTime(r.now.Truncate(time.Second))
	}
	stored.ResourceVersion = r.api.next()
	r.api.state.ingresses[key] = stored
	return stored
}

// admission is what the API server allows a webhook.
const admission = 3 * time.Second

// write is a CREATE or UPDATE of an Ingress by somebody, from its admission by one replica to its being stored.
func (r *run) write(by *replica, ing *networkingv1.Ingress) {
	key := types.NamespacedName{Namespace: ing.Namespace, Name: ing.Name}
	stored := r.api.state.ingresses[key]
	change := host.Compare(stored, ing)
	c := host.Case{Party: party(&r.api.state, ing), Ingress: ing.Name}
	for _, name := range change.Added {
		c.Deeds = append(c.Deeds, host.Deed{Gateway: gatewayKey, Host: name})
	}
	began := r.now
	r.trace("admit %s %v from %d", key, host.Of(ing), slices.Index(r.replicas, by))
	r.start(by, func(a *actor) {
		a.before = began.Add(admission)
		if r.random.IntN(10) == 0 {
			a.before = began.Add(host.WriteBound) // its calls are late, and the API server does not wait for it
		}
		verdicts, err := by.ledger(a).Claim(context.Background(), c)
		if err != nil || host.RefusedAny(verdicts) || r.now.After(began.Add(admission)) {
			r.counts["refused"]++
			r.trace("refused %s %v", key, err)
			r.checkRefusal(c, verdicts)
			return
		}
		// From here on it is the API server's: nobody's crash keeps it from being stored.
		a.replica, a.before = nil, began.Add(host.WriteBound)
		r.park(a)
		r.store(key, stored, ing)
	})
}

func (r *run) store(key types.NamespacedName, judgedOn, ing *networkingv1.Ingress) {
	now := r.api.state.ingresses[key]
	switch {
	case (now == nil) != (judgedOn == nil), now != nil && now.UID != judgedOn.UID:
		r.counts["409"]++
		return
	case now != nil && now.ResourceVersion != judgedOn.ResourceVersion:
		r.counts["conflict"]++
		return
	case r.random.IntN(10) == 0:
		r.counts["lost"]++ // quota, another webhook, a client that went away
		return
	}
	r.counts["stored"]++
	r.trace("stored %s", key)
	r.checkStored(r.put(ing))
}

func (r *run) fail(format string, args ...any) {
	if r.broken == nil {
		r.broken = fmt.Errorf("at %s: %s", r.now.Format("15:04:05.000"), fmt.Sprintf(format, args...))
	}
}
