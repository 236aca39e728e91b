package snapshot

import (
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/review"
)

func autoscaler(namespace, name, kind, set string, most int32) *autoscalingv2.HorizontalPodAutoscaler {
	return &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "x"}}},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "game.kruise.io/v1alpha1", Kind: kind, Name: set}, MaxReplicas: most,
			Metrics: make([]autoscalingv2.MetricSpec, 3),
		},
	}
}

func TestAnAutoscalerIsFoundByTheSetThatItScales(t *testing.T) {
	a := &Autoscalers{}
	handler := a.Handler()
	small, large := autoscaler("games", "small", "GameServerSet", "postio", 5), autoscaler("games", "large", "GameServerSet", "postio", 50)
	for _, h := range []*autoscalingv2.HorizontalPodAutoscaler{
		small, large, autoscaler("games", "same", "GameServerSet", "postio", 50),
		autoscaler("games", "other", "Deployment", "postio", 500), autoscaler("web", "far", "GameServerSet", "postio", 500),
	} {
		trimmed, err := trim(h)
		if err != nil {
			t.Fatal(err)
		}
		handler.OnAdd(trimmed, false)
	}
	if diff := cmp.Diff(&review.Autoscaler{Name: "autoscaler large", Max: 50}, a.Of("games", "postio")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if large.ManagedFields != nil || large.Spec.Metrics != nil {
		t.Errorf("kept of it: %+v", large)
	}
	handler.OnUpdate(large, autoscaler("games", "large", "Deployment", "postio", 50))
	handler.OnDelete(toolscache.DeletedFinalStateUnknown{Obj: autoscaler("games", "same", "GameServerSet", "postio", 50)})
	if got := a.Of("games", "postio"); got == nil || got.Max != 5 {
		t.Errorf("then %+v", got)
	}
	if got := a.Of("games", "arena"); got != nil {
		t.Errorf("of a set without one: %+v", got)
	}
}

func TestASetIsReviewedBesideThoseThatStand(t *testing.T) {
	s := New(policy.DefaultOptions(), prometheus.NewRegistry(), logr.Discard())
	if _, known := s.World("games"); known {
		t.Error("a world is known before anything is")
	}
	s.sets.Load().put(lobby())
	gone := lobby()
	gone.SetName("gone")
	now := metav1.Now()
	gone.SetDeletionTimestamp(&now)
	s.sets.Load().put(gone)
	s.namespaces.put(&metav1.ObjectMeta{Name: "games", Labels: map[string]string{"game": "postio"}})
	s.rebuild()
	world, known := s.World("games")
	if !known || len(world.Others) != 1 || world.Others[0].Name != "postio" || world.NamespaceLabels["game"] != "postio" {
		t.Fatalf("%t, %+v", known, world)
	}
	if o := world.Others[0]; o.Template.Host(1) != "lobby.example.com" || len(o.IDs) != 2 || o.Labels["tier"] != "live" {
		t.Errorf("%+v", o)
	}
}
