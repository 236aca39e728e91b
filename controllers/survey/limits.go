package survey

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// HigressKey is where in its ConfigMap Higress looks: pkg/ingress/kube/configmap/config.go HigressConfigMapKey.
const HigressKey = "higress"

// HigressLimits are Higress's own. It is false for known where nobody is to look. Without a ConfigMap, or without the key in
// it, Higress goes on with what it starts with.
func (s *Survey) HigressLimits(ctx context.Context) (limits gateway.Limits, known bool, err error) {
	if s.higress.Name == "" {
		return gateway.Limits{}, false, nil
	}
	// Untyped, so that the manager's scheme need not know all of the core API for one object.
	config := &unstructured.Unstructured{}
	config.SetGroupVersionKind(schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"})
	switch err := s.reader.Get(ctx, s.higress, config); {
	case apierrors.IsNotFound(err):
		return gateway.DefaultHigressLimits(), true, nil
	case apierrors.IsForbidden(err):
		return gateway.Limits{}, false, fmt.Errorf("ConfigMap %s with the limits of Higress may not be read by Gatehouse", s.higress)
	case err != nil:
		return gateway.Limits{}, false, fmt.Errorf("read ConfigMap %s: %w", s.higress, err)
	}
	text, given, err := unstructured.NestedString(config.Object, "data", HigressKey)
	if err != nil || !given {
		return gateway.DefaultHigressLimits(), true, err
	}
	limits, err = gateway.ParseHigressLimits(text)
	if err != nil {
		return gateway.Limits{}, false, fmt.Errorf("ConfigMap %s is ignored by Higress: %w", s.higress, err)
	}
	return limits, true, nil
}
