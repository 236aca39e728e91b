package gameserver

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// MaxIDs is how many servers of one set are looked at, at most.
const MaxIDs = 10000

// wideRange is the width from which a range of reserved ids endangers OpenKruiseGame and Kruise, which put every id of
// it into a set in memory (kruise pkg/util/api/asts.go GetReserveOrdinalIntSet).
const wideRange = 1_000_000

// IDs are the ids of a set's servers as its spec projects them, ascending: the smallest ids from 0 on that are not
// reserved (kruise pkg/controller/statefulset/stateful_set_utils.go getStatefulSetReplicasRange). A set that has lived
// may hold other ids. Items that Kruise refuses are reported and left out.
//
// The cost is bounded whatever is given: at most MaxIDs ids, with a finding where there would be more.
func IDs(replicas int32, reserved []intstr.IntOrString) ([]int, []finding.Finding) {
	var found findings
	spans := make([]span, 0, len(reserved))
	for i, item := range reserved {
		field := fmt.Sprintf("spec.reserveGameServerIds[%d]", i)
		lo, hi, err := ParseIDRange(item)
		if err != nil {
			found.error(finding.ReservedIDInvalid, field, "%s; Kruise refuses the whole set", err)
			continue
		}
		if hi-lo >= wideRange {
			found.warn(finding.TooManyIDs, field, "%s reserves %d ids; OpenKruiseGame and Kruise hold every one of them in memory; reserve fewer", finding.Quote(item.String()), hi-lo+1)
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
