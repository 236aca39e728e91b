package docs_test

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
	"github.com/gatehouse-dev/gatehouse/policy/lint"
	"github.com/gatehouse-dev/gatehouse/policy/manifest"
	"github.com/gatehouse-dev/gatehouse/policy/preview"
	"github.com/gatehouse-dev/gatehouse/policy/review"
)

// heard is a finding and where it was said.
type heard struct {
	finding.Finding
	place finding.Place
}

// listener notes what is said.
type listener struct{ heard []heard }

func (l *listener) note(place finding.Place, list ...finding.Finding) {
	for _, f := range list {
		l.heard = append(l.heard, heard{f, place})
	}
}

// listen is all that is said of manifests without a cluster. Those that cannot be read say nothing.
func listen(t *testing.T, manifests string) []heard {
	t.Helper()
	objects, problems := manifest.Decode("policies.yaml", []byte(manifests))
	if len(problems) > 0 {
		return nil
	}
	var l listener
	l.preview(objects)
	for _, f := range lint.Run(objects, policy.DefaultOptions()).Findings {
		l.note(finding.InLint, f.Finding)
		if f.Kind == "Ingress" { // of one that is just written, the webhook says the same
			l.note(finding.AtIngress, f.Finding)
		}
	}
	l.writes(objects)
	return l.heard
}

func (l *listener) preview(objects manifest.Input) {
	report := preview.Run(objects, policy.DefaultOptions())
	for _, p := range report.Policies {
		l.note(finding.InPreview, p.Findings...)
	}
	for _, s := range report.GameServerSets {
		l.note(finding.InPreview, s.Findings...)
	}
	for _, i := range report.Ingresses {
		l.note(finding.InPreview, i.Findings...)
	}
}

// writes listens to what is said when each set and each policy is applied beside all the others.
func (l *listener) writes(objects manifest.Input) {
	policies := compiled(objects)
	world := review.World{Policies: policy.NewSet(policies), Classes: policy.NewClasses(policy.DefaultOptions(), nil)}
	fleet := policy.Fleet{Classes: world.Classes}
	for _, s := range objects.GameServerSets {
		e := gameserver.Inspect(s)
		world.Others = append(world.Others, policy.KnownSet{Namespace: s.Namespace, Name: s.Name, Labels: s.Labels, Template: e.Template, IDs: e.IDs})
		fleet.Sets = append(fleet.Sets, policy.KnownSet{Namespace: s.Namespace, Name: s.Name, Labels: s.Labels, Template: e.Template, IDs: e.IDs})
	}
	for _, s := range objects.GameServerSets {
		result := world.Review(review.Request{Set: s})
		l.note(finding.AtSet, slices.Concat(result.Refused, result.Standing, result.Warnings)...)
	}
	for _, p := range policies {
		found := slices.Concat(world.Policies.Overlaps(p, &fleet), p.SelectsNothing(&fleet), p.CheckLimits(gateway.DefaultHigressLimits()), p.Check(p.Gateways(fleet.Classes)))
		for _, f := range found {
			if f.Severity != finding.Info {
				f.Severity = finding.Warning // a GamePolicy is never refused
				l.note(finding.AtPolicy, f)
			}
		}
	}
}

// compiled are the policies that the API server would take.
func compiled(objects manifest.Input) []*policy.Compiled {
	var out []*policy.Compiled
	for _, p := range objects.Policies {
		typed := &v1alpha1.GamePolicy{}
		if runtime.DefaultUnstructuredConverter.FromUnstructured(p.Object, typed) != nil {
			continue
		}
		if c, _ := policy.Compile(typed); c != nil {
			out = append(out, c)
		}
	}
	return out
}

// complete makes manifests of the parts of them, as docs/findings.md says what these are.
func complete(input string) string {
	sets := []string{"{name: arena, namespace: games}", "{name: lobby, namespace: arcade}"}
	var documents []string
	for document := range strings.SplitSeq(input, "---\n") {
		kind, _, _ := strings.Cut(document, ":")
		indented := func(by string) string {
			return by + strings.ReplaceAll(strings.TrimSuffix(document, "\n"), "\n", "\n"+by) + "\n"
		}
		switch kind {
		case "spec", "networkConf":
			set := "apiVersion: game.kruise.io/v1alpha1\nkind: GameServerSet\nmetadata: " + sets[0] + "\n"
			sets = sets[1:]
			if kind == "spec" {
				document = set + document
			} else {
				document = set + "spec:\n  replicas: 3\n  network:\n    networkType: Kubernetes-Ingress\n" + indented("    ")
			}
		case "annotations":
			document = "apiVersion: networking.k8s.io/v1\nkind: Ingress\n" +
				"spec: {ingressClassName: higress, rules: [{host: arena0.example.com}]}\nmetadata:\n  name: arena-0\n  namespace: games\n" +
				"  ownerReferences: [{apiVersion: v1, kind: Pod, name: arena-0, uid: '1', controller: true}]\n" + indented("  ")
		}
		documents = append(documents, document)
	}
	// Dots stand for almost as much as an object holds.
	return strings.ReplaceAll(strings.Join(documents, "---\n"), `"..."`, strings.Repeat("x", 256<<10-100))
}
