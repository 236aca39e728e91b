package snapshot_test

import (
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	chart "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

// heard is what a handler has heard of.
type heard[T client.Object] struct {
	mu      sync.Mutex
	objects map[string]T
}

func (h *heard[T]) follow(kind T) func(*snapshot.Snapshot) {
	h.objects = map[string]T{}
	return func(s *snapshot.Snapshot) {
		s.Follow(kind, snapshot.Handler(
			func(object T) { h.mu.Lock(); defer h.mu.Unlock(); h.objects[object.GetName()] = object },
			func(object T) { h.mu.Lock(); defer h.mu.Unlock(); delete(h.objects, object.GetName()) }))
	}
}

func (h *heard[T]) all() map[string]T {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.objects)
}

// TestASnapshotIsSyncedOnlyWithTheFurtherKindsThatItFollows: who decides by them must not begin without them.
func TestASnapshotIsSyncedOnlyWithTheFurtherKindsThatItFollows(t *testing.T) {
	e := env.Run(t, env.Options{})
	ctx := t.Context()
	installCRDs(t, e)
	var claims heard[*v1alpha1.HostClaim]
	var ingresses heard[*networkingv1.Ingress]
	f := run(t, e, ingresses.follow(&networkingv1.Ingress{}), claims.follow(&v1alpha1.HostClaim{}))
	eventually(t, "that a kind is missing is logged", func() bool { return strings.Contains(f.log.String(), "cannot follow a kind yet") })

	ing := &networkingv1.Ingress{}
	ing.Namespace, ing.Name, ing.Labels = "default", "front", map[string]string{"a": "b"}
	ing.Spec.IngressClassName = ptr.To("higress")
	ing.Spec.Rules = []networkingv1.IngressRule{{Host: "shop.example.com", IngressRuleValue: networkingv1.IngressRuleValue{
		HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{
			Path: "/", PathType: ptr.To(networkingv1.PathTypePrefix), Backend: networkingv1.IngressBackend{
				Service: &networkingv1.IngressServiceBackend{Name: "x", Port: networkingv1.ServiceBackendPort{Number: 80}}},
		}}},
	}}}
	must(t, f.client.Create(ctx, ing))
	eventually(t, "the Ingress is heard of, before everything is known", func() bool { return ingresses.all()["front"] != nil })
	if f.Synced() {
		t.Fatal("synced without a kind")
	}
	if got := ingresses.all()["front"]; got.Labels != nil || got.ManagedFields != nil || got.Spec.Rules[0].HTTP != nil {
		t.Errorf("keeps what nobody reads: %+v", got)
	}

	crd, err := chart.CRDs.ReadFile(chart.HostClaimCRD)
	must(t, err)
	_, err = e.Apply(ctx, crd)
	must(t, err)
	t.Logf("synced %s after the kind is served", eventually(t, "synced", f.Synced))

	claim := &v1alpha1.HostClaim{Spec: v1alpha1.HostClaimSpec{
		Class: "higress", Host: "shop.example.com", Sharing: v1alpha1.SharingNamespace,
		Holder: v1alpha1.Holder{Namespace: "default"}, RenewedAt: host.Stamp(time.Now()),
	}}
	claim.Name = "shop.example.com.higress"
	must(t, f.client.Create(ctx, claim))
	eventually(t, "the claim is heard of", func() bool { return claims.all()[claim.Name] != nil })
	if got := claims.all()[claim.Name]; got.ManagedFields != nil || got.UID != claim.UID || got.ResourceVersion != claim.ResourceVersion {
		t.Errorf("%+v", got)
	}
	must(t, f.client.Delete(ctx, claim))
	eventually(t, "it is forgotten", func() bool { return claims.all()[claim.Name] == nil })
}
