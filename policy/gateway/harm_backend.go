package gateway

import (
	"bufio"
	"math"
	"slices"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

const keyDestination = higressPrefix + "destination"

// destination is one line of the annotation of that name: where the requests of a backend go that is no Service.
type destination struct {
	share   int64
	hasPort bool
}

// readDestinations reads the annotation as Higress does (pkg/ingress/kube/annotations/destination.go). It is false where
// there is none, or one of its lines cannot be read: then Higress goes on as if there were none.
func readDestinations(annotations map[string]string) (list []destination, read bool) {
	v := normalize(annotations[keyDestination])
	if v == "" {
		return nil, false
	}
	// At a line of 64 KiB the scanner ends without a word, there as here.
	for lines := bufio.NewScanner(strings.NewReader(v)); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		d := destination{share: 100}
		if share, given := strings.CutSuffix(words[0], "%"); given {
			n, err := strconv.ParseInt(share, 10, 32)
			if err != nil || len(words) == 1 {
				return nil, false
			}
			d.share, words = n, words[1:]
		}
		address := words[0]
		if colon := strings.LastIndexByte(address, ':'); colon >= 0 {
			port, _ := strconv.ParseUint(address[colon+1:], 10, 32) // the greatest where it is too great
			d.hasPort = port > 0
		}
		list = append(list, d)
	}
	return list, true
}

// destinations: a rule's backend that is no Service has the list of the annotation for its own. Of an empty one Higress
// takes the first, and shares become 32 bits (pkg/ingress/config/ingress_config.go normalizeWeightedCluster).
func (s *harms) destinations(ing *networkingv1.Ingress) {
	list, read := readDestinations(s.annotations)
	if !read || !hasResources(ing) {
		return
	}
	sum, negative := int64(0), false
	for _, d := range list {
		sum += d.share
		negative = negative || d.share < 0
	}
	v := finding.Quote(s.annotations[keyDestination])
	switch {
	case len(list) == 0:
		s.key(keyDestination, v+" has no line of the form [share] host[:port] [subset]; Higress's controller crashes on it; correct or remove it")
	case negative, sum > math.MaxInt32, sum == 0 && len(list) > 1:
		s.key(keyDestination, v+" has no shares that make a whole; "+refusesAll+"let them add up to 100")
	}
}

// hasResources tells whether a rule has a backend that is no Service.
func hasResources(ing *networkingv1.Ingress) bool {
	return slices.ContainsFunc(ing.Spec.Rules, func(rule networkingv1.IngressRule) bool {
		return rule.HTTP != nil && slices.ContainsFunc(rule.HTTP.Paths, func(p networkingv1.HTTPIngressPath) bool {
			return p.Backend.Service == nil && p.Backend.Resource != nil
		})
	})
}

// defaultBackend: for a default backend that is not its own McpBridge Higress looks into the Service that there is not, and
// for its McpBridge into the first line of the annotation, at its port too (ingressv1/controller.go createDefaultRoute,
// common/model.go NewAndAdd). Canaries have none.
func (s *harms) defaultBackend(ing *networkingv1.Ingress) {
	b := ing.Spec.DefaultBackend
	if b == nil || b.Resource == nil || s.canary {
		return
	}
	r := b.Resource
	if r.APIGroup == nil || *r.APIGroup != networkingv1.GroupName || r.Kind != "McpBridge" || r.Name != "default" {
		s.add("spec.defaultBackend.resource", "a default backend that is no Service crashes Higress's controller, and again at each restart, for all Ingresses; use a Service")
		return
	}
	if list, read := readDestinations(s.annotations); !read || len(list) == 0 || !list[0].hasPort {
		s.add("spec.defaultBackend.resource", "the default McpBridge crashes Higress's controller without the annotation "+keyDestination+
			" and, on its first line, host:port; correct that, or use a Service")
	}
}
