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
	// servers are those that there are or are to be: live ids and those of the spec.
	servers map[serverName]bool
	sets    map[setName]bool
	// wants are the deeds of each Pod, by its own parameters and by those of its set.
	wants map[*Pod][]want
	// inQuarantine are the Ingresses that wait for their hosts, quarantined the parties that they are, by deed.
	inQuarantine []quarantinedIngress
	quarantined  map[host.Deed][]host.Party
}

// quarantinedIngress is one that was admitted with a class that no gateway serves.
type quarantinedIngress struct {
	ingress *networkingv1.Ingress
	wants   []want
}

// want is what an Ingress will ask for.
type want struct {
	deed  host.Deed
	party host.Party
}

// builder makes a world. Pods of one set mostly have the same parameters, which are parsed once.
type builder struct {
	resolver  ledger.Resolver
	templates map[string]gameserver.Template
	*world
}

func newBuilder(resolver ledger.Resolver) *builder {
	return &builder{resolver, map[string]gameserver.Template{}, &world{
		stands: map[host.Deed][]ledger.Standing{}, projects: map[host.Deed][]host.Party{},
		servers: map[serverName]bool{}, sets: map[setName]bool{}, wants: map[*Pod][]want{}, quarantined: map[host.Deed][]host.Party{},
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

// quarantine takes in an Ingress that waits for its hosts: what it will ask for once it has its class back.
func (b *builder) quarantine(ing *networkingv1.Ingress) {
	restored, ok := policy.Unquarantine(ing)
	if !ok {
		return
	}
	gateway, p, managed := b.resolver.Stand(restored)
	if !managed {
		return
	}
	q := quarantinedIngress{ingress: ing}
	for _, name := range host.Of(restored) {
		deed := host.Deed{Gateway: gateway, Host: name}
		q.wants = append(q.wants, want{deed, p})
		b.quarantined[deed] = append(b.quarantined[deed], p)
	}
	b.inQuarantine = append(b.inQuarantine, q)
}

// set takes in what a GameServerSet and its Pods project: each id, of the spec or alive, with the host of the set's
// template and with that of its Pod's own.
func (b *builder) set(set *snapshot.Set, pods []*Pod) {
	ids := map[int]bool{}
	if set != nil && !set.Deleting {
		b.sets[setName{set.Namespace, set.Name}] = true
		for _, id := range set.IDs {
			ids[id] = true
		}
	}
	for _, pod := range pods {
		ids[pod.ID] = true
		if want, ok := b.project(pod.Namespace, pod.Set, pod.ID, b.template(pod.Conf)); ok {
			b.wants[pod] = append(b.wants[pod], want)
		}
	}
	wanted := map[int]want{}
	for id := range ids {
		namespace, name := owner(set, pods)
		b.servers[serverName{namespace, name, id}] = true
		if set != nil && !set.Deleting {
			if want, ok := b.project(namespace, name, id, set.Template); ok {
				wanted[id] = want
			}
		}
	}
	for _, pod := range pods {
		if want, ok := wanted[pod.ID]; ok && !slices.Contains(b.wants[pod], want) {
			b.wants[pod] = append(b.wants[pod], want)
		}
	}
}

func owner(set *snapshot.Set, pods []*Pod) (namespace, name string) {
	if set != nil {
		return set.Namespace, set.Name
	}
	return pods[0].Namespace, pods[0].Set
}

// project notes what one server is to have by a template.
func (b *builder) project(namespace, set string, id int, template gameserver.Template) (want, bool) {
	if !template.Makes() {
		return want{}, false
	}
	gateway, p, managed := b.resolver.Stand(template.Ingress(namespace, set, id))
	if !managed {
		return want{}, false
	}
	w := want{deed: host.Deed{Gateway: gateway, Host: host.Normalize(template.Host(id))}, party: p}
	if w.party.SharedHost = ""; !template.HasOwnHosts() {
		w.party.SharedHost = w.deed.Host
	}
	b.projects[w.deed] = append(b.projects[w.deed], w.party)
	return w, true
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
