package janitor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/controllers/gamepods"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy"
)

// pages is an API server that gives lists in pages, and fails after so many.
type pages struct {
	client.Reader
	pages [][]networkingv1.Ingress
	fails int
	pods  []metav1.PartialObjectMetadata
	asked client.ListOptions
}

var errGone = errors.New("the continue token is too old")

func (p *pages) List(_ context.Context, list client.ObjectList, options ...client.ListOption) error {
	p.asked = client.ListOptions{}
	p.asked.ApplyOptions(options)
	switch list := list.(type) {
	case *networkingv1.IngressList:
		page := 0
		if p.asked.Continue != "" {
			if _, err := fmt.Sscan(p.asked.Continue, &page); err != nil {
				return err
			}
		}
		if page == p.fails {
			return errGone
		}
		list.Items = p.pages[page]
		if page+1 < len(p.pages) {
			list.Continue = fmt.Sprint(page + 1)
		}
	case *metav1.PartialObjectMetadataList:
		list.Items = p.pods
	}
	return nil
}

func ingressNamed(name string) networkingv1.Ingress {
	ing := networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{
		Namespace: "games", Name: name, Annotations: map[string]string{"higress.io/timeout": "30"}, ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "okg"}},
	}}
	ing.Spec.Rules = []networkingv1.IngressRule{{Host: name + ".example.com", IngressRuleValue: networkingv1.IngressRuleValue{
		HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{Path: "/"}}},
	}}}
	return ing
}

func TestAListOfIngressesIsAllOfItsPages(t *testing.T) {
	p := &pages{fails: -1, pages: [][]networkingv1.Ingress{{ingressNamed("a"), ingressNamed("b")}, {ingressNamed("c")}, {}}}
	list, err := cluster{SetReader: snapshot.SetReader{Reader: p}}.Ingresses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, ing := range list {
		names = append(names, ing.Name+" "+ing.Spec.Rules[0].Host)
		if len(ing.Annotations)+len(ing.ManagedFields) > 0 || ing.Spec.Rules[0].HTTP != nil {
			t.Errorf("%s holds what nobody reads: %+v", ing.Name, ing)
		}
	}
	if diff := cmp.Diff([]string{"a a.example.com", "b b.example.com", "c c.example.com"}, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if p.asked.Limit == 0 || p.asked.Raw != nil || p.asked.Namespace != "" {
		t.Errorf("asked for %+v", p.asked)
	}
	p.fails = 1
	if list, err = (cluster{SetReader: snapshot.SetReader{Reader: p}}).Ingresses(t.Context()); !errors.Is(err, errGone) || list != nil {
		t.Errorf("half a list is %v, %v", list, err)
	}
}

func TestThePodsOfASetAreListed(t *testing.T) {
	pod := gamepods.Metadata("games", "postio-7")
	pod.Labels = map[string]string{"game.kruise.io/owner-gss": "postio"}
	pod.Annotations = map[string]string{"game.kruise.io/network-type": "Kubernetes-Ingress"}
	p := &pages{pods: []metav1.PartialObjectMetadata{*pod}}
	pods, err := cluster{SetReader: snapshot.SetReader{Reader: p}}.Pods(t.Context(), "games", "postio")
	if err != nil || len(pods) != 1 || pods[0].ID != 7 || p.asked.Namespace != "games" {
		t.Errorf("%v, %v, asked for %+v", pods, err, p.asked)
	}
}

// patches keeps what was patched.
type patches struct {
	client.Client
	object client.Object
	kind   types.PatchType
	patch  map[string]any
}

func (p *patches) Patch(_ context.Context, object client.Object, patch client.Patch, _ ...client.PatchOption) error {
	text, err := patch.Data(object)
	if err != nil {
		return err
	}
	p.object, p.kind, p.patch = object, patch.Type(), nil
	return json.Unmarshal(text, &p.patch)
}

func TestATouchWritesOneAnnotationAndNothingElse(t *testing.T) {
	p := &patches{}
	pod := &gamepods.Pod{Namespace: "games", Name: "postio-7"}
	at := time.Date(2026, time.July, 1, 13, 0, 0, 0, time.FixedZone("", 3600))
	if err := (cluster{writer: p}).Touch(t.Context(), pod, at); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"metadata": map[string]any{"annotations": map[string]any{"gatehouse.dev/retry": "2026-07-01T12:00:00Z"}}}
	if diff := cmp.Diff(want, p.patch); diff != "" || p.kind != types.MergePatchType {
		t.Errorf("%s (-want +got):\n%s", p.kind, diff)
	}
	if gvk := p.object.GetObjectKind().GroupVersionKind().String(); p.object.GetNamespace() != "games" || p.object.GetName() != "postio-7" || gvk != "/v1, Kind=Pod" {
		t.Errorf("patched %s %s/%s", gvk, p.object.GetNamespace(), p.object.GetName())
	}
}

func TestALiftPutsBackTheClassThatTheIngressHad(t *testing.T) {
	const kept, class = "gatehouse.dev/quarantined", "kubernetes.io/ingress.class"
	for name, test := range map[string]struct {
		change      func(*networkingv1.Ingress)
		annotations map[string]any
		class       any
	}{
		"in spec":       {func(ing *networkingv1.Ingress) { ing.Spec.IngressClassName = ptr.To("higress") }, map[string]any{kept: nil}, "higress"},
		"as annotation": {func(ing *networkingv1.Ingress) { ing.Annotations[class] = "higress" }, map[string]any{kept: nil, class: "higress"}, nil},
		"both": {func(ing *networkingv1.Ingress) {
			ing.Spec.IngressClassName, ing.Annotations[class] = ptr.To("higress"), "higress"
		}, map[string]any{kept: nil, class: "higress"}, "higress"},
		"none": {func(*networkingv1.Ingress) {}, map[string]any{kept: nil}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			ing := ingressNamed("postio-7")
			ing.ResourceVersion = "5"
			test.change(&ing)
			waits := policy.Quarantine(&ing)
			snapshot.TrimIngress(waits)
			p := &patches{}
			if err := (cluster{writer: p}).Lift(t.Context(), waits); err != nil {
				t.Fatal(err)
			}
			want := map[string]any{
				"metadata": map[string]any{"annotations": test.annotations, "resourceVersion": "5"},
				"spec":     map[string]any{"ingressClassName": test.class},
			}
			if diff := cmp.Diff(want, p.patch); diff != "" || p.kind != types.MergePatchType {
				t.Errorf("%s (-want +got):\n%s", p.kind, diff)
			}
		})
	}
	p, ing := &patches{}, ingressNamed("postio-7")
	if err := (cluster{writer: p}).Lift(t.Context(), &ing); err != nil || p.object != nil {
		t.Errorf("an Ingress that is not in quarantine was patched: %v, %v", p.patch, err)
	}
}
