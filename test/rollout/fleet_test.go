package rollout_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

// fleet is a GameServerSet with the parameter Fixed: its Ingresses belong to the set, and stand without Pods.
type fleet struct {
	name    string
	servers int
	// opinionated: some of its authors say themselves what a policy would say.
	opinionated bool
}

func (f fleet) server(id int) string { return fmt.Sprintf("%s-%d", f.name, id) }

func (f fleet) key(id int) types.NamespacedName {
	return types.NamespacedName{Namespace: string(studio), Name: f.server(id)}
}

// author is what the author of a server's Ingress writes.
func (f fleet) author(id int) map[string]string {
	out := map[string]string{hashKey: "3637547633"}
	if !f.opinionated {
		return out
	}
	switch id % 10 {
	case 0:
		out[timeoutKey] = "5"
	case 1:
		out[triesKey] = "9"
	case 2:
		out["nginx.ingress.kubernetes.io/proxy-next-upstream-tries"] = "8"
	case 3:
		out["nginx.ingress.kubernetes.io/cors-allow-origin"], out["example.com/note"] = "https://example.com", "ours"
	}
	return out
}

// launch makes the set and then, as the ordinary user, the Ingresses that OpenKruiseGame would make.
func (s *stage) launch(t *testing.T, f fleet) {
	t.Helper()
	set := &gameserver.GameServerSet{ObjectMeta: metav1.ObjectMeta{Namespace: string(studio), Name: f.name}}
	set.Spec.Replicas = ptr.To(int32(f.servers))
	set.Spec.Network = &gameserver.Network{NetworkType: gameserver.NetworkType, NetworkConf: []gameserver.Param{
		{Name: "IngressClassName", Value: managed}, {Name: "Host", Value: f.name + "<id>.rollout.test"}, {Name: "Path", Value: "/"},
		{Name: "PathType", Value: "Prefix"}, {Name: "Port", Value: "5000"}, {Name: "Fixed", Value: "true"},
	}}
	if err := s.studio.Create(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // and with it, in time, its Ingresses
		if err := s.admin.Delete(context.Background(), set); err != nil {
			t.Error(err)
		}
	})
	const clients = 8
	var group sync.WaitGroup
	for first := range clients {
		group.Go(func() {
			for id := first; id < f.servers; id += clients {
				if err := s.studio.Create(t.Context(), f.ingress(id, set.UID)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	s.wait(t, time.Minute, "the journal to know all of "+f.name, func(context.Context) (bool, error) {
		for id := range f.servers {
			if s.journal.get(f.key(id)) == nil {
				return false, fmt.Errorf("%s is missing", f.server(id))
			}
		}
		return true, nil
	})
}

func (f fleet) ingress(id int, set types.UID) *networkingv1.Ingress {
	ing := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{
		Namespace: string(studio), Name: f.server(id), Annotations: f.author(id),
		OwnerReferences: []metav1.OwnerReference{{
			APIVersion: gameserver.GroupVersion.String(), Kind: "GameServerSet", Name: f.name, UID: set,
			Controller: ptr.To(true), BlockOwnerDeletion: ptr.To(true),
		}},
	}}
	ing.Spec.IngressClassName = ptr.To(managed)
	ing.Spec.Rules = []networkingv1.IngressRule{{
		Host: fmt.Sprintf("%s%d.rollout.test", f.name, id),
		IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{
			Path: "/", PathType: ptr.To(networkingv1.PathTypePrefix),
			Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
				Name: f.server(id), Port: networkingv1.ServiceBackendPort{Number: 5000},
			}},
		}}}},
	}}
	return ing
}

// settings are what the policy of a fleet says. No two edits are equal, so that every Ingress has to follow.
type settings struct {
	timeout, tries, perSecond int
}

func (x settings) faster(perSecond int) settings {
	x.perSecond = perSecond
	return x
}

// decree applies the policy of a set as the operator.
func (s *stage) decree(t *testing.T, set string, x settings) {
	t.Helper()
	s.kubectl(t, env.Operator, fmt.Sprintf(`
apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: %[1]s}
spec:
  targets: {gameServerSetNames: [%[1]s]}
  defaults: {requestTimeout: %[2]ds}
  overrides: {retry: {attempts: %[3]d}}
  rollout: {maxPerSecond: %[4]d}
`, set, x.timeout, x.tries, x.perSecond), "apply", "-f", "-")
}

// carrying counts the servers whose Ingress carries what their policy says.
func (s *stage) carrying(f fleet, x settings) int {
	n := 0
	for id := range f.servers {
		if ing := s.journal.get(f.key(id)); ing != nil && f.carries(ing, id, x) {
			n++
		}
	}
	return n
}

func (f fleet) carries(ing *networkingv1.Ingress, id int, x settings) bool {
	timeout := fmt.Sprint(x.timeout)
	if own, speaks := f.author(id)[timeoutKey]; speaks {
		timeout = own
	}
	_, twin := ing.Annotations["nginx.ingress.kubernetes.io/proxy-next-upstream-tries"]
	return ing.Annotations[timeoutKey] == timeout && ing.Annotations[triesKey] == fmt.Sprint(x.tries) && !twin
}

// atLeast waits until so many servers carry what their policy says.
func (s *stage) atLeast(t *testing.T, n int, f fleet, x settings) {
	t.Helper()
	s.wait(t, time.Minute, fmt.Sprintf("%d servers of %s to follow", n, f.name), func(context.Context) (bool, error) {
		got := s.carrying(f, x)
		return got >= n, fmt.Errorf("%d do", got)
	})
}

func (s *stage) all(t *testing.T, f fleet, x settings) {
	t.Helper()
	s.atLeast(t, f.servers, f, x)
}

// asWritten tells whether an Ingress carries what its author wrote and nothing else.
func (s *stage) asWritten(f fleet, id int) error {
	ing := s.journal.get(f.key(id))
	if ing == nil || !maps.Equal(ing.Annotations, f.author(id)) {
		return fmt.Errorf("%s is %v", f.server(id), ing)
	}
	return nil
}
