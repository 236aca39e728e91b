package policy

import (
	"cmp"
	"slices"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// Fleet is what is known of what policies select, all of one moment.
type Fleet struct {
	Classes Classes
	// Namespaces are the labels of each namespace; not nil where it has none.
	Namespaces map[string]map[string]string
	// Sets are the GameServerSets that stand.
	Sets []KnownSet
}

// KnownSet is a GameServerSet, as far as its Ingresses go.
type KnownSet struct {
	Namespace, Name string
	// Labels are not nil where it has none.
	Labels   map[string]string
	Template gameserver.Template
	// IDs are what its spec projects, ascending.
	IDs []int
}

// selects tells whether a set as a whole is selected, whatever the class, the ids and the hosts of its servers.
func (f *Fleet) selects(t *targets, set *KnownSet) bool {
	return t.matchSet(set.Name) && t.matchLabels(f.Namespaces[set.Namespace], set.Labels)
}

// managed lists the managed classes by name.
func (c Classes) managed() []Class {
	var out []Class
	for _, class := range c.byName {
		if class.Managed {
			out = append(out, class)
		}
	}
	slices.SortFunc(out, func(a, b Class) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
