package snapshot

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

func gamePolicy(name string, generation int64, change ...func(*v1alpha1.GamePolicy)) *v1alpha1.GamePolicy {
	p := &v1alpha1.GamePolicy{TypeMeta: metav1.TypeMeta{APIVersion: "gatehouse.dev/v1alpha1", Kind: "GamePolicy"}}
	p.Name, p.UID, p.Generation = name, types.UID("uid-"+name), generation
	p.Spec.Defaults = &v1alpha1.TrafficSettings{RequestTimeout: &metav1.Duration{Duration: 30 * time.Second}}
	for _, c := range change {
		c(p)
	}
	return p
}

func broken(p *v1alpha1.GamePolicy) { p.Spec.Mode = "Perhaps" }

func TestAnEditCompilesTheOnePolicyThatItChanged(t *testing.T) {
	var store policyStore
	store.put(gamePolicy("a", 1))
	store.put(gamePolicy("b", 1))
	before := byName(store.compile(logr.Discard()))
	for name, test := range map[string]struct {
		put           *v1alpha1.GamePolicy
		changes, same bool
	}{
		"a write of status": {gamePolicy("a", 1, func(p *v1alpha1.GamePolicy) { p.Status.ObservedGeneration = 1 }), false, true},
		"an edit":           {gamePolicy("a", 2), true, false},
		"a deletion begun":  {gamePolicy("a", 2, func(p *v1alpha1.GamePolicy) { p.DeletionTimestamp = &metav1.Time{} }), true, false},
		"another object":    {gamePolicy("a", 2, func(p *v1alpha1.GamePolicy) { p.UID = "other" }), true, false},
	} {
		t.Run(name, func(t *testing.T) {
			store := policyStore{standing: map[string]*v1alpha1.GamePolicy{}, compiled: store.compiled}
			store.put(gamePolicy("a", 1))
			store.put(gamePolicy("b", 1))
			if changed := store.put(test.put); changed != test.changes {
				t.Errorf("changes anything: %t, want %t", changed, test.changes)
			}
			after := byName(store.compile(logr.Discard()))
			if (after["a"] == before["a"]) != test.same {
				t.Errorf("a is the same compiled policy: %t, want %t", !test.same, test.same)
			}
			if after["b"] != before["b"] {
				t.Error("b was compiled again")
			}
		})
	}
}

func byName(list []*policy.Compiled) map[string]*policy.Compiled {
	m := map[string]*policy.Compiled{}
	for _, c := range list {
		m[c.Name()] = c
	}
	return m
}

func TestARefusedPolicyIsLoggedAndCountedAndTheOthersGoOn(t *testing.T) {
	var lines strings.Builder
	registry := prometheus.NewRegistry()
	s := New(policy.DefaultOptions(), registry, funcr.New(func(_, args string) { lines.WriteString(args + "\n") }, funcr.Options{}))
	s.policies.put(gamePolicy("good", 1, func(p *v1alpha1.GamePolicy) { p.Spec.Mode = v1alpha1.ModeEnforce }))
	s.policies.put(gamePolicy("warn", 1, func(p *v1alpha1.GamePolicy) { p.Spec.Mode = v1alpha1.ModeWarn }))
	s.policies.put(gamePolicy("bad", 1, broken))
	s.rebuild()
	set, _, synced := s.At(&networkingv1.Ingress{})
	if !synced || set.Policies() != 2 {
		t.Errorf("synced %t with %d policies, want 2", synced, set.Policies())
	}
	if !strings.Contains(lines.String(), `"policy"="bad"`) || !strings.Contains(lines.String(), "spec.mode") {
		t.Errorf("logged %s", lines.String())
	}
	const want = `# HELP gatehouse_policies GamePolicies by mode and by whether this binary accepts them as they stand.
# TYPE gatehouse_policies gauge
gatehouse_policies{accepted="false",mode="Audit"} 0
gatehouse_policies{accepted="false",mode="Enforce"} 1
gatehouse_policies{accepted="false",mode="Warn"} 0
gatehouse_policies{accepted="true",mode="Audit"} 0
gatehouse_policies{accepted="true",mode="Enforce"} 1
gatehouse_policies{accepted="true",mode="Warn"} 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "gatehouse_policies"); err != nil {
		t.Error(err)
	}
	lines.Reset()
	s.rebuild()
	if lines.Len() > 0 {
		t.Errorf("the same refusal again: %s", lines.String())
	}
}

// An edit that this binary refuses (the API server lets a stored value pass that a newer rule would refuse) takes nothing
// away from live servers.
func TestARefusedEditLeavesWhatThePolicySaidBefore(t *testing.T) {
	s := New(policy.DefaultOptions(), prometheus.NewRegistry(), logr.Discard())
	s.policies.put(gamePolicy("p", 1))
	s.rebuild()
	s.policies.put(gamePolicy("p", 2, broken))
	s.rebuild()
	if set, _, _ := s.At(&networkingv1.Ingress{}); set.Policies() != 1 {
		t.Errorf("%d policies after the refused edit, want 1", set.Policies())
	}
	other := gamePolicy("p", 1, broken)
	other.UID = "another"
	s.policies.put(other)
	s.rebuild()
	if set, _, _ := s.At(&networkingv1.Ingress{}); set.Policies() != 0 {
		t.Errorf("%d policies after another policy of the name, want 0", set.Policies())
	}
}

func TestAtIsFalseUntilEverythingIsKnown(t *testing.T) {
	s := New(policy.DefaultOptions(), prometheus.NewRegistry(), logr.Discard())
	s.policies.put(gamePolicy("a", 1))
	if _, _, synced := s.At(&networkingv1.Ingress{}); synced || s.Synced() {
		t.Error("synced before the first rebuild")
	}
	s.rebuild()
	if _, _, synced := s.At(&networkingv1.Ingress{}); !synced || !s.Synced() {
		t.Error("not synced after it")
	}
}

func TestAtKnowsTheClassAndTheLabelsOfNamespaceAndSet(t *testing.T) {
	s := New(policy.DefaultOptions(), prometheus.NewRegistry(), logr.Discard())
	namespace := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "games", Labels: map[string]string{"game": "postio"}}}
	s.namespaces.handler().OnAdd(namespace, true)
	set := &unstructured.Unstructured{Object: map[string]any{
		"metadata": map[string]any{"namespace": "games", "name": "postio", "labels": map[string]any{"tier": "live"}},
		"spec": map[string]any{"replicas": int64(2), "reserveGameServerIds": []any{int64(0)}, "network": map[string]any{
			"networkType": "Kubernetes-Ingress", "networkConf": []any{
				map[string]any{"name": "Host", "value": "lobby.example.com"}, map[string]any{"name": "Path", "value": "/s<id>"},
				map[string]any{"name": "PathType", "value": "Prefix"}, map[string]any{"name": "Port", "value": "80"},
			},
		}},
	}}
	sets := s.sets.Load().handler()
	sets.OnAdd(set, true)
	s.rebuild()
	ing := gameIngress()
	_, request, _ := s.At(ing)
	if request.Ingress != ing || request.Class.Name != "higress" || !request.Class.Managed ||
		request.NamespaceLabels["game"] != "postio" || request.SetLabels["tier"] != "live" || request.Old != nil {
		t.Errorf("request %+v", request)
	}
	if request.Template == nil || request.Template.Host(1) != "lobby.example.com" || !slices.Equal(request.SetIDs, []int{1, 2}) {
		t.Errorf("template %+v, ids %v", request.Template, request.SetIDs)
	}
	if gateway, party, managed := s.Stand(ing); gateway != "higress" || party.String() != "game server games/postio-7" || party.SharedHost != "lobby.example.com" || !managed {
		t.Errorf("stands on %s as %+v, managed %t", gateway, party, managed)
	}

	odd := set.DeepCopy()
	odd.Object["spec"].(map[string]any)["reserveGameServerIds"] = []any{1e300} //nolint:forcetypeassert // it is one, see above
	sets.OnUpdate(set, odd)
	if _, request, _ = s.At(ing); request.SetLabels["tier"] != "live" || request.Template.Makes() {
		t.Errorf("a set with a number beyond all types: labels %v, template %+v", request.SetLabels, request.Template)
	}
	unlabelled := set.DeepCopy()
	unlabelled.SetLabels(nil)
	sets.OnUpdate(set, unlabelled)
	if _, request, _ = s.At(ing); request.SetLabels == nil || len(request.SetLabels) != 0 {
		t.Errorf("a set without labels is %v, want known and empty", request.SetLabels)
	}
	sets.OnDelete(toolscache.DeletedFinalStateUnknown{Key: "games/postio", Obj: unlabelled})
	if _, request, _ = s.At(ing); request.SetLabels != nil {
		t.Errorf("a set that is gone is %v, want unknown", request.SetLabels)
	}
}

func gameIngress() *networkingv1.Ingress {
	ing := &networkingv1.Ingress{}
	ing.Namespace, ing.Name = "games", "postio-7"
	ing.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: "postio-7", Controller: ptr.To(true)}}
	ing.Spec.IngressClassName = ptr.To("higress")
	return ing
}

func TestWhatNobodyReadsIsNotCached(t *testing.T) {
	meta := func() metav1.ObjectMeta {
		return metav1.ObjectMeta{
			Name: "x", UID: "uid", Generation: 3, Labels: map[string]string{"a": "b"},
			Annotations: map[string]string{
				"kubectl.kubernetes.io/last-applied-configuration": "{}",
				networkingv1.AnnotationIsDefaultIngressClass:       "true",
			},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}},
		}
	}
	for _, object := range []metav1.Object{
		&v1alpha1.GamePolicy{ObjectMeta: meta()},
		&metav1.PartialObjectMetadata{ObjectMeta: meta()},
		&networkingv1.IngressClass{ObjectMeta: meta()},
	} {
		if _, err := trim(object); err != nil {
			t.Fatal(err)
		}
		if object.GetManagedFields() != nil || object.GetAnnotations()["kubectl.kubernetes.io/last-applied-configuration"] != "" {
			t.Errorf("%T keeps %v", object, object)
		}
		if object.GetUID() != "uid" || object.GetGeneration() != 3 || object.GetLabels()["a"] != "b" {
			t.Errorf("%T has lost %v", object, object)
		}
		_, isClass := object.(*networkingv1.IngressClass)
		if (object.GetAnnotations()[networkingv1.AnnotationIsDefaultIngressClass] == "true") != isClass {
			t.Errorf("%T: annotations %v", object, object.GetAnnotations())
		}
	}
}

func BenchmarkAt(b *testing.B) {
	s := New(policy.DefaultOptions(), prometheus.NewRegistry(), logr.Discard())
	s.rebuild()
	ing := gameIngress()
	b.ReportAllocs()
	for b.Loop() {
		s.At(ing)
	}
}

func BenchmarkCompile(b *testing.B) {
	p := gamePolicy("a", 1)
	b.ReportAllocs()
	for b.Loop() {
		if compiled, _ := compileOne(p, logr.Discard()); compiled == nil {
			b.Fatal("refused")
		}
	}
}
