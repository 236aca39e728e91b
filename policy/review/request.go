package review

import (
	"time"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// World is what a set is held against, all of one moment.
type World struct {
	Policies *policy.Set
	Classes  policy.Classes
	// NamespaceLabels are those of the set's namespace; nil where it is not known.
	NamespaceLabels map[string]string
	// Claims are the deeds that are taken; nil where there are none.
	Claims Claims
	// Others are the GameServerSets that stand. The one that is reviewed may be among them.
	Others []policy.KnownSet
	// Terms are the settings of the installation that bear on hosts.
	Terms host.Terms
	Now   time.Time
}

// Claims finds the claim of a name, nil if there is none.
type Claims interface {
	Get(name string) *v1alpha1.HostClaim
}

// Request is one write of a GameServerSet.
type Request struct {
	// Set is how it is to be.
	Set *gameserver.GameServerSet
	// Old is how it stands; nil where it is new.
	Old *gameserver.GameServerSet
	// Live are ids that it has whatever the spec says, in no order.
	Live []int
	// Autoscaler is what scales the set by itself, if anything does.
	Autoscaler *Autoscaler
}

// Autoscaler says how far a set may grow without anybody applying anything.
type Autoscaler struct {
	Name string
	Max  int32
}

// Result is what there is to say of a set. All lists are sorted.
type Result struct {
	// Refused are Errors that this write brings about. The set may pass if there are none.
	Refused []finding.Finding
	// Standing are Errors that were there before and are no reason to refuse: nobody gains by it, and an emergency edit
	// must be possible.
	Standing []finding.Finding
	// Warnings are for its author.
	Warnings []finding.Finding
}
