package inspect

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// compare is what a decision of one set of policies changes after that of another.
func compare(before, after *policy.Set, r policy.Request) []Changed {
	from, to := before.Decide(r).Annotations, after.Decide(r).Annotations
	var out []Changed
	for _, key := range slices.Sorted(maps.Keys(union(from, to))) {
		c := Changed{Key: key, From: at(from, key), To: at(to, key)}
		if key != policy.AppliedAnnotation && !same(c.From, c.To) {
			out = append(out, c)
		}
	}
	if len(out) > 0 {
		attribute(out, after.Explain(r), before.Explain(r))
	}
	return out
}

func union(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

func at(m map[string]string, key string) *string {
	if v, there := m[key]; there {
		return &v
	}
	return nil
}

// attribute says who brings changes about.
func attribute(changes []Changed, after, before []policy.Explained) {
	for i := range changes {
		for _, explained := range [...][]policy.Explained{after, before} {
			at, found := slices.BinarySearchFunc(explained, changes[i].Key, func(e policy.Explained, key string) int { return cmp.Compare(e.Key, key) })
			if found {
				changes[i].Source = explained[at].Source
				break
			}
		}
	}
}

// group puts a server to those that change alike.
func group(groups map[string]*Group, server gameserver.Identity, changed []Changed) {
	if len(changed) == 0 {
		return
	}
	var signature strings.Builder
	for _, text := range []string{server.Namespace, server.Set} {
		signature.WriteString(strconv.Quote(text))
	}
	for _, c := range changed {
		for _, text := range []string{c.Key, quoted(c.From), quoted(c.To), c.Source.Policy, string(c.Source.Layer)} {
			signature.WriteString(strconv.Quote(text))
		}
	}
	g := groups[signature.String()]
	if g == nil {
		g = &Group{Servers: Servers{server.Namespace, server.Set, []int{}}, Annotations: changed}
		groups[signature.String()] = g
	}
	g.IDs = append(g.IDs, server.ID)
}

func quoted(v *string) string {
	if v == nil {
		return ""
	}
	return strconv.Quote(*v)
}
