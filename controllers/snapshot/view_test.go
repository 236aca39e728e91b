package snapshot

import (
	"slices"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy"
)

func TestTheFleetIsWhatPoliciesCanSelect(t *testing.T) {
	s := New(policy.DefaultOptions(), prometheus.NewRegistry(), logr.Discard())
	if _, _, synced := s.Fleet(); synced {
		t.Error("known before the first rebuild")
	}
	for name, labels := range map[string]map[string]string{"games": {"game": "postio"}, "default": nil} {
		s.namespaces.put(&metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}})
	}
	going := lobby()
	going.SetName("going")
	going.SetDeletionTimestamp(ptr.To(metav1.Now()))
	s.sets.Load().put(lobby())
	s.sets.Load().put(going)
	s.policies.put(gamePolicy("a", 1))
	s.rebuild()

	policies, fleet, synced := s.Fleet()
	if !synced || policies.Policies() != 1 || len(fleet.Classes.Gateways()) != 1 {
		t.Errorf("synced %t, %d policies, gateways %v", synced, policies.Policies(), fleet.Classes.Gateways())
	}
	if n := fleet.Namespaces; len(n) != 2 || n["games"]["game"] != "postio" || n["default"] == nil {
		t.Errorf("namespaces %v", n)
	}
	if len(fleet.Sets) != 1 {
		t.Fatalf("sets %v, want the one that is not being deleted", fleet.Sets)
	}
	set := fleet.Sets[0]
	if set.Namespace != "games" || set.Labels["tier"] != "live" || set.Template.Host(1) != "lobby.example.com" || !slices.Equal(set.IDs, []int{1, 2}) {
		t.Errorf("set %+v", set)
	}
}
