package snapshot

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// Refer is a GamePolicy as events name it, nil where it does not stand.
func (s *Snapshot) Refer(name string) runtime.Object {
	s.policies.mu.Lock()
	defer s.policies.mu.Unlock()
	p, stands := s.policies.standing[name]
	if !stands {
		return nil
	}
	return &corev1.ObjectReference{
		APIVersion: v1alpha1.GroupVersion.String(), Kind: "GamePolicy", Name: p.Name, UID: p.UID, ResourceVersion: p.ResourceVersion,
	}
}
