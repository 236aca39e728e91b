package review

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// lookAhead is how many further servers are looked at where nothing scales the set by itself.
const lookAhead = 10

// ahead warns of servers that the set does not have yet and could not get: an autoscaler's next ones, or the next ones that
// anybody asks for. Whoever scales later would be refused, an autoscaler without anybody there to read it.
func (v *review) ahead() {
	replicas := len(v.now.IDs)
	if len(v.result.Refused) > 0 || replicas >= gameserver.MaxIDs {
		return
	}
	most, who, scales := replicas+lookAhead, "next in line", false
	if a := v.Autoscaler; a != nil && int(a.Max) > replicas {
		most, who, scales = int(a.Max), "in reach of "+a.Name+" ("+strconv.Itoa(int(a.Max))+")", true
	}
	next := v.idsBeyond(most)
	if len(next) == 0 {
		return
	}
	// A single server with a host of its own is no mistake until something makes another one.
	if _, _, collide := v.collision(v.template, []int{v.ids[0], next[0]}); collide && scales && len(v.ids) == 1 {
		v.warnAhead(fmt.Sprintf("%s, %s, would share host and path with id %d; put <id> into Host", gameserver.DescribeIDs(next), who, v.ids[0]))
		return
	}
	for _, c := range slices.Concat(v.conflicts(next), v.notAllowed(next)) {
		if c.kind != taken && (c.kind != forbidden || c.rule.Severity != finding.Error) {
			continue
		}
		problem := setOf(c) + " has the hosts of "
		if c.kind == forbidden {
			problem = "no policy allows the hosts of "
		}
		v.warnAhead(problem + gameserver.DescribeIDs(c.ids) + ", " + who)
		return
	}
}

func (v *review) warnAhead(message string) {
	v.say(finding.Finding{Code: finding.NextIDsCollide, Severity: finding.Warning, Field: "spec.replicas", Message: message}, false)
}

// idsBeyond are those that the set gets until it has so many servers.
func (v *review) idsBeyond(most int) []int {
	ids, _ := gameserver.IDs(int32(min(most, gameserver.MaxIDs)), v.Set.Spec.ReserveGameServerIDs) //nolint:gosec // bounded
	return slices.DeleteFunc(ids, func(id int) bool { _, there := slices.BinarySearch(v.ids, id); return there })
}
