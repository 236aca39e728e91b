package policy_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/test/golden"
)

// input is the whole world of one decision: nothing else has influence.
type input struct {
	Policies        []v1alpha1.GamePolicy       `json:"policies"`
	IngressClasses  []networkingv1.IngressClass `json:"ingressClasses"`
	NamespaceLabels map[string]string           `json:"namespaceLabels"`
	SetLabels       map[string]string           `json:"setLabels"`
	Ingress         networkingv1.Ingress        `json:"ingress"`
	Old             *networkingv1.Ingress       `json:"old"`
}

type output struct {
	Verdict     policy.Verdict           `json:"verdict"`
	Changed     bool                     `json:"changed"`
	Annotations map[string]string        `json:"annotations"`
	Removed     map[string]string        `json:"removed,omitempty"`
	Provenance  map[string]policy.Source `json:"provenance,omitempty"`
	Findings    []finding.Finding        `json:"findings,omitempty"`
	Warnings    []string                 `json:"warnings,omitempty"`
}

func TestDecideGolden(t *testing.T) {
	cases, err := filepath.Glob("testdata/*/*/in.yaml")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, in := range cases {
		dir := filepath.Dir(in)
		t.Run(filepath.ToSlash(dir[len("testdata/"):]), func(t *testing.T) {
			var world input
			decodeStrict(t, in, &world)
			set, request := build(t, world)
			d := set.Decide(request)
			got, err := yaml.Marshal(output{d.Verdict, d.Changed, d.Annotations, d.Removed, d.Provenance, d.Findings, d.Warnings})
			if err != nil {
				t.Fatal(err)
			}
			golden.Compare(t, filepath.Join(dir, "out.yaml"), got)

			request.Ingress = request.Ingress.DeepCopy()
			request.Ingress.Annotations = d.Annotations
			if again := set.Decide(request); again.Changed {
				t.Errorf("deciding twice changes something:\n%s", cmp.Diff(d.Annotations, again.Annotations))
			}
		})
	}
}

func build(t *testing.T, world input) (*policy.Set, policy.Request) {
	t.Helper()
	var compiled []*policy.Compiled
	for i := range world.Policies {
		c, findings := policy.Compile(&world.Policies[i])
		if c == nil {
			t.Fatalf("policy %s: %v", world.Policies[i].Name, findings)
		}
		compiled = append(compiled, c)
	}
	classes := policy.NewClasses(policy.DefaultOptions(), world.IngressClasses)
	return policy.NewSet(compiled), policy.Request{
		Ingress: &world.Ingress, Old: world.Old, Class: classes.Of(&world.Ingress),
		NamespaceLabels: world.NamespaceLabels, SetLabels: world.SetLabels,
	}
}

func decodeStrict(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(data, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
