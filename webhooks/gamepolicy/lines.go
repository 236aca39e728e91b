package gamepolicy

import (
	"strconv"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

const (
	// mostLines bounds what one policy puts on a terminal, and most the length of a line, as Kubernetes asks for.
	mostLines, most = 10, 120
	// mostName bounds what the name takes of a line.
	mostName = 40
)

// lines are the warnings of a policy. Each names it: kubectl prints the same line only once, however many objects of a
// directory it is about (client-go rest.WarningWriterOptions, Deduplicate). Where there are several, the first one says how
// many.
func lines(name string, found []finding.Finding) []string {
	name = finding.Clip(name, mostName)
	shown := found[:min(len(found), mostLines-1)]
	out, cut := make([]string, 0, len(shown)+1), false
	for _, f := range shown {
		line := finding.Line(f, most-len(name)-len(": "))
		out = append(out, name+": "+line)
		cut = cut || line != f.String() && f.Code == finding.GatewayUnsupported
	}
	if len(out) < 2 {
		return out
	}
	head := "GamePolicy " + name + ": " + strconv.Itoa(len(found)) + " warnings"
	if len(shown) < len(found) {
		head += ", " + strconv.Itoa(len(shown)) + " of them here"
	}
	if cut { // the file is enough to tell; the rest is about the cluster
		head += "; gatehouse lint -f FILE says all of it"
	}
	return append([]string{head}, out...)
}
