package gamepolicy

import (
	"strconv"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

const (
	// mostLines bounds what one policy puts on a terminal.
	mostLines = 10
	// mostName bounds a name in the first line, which has no more than 120 characters.
	mostName = 40
)

// lines are the warnings of a policy. Where there are several, the first one says whose they are and how many.
func lines(name string, found []finding.Finding) []string {
	shown := found[:min(len(found), mostLines-1)]
	out, cut := make([]string, 0, len(shown)+1), false
	for _, f := range shown {
		line := policy.Warning(f)
		out, cut = append(out, line), cut || line != f.String()
	}
	if len(out) < 2 {
		return out
	}
	if len(name) > mostName {
		name = name[:mostName-3] + "..."
	}
	head := "GamePolicy " + name + ": " + strconv.Itoa(len(found)) + " warnings"
	if len(shown) < len(found) {
		head += ", " + strconv.Itoa(len(shown)) + " of them here"
	}
	if cut {
		head += "; gatehouse lint -f FILE shows more"
	}
	return append([]string{head}, out...)
}
