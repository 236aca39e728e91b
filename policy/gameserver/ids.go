package gameserver

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// MaxIDs is how many servers of one set are looked at, at most.
const MaxIDs = 10000

// maxReserved is how many ids a set may reserve, in all its ranges together. OpenKruiseGame and Kruise put every single one
// into a set in memory, time and again, OpenKruiseGame already while it judges the write (kruise pkg/util/api/asts.go
// GetReserveOrdinalIntSet, kruise-game pkg/webhook/validating_gss.go): "0-2000000000" of one set takes them from all.
const maxReserved = 1_000_000

// IDs are the ids of a set's servers as its spec projects them, ascending: the smallest ids from 0 on that are not
// reserved (kruise pkg/controller/statefulset/stateful_set_utils.go getStatefulSetReplicasRange). A set that has lived
// may hold other ids. Items that Kruise refuses are reported and left out.
//
// The cost is bounded whatever is given: at most MaxIDs ids, with a finding where there would be more.
func IDs(replicas int32, reserved []intstr.IntOrString) ([]int, []finding.Finding) {
	var found findings
	spans := make([]span, 0, len(reserved))
	total := 0
	for i, item := range reserved {
		field := fmt.Sprintf("spec.reserveGameServerIds[%d]", i)
		lo, hi, err := ParseIDRange(item)
		if err != nil {
			found.error(finding.ReservedIDInvalid, field, "%s; Kruise refuses the whole set", err)
			continue
		}
		if total <= maxReserved { // said once, of the item that is too much
			if total += min(hi-lo, maxReserved) + 1; total > maxReserved {
				found.error(finding.TooManyIDs, field, "%s brings the reserved ids above %d; OpenKruiseGame and Kruise hold every one of them in memory, and would fail all other sets too; reserve fewer", finding.Quote(item.String()), maxReserved)
			}
		}
		spans = append(spans, span{lo, hi})
	}
	if replicas < 0 {
		found.error(finding.SetInvalid, "spec.replicas", "%d is negative; the API server refuses the GameServerSet", replicas)
		return []int{}, found.list()
	}
	if replicas > MaxIDs {
		found.warn(finding.TooManyIDs, "spec.replicas", "%d servers are asked for; only the first %d are looked at", replicas, MaxIDs)
	}
	wanted := min(int(replicas), MaxIDs)
	ids := smallestOutside(union(spans), wanted)
	if len(ids) < wanted {
		found.error(finding.ReservedIDInvalid, "spec.reserveGameServerIds", "only %d ids up to %d are not reserved, %d servers are asked for; reserve fewer", len(ids), maxID, replicas)
	}
	return ids, found.list()
}
