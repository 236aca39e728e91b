package review

import (
	"fmt"
	"maps"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// repeated finds servers of the set with the same host and path, of which the gateway would serve one alone. Where each
// server has a host of its own there are none. Conditions that a policy gives each server tell them apart too.
func (v *review) repeated() {
	a, b, collide := v.collision(v.template, v.ids)
	if !collide || !maps.Equal(v.conditions(a), v.conditions(b)) {
		return
	}
	shared := host.Normalize(v.template.Host(a))
	stood := false
	if v.had(a, shared) && v.had(b, shared) {
		_, _, stood = v.collision(v.before.Template, []int{a, b})
	}
	ids := []int{a, b}
	if n := len(v.ids); v.template.Collide(a, v.ids[1]) && v.template.Collide(a, v.ids[n-1]) {
		ids = v.ids // no path has an <id>
	}
	v.say(finding.Finding{
		Code: finding.HostRepeated, Severity: finding.Error, Field: v.template.HostField(),
		Message: fmt.Sprintf("%s have %s and the same path; the gateway would serve one of them alone; put <id> into Host or Path",
			gameserver.DescribeIDs(ids), hostOf(shared)),
	}, stood)
}

func hostOf(shared string) string {
	if shared == host.Any {
		return "no host"
	}
	return "the host " + finding.Quote(shared)
}

func (v *review) collision(t gameserver.Template, ids []int) (a, b int, found bool) {
	if t.HasOwnHosts() {
		return 0, 0, false
	}
	return t.Collision(ids)
}
