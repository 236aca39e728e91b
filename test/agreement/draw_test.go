package agreement_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

// draft is a set that is being drawn: one that works, and then is varied.
type draft struct {
	*rand.Rand
	n    int // no other set of the run has this number, so that names and hosts are nobody else's
	name string
	gameserver.GameServerSetSpec
	bare   bool // without network, whatever that would be
	traits []string
}

// trait is one way in which a set may differ from the plainest one.
type trait struct {
	name  string
	apply func(*draft)
}

// draw makes n sets. Of five, two work, two have a fault or, rarely, two, and one is left to chance: with more that is
// wrong nobody could say what was refused why. Every variation and every fault has its turn before one comes again.
func draw(seed uint64, n int) []*draft {
	r := rand.New(rand.NewPCG(seed, 0))
	nextVariation, nextFault := turns(r, variations), turns(r, faults)
	sets := make([]*draft, 0, n)
	for i := range n {
		d := newDraft(r, i)
		for range r.IntN(3) {
			d.take(pick(d, variations...))
		}
		switch i % 5 {
		case 0, 1:
			d.take(nextVariation())
		case 2, 3:
			d.take(nextFault())
			if r.IntN(8) == 0 {
				d.take(pick(d, faults...))
			}
		default:
			d.take(pick(d, gambles...))
		}
		if d.Replicas != nil && *d.Replicas == 0 && len(judge(d.read()).errors) > 0 {
			d.servers(1) // without one nobody would notice what is wrong
		}
		sets = append(sets, d)
	}
	return sets
}

// turns gives one trait after the other, in an order of its own.
func turns(r *rand.Rand, traits []trait) func() trait {
	order, turn := r.Perm(len(traits)), 0
	return func() trait {
		turn++
		return traits[order[turn%len(order)]]
	}
}

func newDraft(r *rand.Rand, n int) *draft {
	replicas := int32(1 + r.IntN(3))
	d := &draft{Rand: r, n: n, name: fmt.Sprintf("n%d", n)}
	d.Replicas = &replicas
	d.Network = &gameserver.Network{NetworkType: gameserver.NetworkType, NetworkConf: []gameserver.Param{
		{Name: "IngressClassName", Value: "higress"},
		{Name: "Host", Value: d.host("s<id>")},
		{Name: "Path", Value: "/"},
		{Name: "PathType", Value: "Prefix"},
		{Name: "Port", Value: "5000"},
	}}
	return d
}

func (d *draft) take(t trait) {
	d.traits = append(d.traits, t.name)
	t.apply(d)
}

// host is below a domain that no other set uses.
func (d *draft) host(first string) string { return fmt.Sprintf("%s.n%d.agreement.test", first, d.n) }

// set replaces what is given of a parameter, in its place.
func (d *draft) set(name string, values ...string) {
	at := max(0, slices.IndexFunc(d.Network.NetworkConf, func(p gameserver.Param) bool { return p.Name == name }))
	d.remove(name)
	at = min(at, len(d.Network.NetworkConf))
	for i, value := range values {
		d.Network.NetworkConf = slices.Insert(d.Network.NetworkConf, at+i, gameserver.Param{Name: name, Value: value})
	}
}

func (d *draft) remove(name string) {
	d.Network.NetworkConf = slices.DeleteFunc(d.Network.NetworkConf, func(p gameserver.Param) bool { return p.Name == name })
}

func (d *draft) add(name, value string) {
	d.Network.NetworkConf = append(d.Network.NetworkConf, gameserver.Param{Name: name, Value: value})
}

// misspell misspells one of the parameters that are given. Those of other plugins are none of our business.
func (d *draft) misspell(how func(string) string) {
	if conf := d.Network.NetworkConf; d.Network.NetworkType == gameserver.NetworkType {
		p := &conf[d.IntN(len(conf))]
		p.Name = how(p.Name)
	}
}

func (d *draft) reserve(items ...any) {
	for _, item := range items {
		switch item := item.(type) {
		case int:
			d.ReserveGameServerIDs = append(d.ReserveGameServerIDs, intstr.FromInt32(int32(item)))
		case string:
			d.ReserveGameServerIDs = append(d.ReserveGameServerIDs, intstr.FromString(item))
		}
	}
}

func (d *draft) servers(n int32) { d.Replicas = &n }

func pick[T any](d *draft, from ...T) T { return from[d.IntN(len(from))] }

// pad makes the name as long as n.
func (d *draft) pad(n int) { d.name += strings.Repeat("x", max(0, n-len(d.name))) }

func (d *draft) String() string {
	spec, err := json.Marshal(d.read().Spec)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return fmt.Sprintf("set %d %q (%s): %.2000s", d.n, d.name, strings.Join(d.traits, ", "), spec)
}

// read is the set as Gatehouse reads it.
func (d *draft) read() *gameserver.GameServerSet {
	set := &gameserver.GameServerSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.GamesNamespace, Name: d.name},
		Spec:       d.GameServerSetSpec,
	}
	if d.bare {
		set.Spec.Network = nil
	}
	return set
}

// object is the set as it is applied.
func (d *draft) object() *unstructured.Unstructured {
	spec := map[string]any{
		"updateStrategy": map[string]any{"rollingUpdate": map[string]any{"podUpdatePolicy": "InPlaceIfPossible"}},
		"gameServerTemplate": map[string]any{"spec": map[string]any{
			"containers": []any{map[string]any{"name": "game", "image": "registry.example.com/game:1"}},
		}},
	}
	if d.Replicas != nil {
		spec["replicas"] = int64(*d.Replicas)
	}
	var reserved []any
	for _, item := range d.ReserveGameServerIDs {
		if item.Type == intstr.Int {
			reserved = append(reserved, int64(item.IntVal))
		} else {
			reserved = append(reserved, item.StrVal)
		}
	}
	if reserved != nil {
		spec["reserveGameServerIds"] = reserved
	}
	if !d.bare {
		conf := []any{}
		for _, p := range d.Network.NetworkConf {
			conf = append(conf, map[string]any{"name": p.Name, "value": p.Value})
		}
		spec["network"] = map[string]any{"networkType": d.Network.NetworkType, "networkConf": conf}
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": gameserver.GroupVersion.String(), "kind": "GameServerSet",
		"metadata": map[string]any{"namespace": env.GamesNamespace, "name": d.name}, "spec": spec,
	}}
}
