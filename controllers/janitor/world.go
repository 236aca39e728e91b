package janitor

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/controllers/gamepods"
	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

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
	demands map[*gamepods.Pod]demand
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
		demands: map[*gamepods.Pod]demand{}, waiting: map[host.Deed][]host.Party{},
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
	for _, deed := range host.Deeds(gateway, host.Of(ing)) {
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
	q := quarantinedIngress{ingress: ing, party: p, deeds: host.Deeds(gateway, host.Of(restored))}
	for _, deed := range q.deeds {
		if b.judge(deed, p) == host.Refused {
			q.refused = true
			b.waiting[deed] = append(b.waiting[deed], p)
		}
	}
	b.quarantined = append(b.quarantined, q)
}
