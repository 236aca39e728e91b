package gameserver

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// maxID is the greatest id a server can have: Kruise reads the ordinal in a pod's name as an int32
// (kruise pkg/controller/statefulset/stateful_set_utils.go getParentNameAndOrdinal).
const maxID = math.MaxInt32

// rangeGrammar is Kruise's rule for a range; OpenKruiseGame itself would also take spaces, but Kruise's webhook then
// refuses the StatefulSet (kruise pkg/webhook/statefulset/validating/statefulset_validation.go).
var rangeGrammar = regexp.MustCompile(`^[0-9]+-[0-9]+$`)

// ParseIDRange reads an id (an int) or a range of ids ("a-b") as Kruise reads an item of reserveOrdinals: a single id
// as a string, spaces, a negative number and a range that runs backwards are refused.
func ParseIDRange(item intstr.IntOrString) (lo, hi int, err error) {
	if item.Type == intstr.Int {
		if item.IntVal < 0 {
			return 0, 0, fmt.Errorf("%d is negative", item.IntVal)
		}
		return int(item.IntVal), int(item.IntVal), nil
	}
	s := item.StrVal
	if !rangeGrammar.MatchString(s) {
		if n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32); err == nil && n >= 0 {
			return 0, 0, fmt.Errorf(`%s is a string; write the id %d without quotes, or "%d-%d"`, finding.Quote(s), n, n, n)
		}
		return 0, 0, fmt.Errorf(`%s is no range; write an id as a number, or "a-b" without spaces`, finding.Quote(s))
	}
	from, to, _ := strings.Cut(s, "-")
	if lo, err = strconv.Atoi(from); err != nil {
		return 0, 0, fmt.Errorf("%s starts beyond every number", finding.Quote(s))
	}
	if hi, err = strconv.Atoi(to); err != nil {
		return 0, 0, fmt.Errorf("%s ends beyond every number", finding.Quote(s))
	}
	if lo > hi {
		return 0, 0, fmt.Errorf("%s runs backwards", finding.Quote(s))
	}
	return lo, hi, nil
}

// span is an interval of ids, both ends included. Everything that grows with the width of a span is forbidden here:
// "0-2000000000" is one short string in a manifest.
type span struct{ lo, hi int }

// union merges spans, ascending and apart.
func union(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
	var out []span
	for _, s := range spans {
		if n := len(out); n > 0 && s.lo <= out[n-1].hi {
			out[n-1].hi = max(out[n-1].hi, s.hi)
			continue
		}
		out = append(out, s)
	}
	return out
}

// smallestOutside is the n smallest ids that no span holds, fewer where the ids run out.
// The spans are ascending and apart.
func smallestOutside(spans []span, n int) []int {
	ids := make([]int, 0, n)
	next := 0
	for _, s := range append(spans, span{maxID + 1, maxID + 1}) {
		for next < s.lo && next <= maxID && len(ids) < n {
			ids = append(ids, next)
			next++
		}
		if len(ids) == n || s.hi >= maxID {
			break
		}
		next = max(next, s.hi+1)
	}
	return ids
}

// DescribeIDs names ids for a person: "id 7", "ids 3-14 and 31". They must be ascending. Many pieces are cut short.
func DescribeIDs(ids []int) string {
	const most = 8
	var pieces []string
	told := 0
	for told < len(ids) && len(pieces) < most {
		end := told
		for end+1 < len(ids) && ids[end+1] == ids[end]+1 {
			end++
		}
		piece := strconv.Itoa(ids[told])
		if end > told {
			piece += "-" + strconv.Itoa(ids[end])
		}
		pieces = append(pieces, piece)
		told = end + 1
	}
	word := "ids "
	if len(ids) == 1 {
		word = "id "
	}
	if more := len(ids) - told; more > 0 {
		return fmt.Sprintf("%s%s and %d more", word, strings.Join(pieces, ", "), more)
	}
	if n := len(pieces); n > 1 {
		return word + strings.Join(pieces[:n-1], ", ") + " and " + pieces[n-1]
	}
	return word + strings.Join(pieces, "")
}
