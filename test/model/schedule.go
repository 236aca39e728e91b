package model

import (
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// play brings about one schedule of so many steps and then lets everything come to rest.
func (r *run) play(steps int) error {
	r.begin()
	for range steps {
		if r.broken != nil {
			break
		}
		r.happen()
		r.forget()
	}
	if r.broken == nil {
		r.rest()
		r.checkLeaks()
	}
	r.crash(nil)
	return r.broken
}

// begin is a cluster with sets that want each other's hosts, and with Ingresses from before the installation.
func (r *run) begin() {
	r.putSet("a", "arena", "h<id>", 2)
	r.putSet("b", "brawl", "h<id>", 2)
	r.putSet("b", "lobby", "h0", 2)
	for _, key := range []string{"arena", "brawl"} {
		if r.random.IntN(3) == 0 {
			namespace := key[:1]
			r.unjudged[r.put(template("h<id>").Ingress(namespace, key, r.random.IntN(2))).UID] = true
		}
	}
	if r.random.IntN(3) == 0 {
		r.unjudged[r.put(webIngress("w", "front", "h1")).UID] = true
	}
	if r.random.IntN(4) == 0 { // a front end beside the game of its namespace
		r.unjudged[r.put(webIngress("a", "front", "h1")).UID] = true
		r.unjudged[r.put(template("h<id>").Ingress("a", "arena", 1)).UID] = true
	}
	for _, replica := range r.replicas {
		replica.sync()
	}
	r.replicas[0].lead()
}

func (r *run) happen() {
	some := r.replicas[r.random.IntN(len(r.replicas))]
	for _, replica := range r.replicas {
		if r.now.Sub(replica.seenAt) > maxLag {
			replica.sync()
		}
	}
	switch n := r.random.IntN(100); {
	case n < 40 && len(r.parked) > 0:
		r.step(r.random.IntN(len(r.parked)))
	case n < 55:
		r.write(some, r.anIngress())
	case n < 63:
		r.deleteIngress()
	case n < 75:
		some.sync()
	case n < 90:
		r.advance([]time.Duration{time.Millisecond, 100 * time.Millisecond, time.Second, 10 * time.Second, 40 * time.Second}[r.random.IntN(5)])
	case n < 92:
		r.counts["crash"]++
		leads := some.tending
		some.restart()
		if leads {
			r.replicas[r.random.IntN(len(r.replicas))].lead()
		}
	case n < 97:
		r.changeSet()
	case n < 98:
		r.deleteClaim()
	}
}

// anIngress is what a set or somebody else would write next.
func (r *run) anIngress() *networkingv1.Ingress {
	sets := ordered(r.api.state.sets, types.NamespacedName.String)
	n := r.random.IntN(10)
	switch {
	case n < 7 && len(sets) > 0:
		set := sets[r.random.IntN(len(sets))]
		ing := set.Template.Ingress(set.Namespace, set.Name, r.random.IntN(2))
		if r.random.IntN(5) == 0 { // several hosts: what is taken first may have to be given back
			ing.Spec.Rules = append(ing.Spec.Rules, networkingv1.IngressRule{Host: []string{"h0", "h1", "h2"}[r.random.IntN(3)]})
		}
		return ing
	case n < 9:
		return webIngress([]string{"a", "w", "x"}[r.random.IntN(3)], []string{"front", "back"}[r.random.IntN(2)], "h"+string(rune('0'+r.random.IntN(3))))
	}
	return webIngress("w", "wide", "h0", "h1", "h2")
}

func (r *run) deleteIngress() {
	all := ordered(r.api.state.ingresses, types.NamespacedName.String)
	if len(all) == 0 {
		return
	}
	gone := all[r.random.IntN(len(all))]
	r.trace("delete ingress %s/%s", gone.Namespace, gone.Name)
	delete(r.api.state.ingresses, types.NamespacedName{Namespace: gone.Namespace, Name: gone.Name})
}

func (r *run) changeSet() {
	r.counts["set"]++
	n := r.random.IntN(3)
	switch r.random.IntN(4) {
	case 0:
		delete(r.api.state.sets, types.NamespacedName{Namespace: "a", Name: "arena"})
	case 1:
		r.putSet("a", "arena", []string{"h<id>", "g<id>"}[r.random.IntN(2)], n)
	case 2:
		r.putSet("b", "brawl", "h<id>", n)
	case 3:
		r.putSet("b", "lobby", "h0", n)
	}
}

// deleteClaim is somebody with the rights of a cluster administrator. It is done to a deed in use only: the Ingress that
// stands, which every replica has seen by then, keeps a rival out until the janitor has made the claim anew.
func (r *run) deleteClaim() {
	for _, claim := range ordered(r.api.state.claims, func(a string) string { return a }) {
		ref := claim.Status.Ingress
		if !host.Bound(claim) || ref == nil {
			continue
		}
		ing := r.api.state.ingresses[types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}]
		if ing == nil || r.now.Sub(ing.CreationTimestamp.Time) < 2*maxLag || len(r.parked) > 1 {
			continue
		}
		r.counts["claim deleted"]++
		r.heedHolds = false
		delete(r.api.state.claims, claim.Name)
		for _, replica := range r.replicas {
			replica.sync()
		}
		return
	}
}

// rest lets a quarter of an hour go by in which nobody asks for anything.
func (r *run) rest() {
	for range 15 * 12 {
		for _, replica := range r.replicas {
			replica.sync()
		}
		for i := 0; i < 40 && len(r.parked) > 0; i++ {
			r.step(0)
		}
		r.advance(5 * time.Second)
	}
}
