package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
)

// show prints Ingresses: each with its host and the annotations that it does not share with all, then the shared ones.
func show(out io.Writer, ingresses []networkingv1.Ingress) {
	if len(ingresses) == 0 {
		return
	}
	common := annotations(ingresses[0])
	for _, ingress := range ingresses[1:] {
		other := annotations(ingress)
		maps.DeleteFunc(common, func(key, value string) bool { return other[key] != value })
	}
	hosts, shared := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0), tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, ingress := range ingresses {
		own := annotations(ingress)
		maps.DeleteFunc(own, func(key, _ string) bool { _, all := common[key]; return all })
		fmt.Fprintf(hosts, "  %s\t%s\t%s\n", ingress.Name, ingress.Spec.Rules[0].Host, line(own))
	}
	_ = hosts.Flush() // what cannot be printed cannot be reported either
	if len(ingresses) > 1 {
		fmt.Fprintln(out, "  and all of them")
	}
	for _, key := range slices.Sorted(maps.Keys(common)) {
		fmt.Fprintf(shared, "    %s: %s\t%s\n", key, common[key], source(ingresses[0], key))
	}
	_ = shared.Flush()
}

// line writes annotations into one line.
func line(annotations map[string]string) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		parts = append(parts, key+": "+annotations[key])
	}
	return strings.Join(parts, ", ")
}

// annotations are those that mean something to the gateway.
func annotations(ingress networkingv1.Ingress) map[string]string {
	found := maps.Clone(ingress.Annotations)
	maps.DeleteFunc(found, func(key, _ string) bool {
		return key == policy.AppliedAnnotation || strings.HasPrefix(key, "game.kruise.io/")
	})
	return found
}

// source says where an annotation comes from, as Gatehouse recorded it on the Ingress.
func source(ingress networkingv1.Ingress, key string) string {
	var record struct {
		Keys map[string]struct{ Policy, Layer string } `json:"keys"`
	}
	if err := json.Unmarshal([]byte(ingress.Annotations[policy.AppliedAnnotation]), &record); err != nil {
		return ""
	}
	from, ours := record.Keys[key]
	if !ours {
		return "(the game's developer)"
	}
	return fmt.Sprintf("(%s, %s)", from.Policy, from.Layer)
}
