package janitor

import (
	"encoding/json"
	"slices"
	"time"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// Pod is the Pod of a game server, as far as its network goes.
type Pod struct {
	Namespace, Name, Set string
	ID                   int
	// Conf is OpenKruiseGame's parameters for this very Pod, as JSON. In a rollout they may be older than the set's.
	Conf string
	// Ready: OpenKruiseGame says that the network is ready.
	Ready    bool
	Deleting bool
	Created  time.Time
	// Triggered is when OpenKruiseGame last had the Pod tried, Retried when we last did.
	Triggered, Retried time.Time
}

// serverName names one game server, id and all.
type serverName struct {
	namespace, set string
	id             int
}

type setName struct{ namespace, name string }

// world is what stands and what is projected at one moment.
type world struct {
	// stands are the Ingresses on each deed, the oldest first.
	stands map[host.Deed][]ledger.Standing
	// projects are the game servers that are to have each deed, by the template of the set or of their Pod.
	projects map[host.Deed][]host.Party
	// servers are those that there are or are to be: live ids and those of the spec. alive are those with a Pod.
	servers, alive map[serverName]bool
	sets           map[setName]bool
	// short are the sets that have fewer Pods than their spec asks for.
	short map[setName]bool
	// demands are what each Pod asks for.
	demands map[*Pod]demand
	// quarantined are the Ingresses that wait for their hosts.
	quarantined []quarantinedIngress
	// waiting are those who want a deed that somebody else has.
	waiting map[host.Deed][]host.Party
}

// want is a host that a game server will ask for.
type want struct {
	deed  host.Deed
	party host.Party
	// refused: somebody else has it, or no policy allows it.
	refused bool
}

// demand is what a Pod asks for: now, by its own parameters, and next, by those of its set. Nil if nothing, or the same.
type demand struct{ now, next *want }

// quarantinedIngress is one that was admitted with a class that no gateway serves.
type quarantinedIngress struct {
	ingress *networkingv1.Ingress
	party   host.Party
	deeds   []host.Deed
	// refused: somebody else has one of them.
	refused bool
}

// foreseer is what a Resolver may be besides: it knows what becomes of an Ingress that is yet to be created.
type foreseer interface {
	// Foresee is the party that an Ingress will be with what the policies inject, and whether they allow its hosts.
	Foresee(ing *networkingv1.Ingress) (p host.Party, allowed bool)
}

// builder makes a world. Pods of one set mostly have the same parameters, which are parsed once.
type builder struct {
	resolver ledger.Resolver
	// judge tells whether a party may have a deed. Nil where nobody wants to know.
	judge     func(host.Deed, host.Party) host.Outcome
	templates map[string]gameserver.Template
	*world
}

func newBuilder(resolver ledger.Resolver) *builder {
	return &builder{resolver: resolver, templates: map[string]gameserver.Template{}, world: &world{
		stands: map[host.Deed][]ledger.Standing{}, projects: map[host.Deed][]host.Party{},
		servers: map[serverName]bool{}, alive: map[serverName]bool{}, sets: map[setName]bool{}, short: map[setName]bool{},
		demands: map[*Pod]demand{}, waiting: map[host.Deed][]host.Party{},
	}}
}

// ingresses takes in all that stand.
func (b *builder) ingresses(list []*networkingv1.Ingress) {
	for _, ing := range list {
		b.ingress(ing)
	}
	for deed := range b.stands {
		slices.SortFunc(b.stands[deed], ledger.Older)
	}
}

func (b *builder) ingress(ing *networkingv1.Ingress) {
	gateway, p, managed := b.resolver.Stand(ing)
	if !managed {
		b.quarantine(ing)
		return
	}
	standing := ledger.NewStanding(ing, p)
	for _, name := range host.Of(ing) {
		deed := host.Deed{Gateway: gateway, Host: name}
		b.stands[deed] = append(b.stands[deed], standing)
	}
}

// quarantine takes in an Ingress that waits for its hosts, with what it will ask for once it has its class back.
func (b *builder) quarantine(ing *networkingv1.Ingress) {
	restored, ok := policy.Unquarantine(ing)
	if !ok || b.judge == nil {
		return
	}
	gateway, p, managed := b.resolver.Stand(restored)
	if !managed {
		return
	}
	q := quarantinedIngress{ingress: ing, party: p}
	for _, name := range host.Of(restored) {
		deed := host.Deed{Gateway: gateway, Host: name}
		q.deeds = append(q.deeds, deed)
		if b.judge(deed, p) == host.Refused {
			q.refused = true
			b.waiting[deed] = append(b.waiting[deed], p)
		}
	}
	b.quarantined = append(b.quarantined, q)
}

// set takes in what a GameServerSet and its Pods project: each id, of the spec or alive, with the host of the set's
// template and with that of its Pod's own.
func (b *builder) set(set *snapshot.Set, pods []*Pod) {
	there := set != nil && !set.Deleting
	ids := map[int]bool{}
	if there {
		for _, id := range set.IDs {
			ids[id] = true
		}
		b.sets[setName{set.Namespace, set.Name}] = true
		b.short[setName{set.Namespace, set.Name}] = standingPods(pods) < len(set.IDs)
	}
	own := make(map[*Pod]*want, len(pods))
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
func standingPods(pods []*Pod) int {
	n := 0
	for _, pod := range pods {
		if !pod.Deleting {
			n++
		}
	}
	return n
}

func owner(set *snapshot.Set, pods []*Pod) (namespace, name string) {
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
