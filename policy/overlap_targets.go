package policy

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
)

// meet tells whether there is, or can come, a server that both select. Classes, names, ids and hosts say so by themselves:
// OpenKruiseGame gives a server's Ingress one host. Labels do where one selector asks for all that the other asks for, so
// that whatever it comes to select is selected by both; otherwise it takes a namespace or set that has the labels of both.
func (f *Fleet) meet(a, b *targets) bool {
	if !meetClasses(f.Classes.managed(), a, b) || !meetNames(a, b) || !meetIDs(a.ids, b.ids) || !meetHosts(a.hosts, b.hosts) {
		return false
	}
	namespaces, sets := nested(a.namespaces, b.namespaces), nested(a.sets, b.sets)
	switch {
	case namespaces && sets:
		return true
	case sets:
		for _, l := range f.Namespaces {
			if a.namespaces.Matches(labels.Set(l)) && b.namespaces.Matches(labels.Set(l)) {
				return true
			}
		}
		return false
	}
	return slices.ContainsFunc(f.Sets, func(s KnownSet) bool { return f.selects(a, &s) && f.selects(b, &s) })
}

func meetClasses(managed []Class, a, b *targets) bool {
	return slices.ContainsFunc(managed, func(c Class) bool { return a.matchClass(c.Name) && b.matchClass(c.Name) })
}

func meetIDs(a, b []interval) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(x interval) bool {
		return slices.ContainsFunc(b, func(y interval) bool { return x.low <= y.high && y.low <= x.high })
	})
}

// meetHosts: of two patterns with a star, which is one label, only equal ones have a host in common.
func meetHosts(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(x string) bool {
		return slices.ContainsFunc(b, func(y string) bool { return matchHost(x, y) || matchHost(y, x) })
	})
}

func meetNames(a, b *targets) bool {
	for _, x := range namesOf(a) {
		for _, y := range namesOf(b) {
			if name, common := x.meet(&y); common && (name == "" || name != a.notSet && name != b.notSet) {
				return true
			}
		}
	}
	return false
}

func namesOf(t *targets) []pattern {
	if len(t.names) == 0 {
		return []pattern{{starred: true}}
	}
	return t.names
}

// meet tells whether two patterns have names in common; only is the name if there is just one. Where both have stars there
// are endless many if one's beginning begins with the other's and one's end ends with the other's: all that stands between
// can follow one another.
func (p *pattern) meet(q *pattern) (only string, common bool) {
	switch {
	case !p.starred:
		return p.prefix, q.match(p.prefix)
	case !q.starred:
		return q.prefix, p.match(q.prefix)
	}
	return "", (strings.HasPrefix(p.prefix, q.prefix) || strings.HasPrefix(q.prefix, p.prefix)) &&
		(strings.HasSuffix(p.suffix, q.suffix) || strings.HasSuffix(q.suffix, p.suffix))
}

// nested tells whether one of two selectors asks for all that the other asks for. Nil asks for nothing.
func nested(a, b labels.Selector) bool { return within(a, b) || within(b, a) }

func within(narrow, wide labels.Selector) bool {
	if wide == nil {
		return true
	}
	if narrow == nil {
		return false
	}
	has, _ := narrow.Requirements()
	wants, _ := wide.Requirements()
	for _, want := range wants {
		if !slices.ContainsFunc(has, want.Equal) {
			return false
		}
	}
	return true
}
