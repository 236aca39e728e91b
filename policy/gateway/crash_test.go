package gateway_test

import (
	"bufio"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// controllerCrashes goes through an Ingress as Higress's controller does, as far as it can crash on the way, and tells
// whether it does. Like reference, it was written from what is known of the controller, apart from the package under test.
func controllerCrashes(ing *networkingv1.Ingress) (yes bool) {
	defer func() {
		if recover() != nil {
			yes = true
		}
	}()
	for key := range ing.Annotations {
		if panics(key) {
			return true
		}
	}
	read := readDestination(ing.Annotations[hp+"destination"])
	isCanary, _ := either(reference(ing.Annotations), "canary", asBool)
	for _, rule := range ing.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for _, p := range rule.HTTP.Paths {
			if p.Backend.Service == nil && p.Backend.Resource != nil && read != nil {
				_ = read.list[0] // its weight, or as a canary its fallback
			}
		}
	}
	if b := ing.Spec.DefaultBackend; b != nil && !isCanary {
		r := b.Resource
		if r == nil || r.APIGroup == nil || *r.APIGroup != "networking.k8s.io" || r.Kind != "McpBridge" || r.Name != "default" {
			_ = b.Service.Port
		} else {
			_ = *read.list[0].port
		}
	}
	return false
}

type parsedDestination struct{ list []parsedTarget }

type parsedTarget struct{ port *uint64 }

// readDestination is nil where the controller gives up.
func readDestination(text string) *parsedDestination {
	text, given := asText(text)
	if !given {
		return nil
	}
	out := &parsedDestination{}
	scanner := bufio.NewScanner(strings.NewReader(text))
	for scanner.Scan() {
		pairs := strings.Fields(scanner.Text())
		if len(pairs) == 0 {
			continue
		}
		at := 0
		if strings.HasSuffix(pairs[0], "%") {
			if _, err := strconv.ParseInt(strings.TrimSuffix(pairs[0], "%"), 10, 32); err != nil {
				return nil
			}
			at = 1
		}
		if len(pairs) <= at {
			return nil
		}
		target := parsedTarget{}
		if colon := strings.LastIndex(pairs[at], ":"); colon != -1 {
			if port, _ := strconv.ParseUint(pairs[at][colon+1:], 10, 32); port > 0 {
				target.port = &port
			}
		}
		out.list = append(out.list, target)
	}
	return out
}
