package schema_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
	"github.com/gatehouse-dev/gatehouse/policy/schema/cases"
)

// warned are the accepted cases of which Higress cannot express something, with what is said about it. These are not the
// CRD's to refuse: they are about what one gateway can do, or about a key that a later release of it may read.
var warned = map[string][]string{
	"no WebSockets": {"spec.defaults.webSocket.enabled: false has no effect; Higress upgrades WebSockets on every route"},
	"cross-origin calls in full": {`spec.defaults.cors.allowOrigins[1]: "https://*.example.com:8443" also lets other schemes of these hosts in; ` +
		"Higress matches the host alone where it has a wildcard"},
	"an annotation as short as may be":     unread("a"),
	"an annotation as long as may be":      unread("a"),
	"an annotation name as long as may be": unread(strings.Repeat("a", 63)),
	"as many annotations as there may be":  unread(numbered("a", 32)...),
}

// unread is what is said about keys that are not in the catalog.
func unread(names ...string) []string {
	var list []string
	for _, name := range names {
		list = append(list, "spec.defaults.annotations[higress.io/"+name+"]: Higress does not read this key; remove it")
	}
	return list
}

func numbered(name string, count int) []string {
	var list []string
	for i := range count {
		list = append(list, name+strconv.Itoa(i))
	}
	return list
}

// What the CRD accepts is rendered. A policy that is stored and then means nothing would be found out by players.
func TestWhatTheCRDAcceptsHigressRenders(t *testing.T) {
	all, err := cases.Load(cases.GamePolicy)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, c := range all {
		if len(c.Want) > 0 || !c.Created() {
			continue
		}
		for _, f := range compile(t, c).Check([]gateway.Kind{gateway.Higress}) {
			switch f.Severity {
			case finding.Error:
				t.Errorf("%s: %s: accepted, but an error: %s", c.File, c.Name, f)
			case finding.Warning:
				got[c.Name] = append(got[c.Name], f.Field+": "+f.Message)
			case finding.Info:
			}
		}
	}
	for _, lists := range []map[string][]string{warned, got} {
		for _, list := range lists {
			slices.Sort(list)
		}
	}
	if diff := cmp.Diff(warned, got); diff != "" {
		t.Errorf("warnings about accepted cases (-want +got):\n%s", diff)
	}
}

func compile(t *testing.T, c cases.Case) *policy.Compiled {
	t.Helper()
	p := &v1alpha1.GamePolicy{}
	object := c.Object(v1alpha1.GroupVersion.String(), "GamePolicy")
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object, p); err != nil {
		t.Fatalf("%s: %s: %v", c.File, c.Name, err)
	}
	compiled, findings := policy.Compile(p)
	if compiled == nil {
		t.Fatalf("%s: %s: %v", c.File, c.Name, findings)
	}
	return compiled
}
