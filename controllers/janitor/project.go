package janitor

import (
	"encoding/json"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/controllers/gamepods"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// set takes in what a GameServerSet and its Pods project: each id, of the spec or alive, with the host of the set's
// template and with that of its Pod's own.
func (b *builder) set(set *snapshot.Set, pods []*gamepods.Pod) {
	there := set != nil && !set.Deleting
	ids := map[int]bool{}
	if there {
		for _, id := range set.IDs {
			ids[id] = true
		}
		b.sets[setName{set.Namespace, set.Name}] = true
		b.short[setName{set.Namespace, set.Name}] = standingPods(pods) < len(set.IDs)
	}
	own := make(map[*gamepods.Pod]*want, len(pods))
	for _, pod := range pods {
		ids[pod.ID] = true
		b.alive[serverName{pod.Namespace, pod.Set, pod.ID}] = true
		own[pod] = b.project(pod.Namespace, pod.Set, pod.ID, b.template(pod.Conf))
	}
	namespace, name := owner(set, pods)
	next := map[int]*want{}
	for id := range ids {
		b.servers[serverName{namespace, name, id}] = true
		if there {
			next[id] = b.project(namespace, name, id, set.Template)
		}
	}
	if b.judge == nil {
		return
	}
	for _, pod := range pods {
		d := demand{own[pod], next[pod.ID]}
		if d.now != nil && d.next != nil && *d.now == *d.next {
			d.next = nil
		}
		b.demands[pod] = d
	}
}

// standingPods counts those that are there to stay.
func standingPods(pods []*gamepods.Pod) int {
	n := 0
	for _, pod := range pods {
		if !pod.Deleting {
			n++
		}
	}
	return n
}

func owner(set *snapshot.Set, pods []*gamepods.Pod) (namespace, name string) {
	switch {
	case set != nil:
		return set.Namespace, set.Name
	case len(pods) > 0:
		return pods[0].Namespace, pods[0].Set
	}
	return "", ""
}

// project notes what one server is to have by a template; nil if nothing.
func (b *builder) project(namespace, set string, id int, template gameserver.Template) *want {
	if !template.Makes() {
		return nil
	}
	ing := template.Ingress(namespace, set, id)
	gateway, p, managed := b.resolver.Stand(ing)
	if !managed {
		return nil
	}
	w := &want{deed: host.Deed{Gateway: gateway, Host: host.Normalize(template.Host(id))}, party: p}
	if w.party.SharedHost = ""; !template.HasOwnHosts() {
		w.party.SharedHost = w.deed.Host
	}
	b.projects[w.deed] = append(b.projects[w.deed], w.party)
	if b.judge != nil {
		b.foresee(w, ing)
	}
	return w
}

// foresee tells whether an Ingress that is yet to be created will be refused. What it will be by what policies inject, and
// whether they allow it, is asked only where it does not have its host already: it costs a decision.
func (b *builder) foresee(w *want, ing *networkingv1.Ingress) {
	outcome := b.judge(w.deed, w.party)
	if outcome == host.Rely || outcome == host.Renew {
		return
	}
	allowed := true
	if f, ok := b.resolver.(foreseer); ok {
		var p host.Party
		p, allowed = f.Foresee(ing)
		w.party.CanaryOf = p.CanaryOf
		outcome = b.judge(w.deed, w.party)
	}
	w.refused = outcome == host.Refused || !allowed
	if outcome == host.Refused && allowed {
		b.waiting[w.deed] = append(b.waiting[w.deed], w.party)
	}
}

// template is what a Pod's own parameters say; the zero template if nothing.
func (b *builder) template(conf string) gameserver.Template {
	if conf == "" {
		return gameserver.Template{}
	}
	t, known := b.templates[conf]
	if !known {
		var params []gameserver.Param
		if err := json.Unmarshal([]byte(conf), &params); err == nil {
			t, _ = gameserver.ParseNetwork(&gameserver.Network{NetworkType: gameserver.NetworkType, NetworkConf: params})
		}
		b.templates[conf] = t
	}
	return t
}
