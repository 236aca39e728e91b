package policy

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// Overridden names the policy of a higher priority that leaves nothing of a policy's effect: whatever server this one
// selects, now or later, that one selects too, and all that this one sets, that one sets. It is empty where there is none.
// Several that only do so together are not looked for.
func (s *Set) Overridden(c *Compiled, classes Classes) string {
	gateways := c.Gateways(classes)
	if len(gateways) == 0 || !c.setsAnything() {
		return ""
	}
	for _, other := range s.policies {
		if other.priority <= c.priority {
			return "" // they are in order of precedence
		}
		// One that lets standing Ingresses be leaves those to others.
		if other.name == c.name || !enforcing(other.mode) || other.freezable() || !other.targets.cover(&c.targets) || !coverHosts(other, c) {
			continue
		}
		if !slices.ContainsFunc(gateways, func(k gateway.Kind) bool { return !other.outdo(c, gateway.For(k)) }) {
			return other.name
		}
	}
	return ""
}

func (c *Compiled) setsAnything() bool {
	h := c.hosts
	return h != nil && (h.Allowed != nil || h.Wildcards != nil || h.Template != "" || h.OnConflict != "") ||
		len(c.overrides.values)+len(c.overrides.raw)+len(c.defaults.values)+len(c.defaults.raw) > 0
}

// coverHosts: each field of hosts comes whole from one policy.
func coverHosts(other, c *Compiled) bool {
	return len(commonHosts(other.hosts, c.hosts)) == len(commonHosts(c.hosts, c.hosts))
}

// outdo tells whether a policy that goes before another one sets all that this sets, in the same layer or in overrides.
func (c *Compiled) outdo(other *Compiled, d gateway.Dialect) bool {
	outdone := func(layer Layer) bool {
		b := other.block(layer)
		for s := range b.values {
			if !c.overrides.renders(d, s) && (layer == LayerOverrides || !c.defaults.renders(d, s)) {
				return false
			}
		}
		for _, a := range b.raw {
			key := d.Canonical(a.key)
			if !c.overrides.injects(d, key) && (layer == LayerOverrides || !c.defaults.injects(d, key)) {
				return false
			}
		}
		return true
	}
	return outdone(LayerOverrides) && outdone(LayerDefaults)
}

// example is a server for values with variables.
var example = gateway.Vars{Namespace: "default", Set: "game"}

// renders tells whether the block sets a setting so that the gateway can be told; otherwise others may speak. WebSockets
// have no annotation.
func (b *block) renders(d gateway.Dialect, s gateway.Setting) bool {
	v, set := b.values[s]
	if !set || s == gateway.WebSocketRoute {
		return set
	}
	rendered, _ := d.Render(v, example)
	return len(rendered) > 0
}

// injects is renders for an annotation that is given as it is.
func (b *block) injects(d gateway.Dialect, key string) bool {
	return slices.ContainsFunc(b.raw, func(a annotation) bool {
		return d.Canonical(a.key) == key && injectable(d.CheckRaw(key, example.Expand(a.value)))
	})
}

// cover tells whether whatever the narrow targets can select, these select. It is false where that is not certain.
func (t *targets) cover(narrow *targets) bool {
	return coverEach(t.classes, narrow.classes, func(x, y string) bool { return x == y }) &&
		coverEach(t.names, narrow.names, func(x, y pattern) bool { return x.cover(&y) }) &&
		coverEach(t.ids, narrow.ids, func(x, y interval) bool { return x.low <= y.low && y.high <= x.high }) &&
		coverEach(t.hosts, narrow.hosts, matchHost) &&
		coverSelector(t.namespaces, narrow.namespaces) && coverSelector(t.sets, narrow.sets) &&
		(t.notSet == "" || t.notSet == narrow.notSet)
}

// coverEach: none is all.
func coverEach[T any](wide, narrow []T, cover func(wide, narrow T) bool) bool {
	return len(wide) == 0 || len(narrow) > 0 && !slices.ContainsFunc(narrow, func(n T) bool {
		return !slices.ContainsFunc(wide, func(w T) bool { return cover(w, n) })
	})
}

func coverSelector(wide, narrow labels.Selector) bool { return within(narrow, wide) }

// cover tells whether a pattern fits every name that another one fits.
func (p *pattern) cover(q *pattern) bool {
	switch {
	case !q.starred:
		return p.match(q.prefix)
	case !p.starred:
		return false
	case len(p.middle) == 0:
		return strings.HasPrefix(q.prefix, p.prefix) && strings.HasSuffix(q.suffix, p.suffix)
	}
	return p.prefix == q.prefix && p.suffix == q.suffix && slices.Equal(p.middle, q.middle)
}
