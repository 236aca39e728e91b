package policy

import (
	"maps"
	"slices"
	"strconv"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

const (
	// Kubernetes asks for warnings of at most 120 characters; longer ones are cut by the API server once all of them
	// exceed 4 KiB.
	maxWarning  = 120
	maxWarnings = 10
)

// differences says what policies in mode Warn would change, a line per annotation, sorted, bounded.
func differences(now, wanted *resolution) []string {
	have, want := now.result, wanted.result
	keys := map[string]bool{}
	for k := range have {
		keys[k] = true
	}
	for k := range want {
		keys[k] = true
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		was, stood := have[k]
		will, stays := want[k]
		if stood == stays && was == will || k == AppliedAnnotation {
			continue
		}
		line := "GamePolicy " + wanted.owner(k) + " (mode Warn) would "
		if stays {
			line += "set " + k + " to " + finding.Quote(will)
		} else {
			line += "remove " + k
		}
		out = append(out, finding.Clip(line, maxWarning))
	}
	if n := len(out) - maxWarnings; n > 0 {
		out = append(out[:maxWarnings], "and "+strconv.Itoa(n)+" more annotations")
	}
	return out
}

// Warning is a finding as an admission warning shows it.
func Warning(f finding.Finding) string { return finding.Line(f, maxWarning) }
