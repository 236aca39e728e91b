package offline

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/review"
)

// Reviewed is a set of the input and what its author would be told at kubectl apply.
type Reviewed struct {
	Set *gameserver.GameServerSet
	review.Result
}

// Review judges each set as if it were applied to a cluster that has the older ones.
func Review(sets []*gameserver.GameServerSet, policies *policy.Set, classes policy.Classes, namespaces Namespaces) []Reviewed {
	var out []Reviewed
	var others []policy.KnownSet
	for _, s := range slices.SortedStableFunc(slices.Values(sets), older) {
		world := review.World{
			Policies: policies, Classes: classes, NamespaceLabels: namespaces.Labels(s.Namespace), Others: others, Now: time.Now(),
		}
		out = append(out, Reviewed{s, world.Review(review.Request{Set: s})})
		e := gameserver.Inspect(s)
		others = append(others, policy.KnownSet{Namespace: s.Namespace, Name: s.Name, Labels: s.Labels, Template: e.Template, IDs: e.IDs})
	}
	return out
}

// older puts the set that exists longer first; one that does not exist yet is the youngest.
func older(a, b *gameserver.GameServerSet) int {
	age := func(s *gameserver.GameServerSet) int64 {
		if s.CreationTimestamp.IsZero() {
			return math.MaxInt64
		}
		return s.CreationTimestamp.Unix()
	}
	return cmp.Or(cmp.Compare(age(a), age(b)), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}
