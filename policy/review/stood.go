package review

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// stood tells whether an Error of the expansion was there before. Parameters may have moved: what counts is that the same
// was said of the same one. How many servers it concerns does not: a set that is broken as a whole is not broken anew by
// one more server.
func (v *review) stood(f finding.Finding) bool {
	if v.Old == nil {
		return false
	}
	subject := subjectOf(v.Set, f)
	for _, b := range v.before.Findings {
		if b.Severity == finding.Error && b.Code == f.Code && subjectOf(v.Old, b) == subject {
			return true
		}
	}
	return false
}

var indexed = regexp.MustCompile(`^spec\.(network\.networkConf|reserveGameServerIds)\[([0-9]+)\]`)

// subjectOf is what a finding is about, without regard to where it stands: the parameter, the reserved id, or the field; of
// what is said of all parameters together, the words.
func subjectOf(set *gameserver.GameServerSet, f finding.Finding) string {
	m := indexed.FindStringSubmatch(f.Field)
	if m == nil {
		if strings.HasSuffix(f.Field, ".networkConf") {
			return f.Field + "\x00" + f.Message
		}
		return f.Field
	}
	i, err := strconv.Atoi(m[2])
	switch {
	case err != nil:
	case m[1] == "reserveGameServerIds" && i < len(set.Spec.ReserveGameServerIDs):
		return m[1] + "\x00" + set.Spec.ReserveGameServerIDs[i].String()
	case set.Spec.Network != nil && i < len(set.Spec.Network.NetworkConf):
		p := set.Spec.Network.NetworkConf[i]
		return p.Name + "\x00" + p.Value
	}
	return f.Field
}

// had tells whether a server was to have a host before this write.
func (v *review) had(id int, name string) bool {
	return v.hadIDs[id] && v.before.Template.Makes() && host.Normalize(v.before.Template.Host(id)) == name
}
