package offline

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
)

// Namespaces are the labels of namespaces.
type Namespaces map[string]map[string]string

// NamespacesOf are those of the input.
func NamespacesOf(list []*corev1.Namespace) Namespaces {
	out := Namespaces{}
	for _, n := range list {
		out[n.Name] = maps.Clone(n.Labels)
	}
	return out
}

// Labels are those of a namespace, with what the API server sets on every one.
func (n Namespaces) Labels(namespace string) map[string]string {
	labels := n[namespace]
	if labels == nil {
		labels = map[string]string{}
		n[namespace] = labels
	}
	labels[corev1.LabelMetadataName] = namespace
	return labels
}
