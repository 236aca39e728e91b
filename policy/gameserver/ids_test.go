package gameserver_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

func TestIDsAreTheSmallestThatAreNotReserved(t *testing.T) {
	for _, c := range []struct {
		name     string
		replicas int32
		reserved []intstr.IntOrString
		want     []int
	}{
		{"none reserved", 3, nil, []int{0, 1, 2}},
		{"no servers", 0, nil, []int{}},
		{"an id and a range", 4, items(1, "3-4"), []int{0, 2, 5, 6}},
		{"reserving a live id moves the last", 3, items(1), []int{0, 2, 3}},
		{"overlapping, unordered, repeated", 3, items("4-6", 0, "2-5", 0, "5-5"), []int{1, 7, 8}},
		{"leading zeros are digits", 2, items("00-01"), []int{2, 3}},
		{"far beyond", 2, items("1000-500000"), []int{0, 1}},
		{"the greatest", 2, items("2147483646-2147483647", "1-999990"), []int{0, 999991}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, findings := gameserver.IDs(c.replicas, c.reserved)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if finding.HasError(findings) {
				t.Errorf("errors: %v", findings)
			}
		})
	}
}

func TestRangesThatEndangerTheGameControllerAreRefused(t *testing.T) {
	for _, c := range []struct {
		name     string
		reserved []intstr.IntOrString
		field    string // of the item that is too much; empty for none
	}{
		{"as many as may be", items("0-999999"), ""},
		{"one more", items("0-1000000"), "spec.reserveGameServerIds[0]"},
		{"thousands of millions", items(7, "0-2000000000", "0-2000000000"), "spec.reserveGameServerIds[1]"},
		{"beyond every id", items("0-9223372036854775807", "0-9223372036854775807"), "spec.reserveGameServerIds[0]"},
		{"in pieces", items("0-499999", "500000-999998", 5000000, 5000001), "spec.reserveGameServerIds[3]"},
		{"the same again, which is expanded again", items("0-600000", "0-600000"), "spec.reserveGameServerIds[1]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, findings := gameserver.IDs(1, c.reserved)
			var fields []string
			for _, f := range findings {
				if f.Code == finding.TooManyIDs && f.Severity == finding.Error {
					fields = append(fields, f.Field)
				}
			}
			if strings.Join(fields, " ") != c.field {
				t.Errorf("got %v, want one Error at %q", findings, c.field)
			}
		})
	}
}

func TestIDsCostLittleWhateverIsAsked(t *testing.T) {
	wide := items("0-2000000000", "5-2147483640", 3, "1-9000000000000000000")
	for range 1000 {
		wide = append(wide, intstr.FromString("0-9223372036854775807"))
	}
	start := time.Now()
	for _, replicas := range []int32{0, 1, math.MaxInt32, math.MinInt32} {
		for _, reserved := range [][]intstr.IntOrString{nil, wide, items("1-2147483646"), items("1-2147483647")} {
			ids, _ := gameserver.IDs(replicas, reserved)
			if len(ids) > gameserver.MaxIDs {
				t.Errorf("%d ids of %d", len(ids), replicas)
			}
			if n := len(ids); n > 0 && ids[n-1] > math.MaxInt32 {
				t.Errorf("id %d is beyond what Kruise reads", ids[n-1])
			}
		}
	}
	if spent := time.Since(start); spent > 5*time.Second {
		t.Errorf("took %s", spent)
	}
	ids, findings := gameserver.IDs(math.MaxInt32, nil)
	if len(ids) != gameserver.MaxIDs || !has(findings, finding.TooManyIDs) {
		t.Errorf("%d ids, findings %v; want %d and a %s", len(ids), findings, gameserver.MaxIDs, finding.TooManyIDs)
	}
}

func TestParseIDRangeReadsAsKruiseDoes(t *testing.T) {
	for _, ok := range []struct {
		item   intstr.IntOrString
		lo, hi int
	}{
		{intstr.FromInt32(0), 0, 0},
		{intstr.FromInt32(math.MaxInt32), math.MaxInt32, math.MaxInt32},
		{intstr.FromString("0-0"), 0, 0},
		{intstr.FromString("3-14"), 3, 14},
		{intstr.FromString("007-010"), 7, 10},
	} {
		lo, hi, err := gameserver.ParseIDRange(ok.item)
		if err != nil || lo != ok.lo || hi != ok.hi {
			t.Errorf("%v: got %d-%d, %v", ok.item, lo, hi, err)
		}
	}
	for _, bad := range items("", "-", "5", "1-", "-1", "3-1", "1-2-3", " 1-3", "1 - 3", "1-3 ", "1–3", "a-b", "+1-3", "0x1-0x2", "1-3\n", "१-३", "0-99999999999999999999", -1) {
		if lo, hi, err := gameserver.ParseIDRange(bad); err == nil {
			t.Errorf("%q: got %d-%d, want an error", bad.String(), lo, hi)
		}
	}
}

func TestDescribeIDs(t *testing.T) {
	for _, c := range []struct {
		ids  []int
		want string
	}{
		{nil, "ids "},
		{[]int{7}, "id 7"},
		{[]int{3, 4, 5, 31}, "ids 3-5 and 31"},
		{[]int{0, 2, 4}, "ids 0, 2 and 4"},
		{[]int{0, 2, 4, 6, 8, 10, 12, 14, 16, 17}, "ids 0, 2, 4, 6, 8, 10, 12, 14 and 2 more"},
	} {
		if got := gameserver.DescribeIDs(c.ids); got != c.want {
			t.Errorf("%v: got %q, want %q", c.ids, got, c.want)
		}
	}
}

func items(list ...any) []intstr.IntOrString {
	out := make([]intstr.IntOrString, 0, len(list))
	for _, x := range list {
		switch x := x.(type) {
		case int:
			out = append(out, intstr.FromInt32(int32(x)))
		case string:
			out = append(out, intstr.FromString(x))
		}
	}
	return out
}

func has(list []finding.Finding, code finding.Code) bool {
	return slices.ContainsFunc(list, func(f finding.Finding) bool { return f.Code == code })
}
