package policy

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// SelectsNothing says which of a policy's targets select nothing that there is. Policies are often there before their
// games, so it may well be meant.
func (c *Compiled) SelectsNothing(fleet *Fleet) []finding.Finding {
	t := &c.targets
	out := fleet.emptyTargets(t)
	if len(out) > 0 {
		return out
	}
	var selected []*KnownSet
	for i := range fleet.Sets {
		if fleet.selects(t, &fleet.Sets[i]) {
			selected = append(selected, &fleet.Sets[i])
		}
	}
	switch {
	case len(selected) > 0:
		return fleet.emptyServers(t, selected)
	case len(t.names) > 0 || t.sets != nil || t.namespaces != nil:
		return []finding.Finding{empty("", "these select no GameServerSet together yet")}
	}
	return nil
}

// emptyTargets are the targets that select nothing by themselves.
func (f *Fleet) emptyTargets(t *targets) []finding.Finding {
	var out []finding.Finding
	if len(t.classes) > 0 && !meetClasses(f.Classes.managed(), t, t) {
		out = append(out, empty("ingressClassNames", "not managed: "+some(t.classes)+"; name one that is: "+f.managed()))
	}
	if t.namespaces != nil && !slices.ContainsFunc(slices.Collect(maps.Values(f.Namespaces)), func(l map[string]string) bool {
		return t.namespaces.Matches(labels.Set(l))
	}) {
		out = append(out, empty("namespaceSelector", "no namespace has "+finding.Quote(t.namespaces.String())+" yet"))
	}
	if len(t.names) > 0 && !slices.ContainsFunc(f.Sets, func(s KnownSet) bool { return t.matchSet(s.Name) }) {
		out = append(out, empty("gameServerSetNames", "no GameServerSet has such a name yet"))
	}
	if t.sets != nil && !slices.ContainsFunc(f.Sets, func(s KnownSet) bool { return t.sets.Matches(labels.Set(s.Labels)) }) {
		out = append(out, empty("gameServerSetSelector", "no GameServerSet has "+finding.Quote(t.sets.String())+" yet"))
	}
	return out
}

// emptyServers looks at the servers that the spec of the selected sets projects: whether one has the id, the class and
// the host that are asked for. Sets without servers and those of other networks say nothing.
func (f *Fleet) emptyServers(t *targets, sets []*KnownSet) []finding.Finding {
	var servers, id, class, host, all bool
	for _, set := range sets {
		if !set.Template.Makes() || len(set.IDs) == 0 {
			continue
		}
		servers = true
		of := f.Classes.Of(set.Template.Ingress(set.Namespace, set.Name, set.IDs[0])) // all of a set have one class
		hasClass := of.Managed && t.matchClass(of.Name)
		class = class || hasClass
		for _, n := range set.IDs {
			hasID, hasHost := t.matchID(n), len(t.hosts) == 0 || slices.ContainsFunc(t.hosts, fits(set.Template.Host(n)))
			id, host, all = id || hasID, host || hasHost, all || hasID && hasHost && hasClass
		}
	}
	switch {
	case !servers || all:
		return nil
	case !id:
		return []finding.Finding{empty("gameServerIDs", "no selected GameServerSet has such a server yet")}
	case !host:
		return []finding.Finding{empty("hosts", "no server of a selected GameServerSet has such a host yet")}
	case !class && len(t.classes) > 0:
		return []finding.Finding{empty("ingressClassNames", "no selected GameServerSet has such a class yet")}
	case !class:
		return []finding.Finding{empty("", "no selected GameServerSet has a managed ingress class: "+f.managed())}
	}
	return []finding.Finding{empty("", "these select no game server together yet")}
}

func (f *Fleet) managed() string {
	var names []string
	for _, class := range f.Classes.managed() {
		names = append(names, class.Name)
	}
	return some(names)
}

func fits(host string) func(pattern string) bool {
	return func(pattern string) bool { return matchHost(pattern, host) }
}

func empty(target, message string) finding.Finding {
	field := "spec.targets"
	if target != "" {
		field += "." + target
	}
	return finding.Finding{Code: finding.SelectsNothing, Severity: finding.Warning, Field: field, Message: message}
}
