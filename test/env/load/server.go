package load

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// label is on everything that a load makes.
const label = "gatehouse.dev/load"

// server is one game server: a Pod, which stays, and its Ingress, which comes and goes.
type server struct {
	name    string
	client  client.Client
	mu      sync.Mutex
	ingress *networkingv1.Ingress
}

// newServer makes the Pod. It runs nowhere, but it has to exist: the garbage collector would take the Ingress otherwise.
func newServer(ctx context.Context, o Options, id int) (*server, error) {
	name := fmt.Sprintf("%s-%d", o.Set, id)
	meta := metav1.ObjectMeta{Namespace: o.Namespace, Name: name, Labels: map[string]string{label: o.Set}}
	pod := &corev1.Pod{ObjectMeta: meta, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "game", Image: "game"}}}}
	if err := o.Admin.Create(ctx, pod); err != nil {
		return nil, fmt.Errorf("pod %s: %w", name, err)
	}
	ing := &networkingv1.Ingress{ObjectMeta: *meta.DeepCopy()}
	ing.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: name, UID: pod.UID, Controller: ptr.To(true)}}
	ing.Spec.IngressClassName = &o.Class
	ing.Spec.Rules = []networkingv1.IngressRule{{
		Host: fmt.Sprintf("game%d.%s.example.com", id, o.Set),
		IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{
			Path: "/", PathType: ptr.To(networkingv1.PathTypePrefix),
			Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: name, Port: networkingv1.ServiceBackendPort{Number: 80}}},
		}}}},
	}}
	return &server{name: name, client: o.Client, ingress: ing}, nil
}

// leave deletes the Ingress of the round before, if there was one.
func (s *server) leave(ctx context.Context) error {
	return client.IgnoreNotFound(s.client.Delete(ctx, s.ingress.DeepCopy()))
}
