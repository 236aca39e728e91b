package gameserver_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// FuzzParseNetwork reads parameters as lines "Name=value" and holds the parser and the expansion to what must be true
// of any parameters.
func FuzzParseNetwork(f *testing.F) {
	f.Add("Kubernetes-Ingress", "IngressClassName=higress\nPort=5000\nPath=/\nPathType=Prefix\nHost=game<id>.postio.example.com", "postio", 7)
	f.Add("Kubernetes-Ingress", "Host=a<id>-b<id>.x\nPath=/%2f\nPathType=Exact\nPort=abc", "2048", 0)
	f.Add("Kubernetes-Ingress", "Annotation=a: b: c\nAnnotation=k:v\nTlsHosts=,\nFixed=yes\nhost=x", "a.b", 300)
	f.Fuzz(func(t *testing.T, networkType, lines, set string, id int) {
		network := &gameserver.Network{NetworkType: networkType}
		for line := range strings.SplitSeq(lines, "\n") {
			name, value, _ := strings.Cut(line, "=")
			network.NetworkConf = append(network.NetworkConf, gameserver.Param{Name: name, Value: value})
		}
		template, findings := gameserver.ParseNetwork(network)
		checkFindings(t, findings)
		id = max(0, id)
		if ing := template.Ingress("games", set, id); ing != nil {
			if len(ing.Spec.Rules) != 1 || len(ing.Spec.Rules[0].HTTP.Paths) == 0 || ing.Annotations == nil {
				t.Errorf("not what OpenKruiseGame makes: %+v", ing)
			}
			if ing.Name != set+"-"+strconv.Itoa(id) {
				t.Errorf("name %q", ing.Name)
			}
		} else if networkType == gameserver.NetworkType && !finding.HasError(findings) {
			t.Errorf("no Ingress and no Error for %q", lines)
		}

		replicas := int32(3)
		e := gameserver.Expand(&gameserver.GameServerSet{
			ObjectMeta: metav1.ObjectMeta{Namespace: "games", Name: set},
			Spec:       gameserver.GameServerSetSpec{Replicas: &replicas, Network: network},
		})
		checkFindings(t, e.Findings)
		for _, id := range e.IDs {
			own := e.Server(id)
			checkFindings(t, own)
			if finding.HasError(own) && !finding.HasError(e.Findings) {
				t.Errorf("server %d is refused, the set is not: %v", id, own)
			}
		}
	})
}

// FuzzIDs compares the interval arithmetic with counting, where counting is possible.
func FuzzIDs(f *testing.F) {
	f.Add(int32(4), "1,3-4")
	f.Add(int32(3), `"5", 1-3,3-1,0-2000000000`)
	f.Add(int32(-1), "-1,9223372036854775807-9223372036854775807,0-9223372036854775807")
	f.Fuzz(func(t *testing.T, replicas int32, list string) {
		var reserved []intstr.IntOrString
		small := true
		taken := map[int]bool{}
		for item := range strings.SplitSeq(list, ",") {
			x := intstr.Parse(item)
			reserved = append(reserved, x)
			lo, hi, err := gameserver.ParseIDRange(x)
			if err != nil {
				continue
			}
			if lo < 0 || lo > hi {
				t.Fatalf("%q reads as %d-%d", item, lo, hi)
			}
			if small = small && hi < 10000; small {
				for i := lo; i <= hi; i++ {
					taken[i] = true
				}
			}
		}
		ids, findings := gameserver.IDs(replicas, reserved)
		checkFindings(t, findings)
		if len(ids) > gameserver.MaxIDs || !slices.IsSorted(ids) {
			t.Fatalf("%d ids, sorted: %v", len(ids), slices.IsSorted(ids))
		}
		if !small {
			return
		}
		want := []int{}
		for i := 0; len(want) < min(int(replicas), gameserver.MaxIDs); i++ {
			if !taken[i] {
				want = append(want, i)
			}
		}
		if !slices.Equal(want, ids) {
			t.Errorf("%d servers without %q: got %v, want %v", replicas, list, ids, want)
		}
	})
}

func checkFindings(t *testing.T, list []finding.Finding) {
	t.Helper()
	if len(list) > 200 {
		t.Errorf("%d findings", len(list))
	}
	for _, f := range list {
		if f.Code == "" || f.Severity == "" || f.Message == "" || strings.Contains(f.Message, "%") || !utf8.ValidString(f.Message) || strings.Contains(f.Message, "\n") {
			t.Errorf("finding %+v", f)
		}
	}
}
