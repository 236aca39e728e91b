package ingress

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

const (
	annotationsPath = "/metadata/annotations"
	classPath       = "/spec/ingressClassName"
)

// operation is one step of a JSON patch (RFC 6902).
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

var pointerToken = strings.NewReplacer("~", "~0", "/", "~1")

// patch is the JSON patch that gives an Ingress the annotations and the class of another; nil if it has them.
func patch(have, want *networkingv1.Ingress) ([]byte, error) {
	operations := annotationOperations(have.Annotations, want.Annotations)
	before, after := have.Spec.IngressClassName, want.Spec.IngressClassName
	switch {
	case after != nil && (before == nil || *before != *after):
		operations = append(operations, operation{Op: "add", Path: classPath, Value: *after})
	case after == nil && before != nil:
		operations = append(operations, operation{Op: "remove", Path: classPath})
	}
	if len(operations) == 0 {
		return nil, nil
	}
	return json.Marshal(operations)
}

// annotationOperations is the JSON patch that turns the annotations of an object into others, key by key, in the order of
// the keys. A patch that does not apply fails the whole request, whatever failurePolicy says, so a key that stands is
// set by add, which replaces, and only a key that stands is removed.
func annotationOperations(have, want map[string]string) []operation {
	if len(have) == 0 && len(want) > 0 {
		// The map is not there to add to.
		return []operation{{Op: "add", Path: annotationsPath, Value: want}}
	}
	var operations []operation
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if value, stands := have[key]; !stands || value != want[key] {
			operations = append(operations, operation{Op: "add", Path: pathOf(key), Value: want[key]})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(have)) {
		if _, stays := want[key]; !stays {
			operations = append(operations, operation{Op: "remove", Path: pathOf(key)})
		}
	}
	return operations
}

func pathOf(key string) string { return annotationsPath + "/" + pointerToken.Replace(key) }
