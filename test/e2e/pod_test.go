package e2e_test

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/test/env"
)

// pod makes sure that there is a Pod of that name for an Ingress to belong to, and removes it with the test; the Ingress
// goes with it. It is none of OpenKruiseGame's.
func pod(t *testing.T, s *installation, name string) types.UID {
	t.Helper()
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.GamesNamespace, Name: name},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "game", Image: "game"}}},
	}
	if err := s.Create(t.Context(), p); err == nil {
		t.Cleanup(func() {
			if err := client.IgnoreNotFound(s.Delete(context.Background(), p, client.GracePeriodSeconds(0))); err != nil {
				t.Error(err)
			}
		})
	} else if err := s.Get(t.Context(), client.ObjectKeyFromObject(p), p); err != nil {
		t.Fatal(err)
	}
	return p.UID
}
