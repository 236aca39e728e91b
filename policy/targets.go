package policy

import (
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// targets is the compiled selection of a policy: everything that is given must hold.
type targets struct {
	classes    []string
	namespaces labels.Selector // nil: every namespace
	sets       labels.Selector // nil: every set
	names      []pattern       // none: every set
	ids        []interval      // none: every id
	hosts      []string        // none: every host

	// notSet is the primary of a canary: a policy that makes sets the canary of another one never selects that one.
	notSet string

	// What the index may look up instead of trying the policy: an Ingress without it is surely not selected.
	exactNames     bool
	namespaceLabel labelPair
	setLabel       labelPair
}

type interval struct{ low, high int }

type labelPair struct{ key, value string }

func compileTargets(t v1alpha1.Targets) (targets, error) {
	out := targets{classes: t.IngressClassNames, hosts: t.Hosts, exactNames: len(t.GameServerSetNames) > 0}
	for _, name := range t.GameServerSetNames {
		p := compilePattern(name)
		out.names = append(out.names, p)
		out.exactNames = out.exactNames && !p.starred
	}
	var err error
	if out.namespaces, out.namespaceLabel, err = compileSelector(t.NamespaceSelector); err != nil {
		return out, fmt.Errorf("namespaceSelector: %w", err)
	}
	if out.sets, out.setLabel, err = compileSelector(t.GameServerSetSelector); err != nil {
		return out, fmt.Errorf("gameServerSetSelector: %w", err)
	}
	if out.ids, err = compileIDs(t.GameServerIDs); err != nil {
		return out, err
	}
	return out, nil
}

// compileSelector also returns one label that every selected object has, if the selector asks for any.
func compileSelector(s *metav1.LabelSelector) (labels.Selector, labelPair, error) {
	if s == nil {
		return nil, labelPair{}, nil
	}
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return nil, labelPair{}, err
	}
	if selector.Empty() {
		return nil, labelPair{}, nil
	}
	var pair labelPair
	for k, v := range s.MatchLabels {
		if pair.key == "" || k < pair.key {
			pair = labelPair{k, v}
		}
	}
	return selector, pair, nil
}

func compileIDs(items []intstr.IntOrString) ([]interval, error) {
	var out []interval
	for i, item := range items {
		low, high, err := gameserver.ParseIDRange(item)
		if err != nil {
			return nil, fmt.Errorf("gameServerIDs[%d]: %w", i, err)
		}
		out = append(out, interval{low, high})
	}
	return out, nil
}

// match tells whether the Ingress of a request, that of the given server, is selected.
func (t *targets) match(r *Request, server gameserver.Identity) bool {
	return t.matchSet(server.Set) && t.matchClass(r.Class.Name) && t.matchID(server.ID) &&
		t.matchLabels(r.NamespaceLabels, r.SetLabels) && (len(t.hosts) == 0 || matchHosts(t.hosts, r.Ingress))
}

func (t *targets) matchSet(name string) bool {
	return (len(t.names) == 0 || t.matchName(name)) && name != t.notSet
}

func (t *targets) matchClass(name string) bool {
	return len(t.classes) == 0 || slices.Contains(t.classes, name)
}

func (t *targets) matchID(id int) bool {
	return len(t.ids) == 0 || slices.ContainsFunc(t.ids, func(i interval) bool { return i.low <= id && id <= i.high })
}

// matchLabels takes those of a namespace and of a set; nil are those of one that is not known, which no selector selects.
func (t *targets) matchLabels(namespace, set map[string]string) bool {
	return (t.namespaces == nil || namespace != nil && t.namespaces.Matches(labels.Set(namespace))) &&
		(t.sets == nil || set != nil && t.sets.Matches(labels.Set(set)))
}

func matchHosts(patterns []string, ing *networkingv1.Ingress) bool {
	for i := range ing.Spec.Rules {
		host := ing.Spec.Rules[i].Host
		if slices.ContainsFunc(patterns, func(p string) bool { return matchHost(p, host) }) {
			return true
		}
	}
	return false
}

// matchHost tells whether a host fits a pattern in which a leading "*" stands for exactly one label, as it does in an
// Ingress. An Ingress's own wildcard host fits only the same pattern.
func matchHost(pattern, host string) bool {
	suffix, wild := strings.CutPrefix(pattern, "*.")
	if !wild || pattern == host {
		return pattern == host
	}
	label, rest, found := strings.Cut(host, ".")
	return found && label != "" && label != "*" && rest == suffix
}

func (t *targets) matchName(set string) bool {
	for i := range t.names {
		if t.names[i].match(set) {
			return true
		}
	}
	return false
}

// pattern is a name in which each "*" stands for any text, cut at its stars once, since a policy is compiled once and
// tried for every Ingress.
type pattern struct {
	prefix  string
	starred bool
	middle  []string
	suffix  string
}

func compilePattern(s string) pattern {
	parts := strings.Split(s, "*")
	if len(parts) == 1 {
		return pattern{prefix: s}
	}
	last := len(parts) - 1
	return pattern{prefix: parts[0], starred: true, middle: parts[1:last], suffix: parts[last]}
}

// match takes each part at its first place after the one before it, which finds a fit if there is one; so many stars
// cost no more than their number times the name.
func (p *pattern) match(name string) bool {
	if !p.starred {
		return name == p.prefix
	}
	if !strings.HasPrefix(name, p.prefix) {
		return false
	}
	name = name[len(p.prefix):]
	for _, part := range p.middle {
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name = name[i+len(part):]
	}
	return strings.HasSuffix(name, p.suffix)
}
