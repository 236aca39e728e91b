package host

import (
	"maps"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Change is what an UPDATE does to an Ingress, as far as it bears on hosts and on what the gateway makes of them. The zero
// value is an UPDATE that nobody has to judge. The chart's match conditions say the same in CEL.
type Change struct {
	// Standing: the class, the controller owner, the canary role or that of an ACME solver is another, so all hosts count as
	// added.
	Standing bool
	// Orphaned: Standing, for the only reason that the controller owner is gone.
	Orphaned bool
	// Rules: the hosts or the paths of the rules are others in any way, or the default backend comes or goes.
	Rules bool
	// Added are the hosts that the stored object does not have, sorted; all hosts where Standing.
	Added []string
	// Routed are the other hosts of which the paths, or the conditions of the whole Ingress, are others. Sorted.
	Routed []string
	// Annotations: annotations that gateways read are others.
	Annotations bool
	// Backends: a backend that is no Service is there, and the rules or the default backend are others.
	Backends bool
}

// IsZero tells whether the UPDATE needs no judgement.
func (c Change) IsZero() bool { return !c.Standing && !c.Rules && !c.Annotations && !c.Backends }

// Compare says what an UPDATE changes, given the stored and the new object; a nil stored object is a CREATE. What was
// already there and stays as it was is not judged again, so that a duplicate from before the installation can still be
// labelled, scaled down or repaired.
func Compare(stored, updated *networkingv1.Ingress) Change {
	hosts := Of(updated)
	if stored == nil {
		return Change{Standing: true, Rules: true, Added: hosts, Annotations: true, Backends: resourceBackends(updated)}
	}
	was, is := standing(stored), standing(updated)
	change := Change{
		Standing:    was != is,
		Orphaned:    orphaned(was, is),
		Rules:       !sameRules(stored, updated),
		Annotations: !maps.Equal(filter(stored, IsGatewayAnnotation), filter(updated, IsGatewayAnnotation)),
		Backends: resourceBackends(updated) && (!equality.Semantic.DeepEqual(stored.Spec.Rules, updated.Spec.Rules) ||
			!equality.Semantic.DeepEqual(stored.Spec.DefaultBackend, updated.Spec.DefaultBackend)),
	}
	if change.Standing {
		change.Added = hosts
		return change
	}
	before, conditions := Of(stored), !maps.Equal(filter(stored, IsCondition), filter(updated, IsCondition))
	for _, host := range hosts {
		switch _, stood := slices.BinarySearch(before, host); {
		case !stood:
			change.Added = append(change.Added, host)
		case conditions || !slices.Equal(paths(stored, host), paths(updated, host)):
			change.Routed = append(change.Routed, host)
		}
	}
	return change
}

// stance is as what an Ingress stands to its hosts.
type stance struct {
	classAnnotation, class string
	owner                  owner
	canary, canaryTwin     string
	// A solver is let in wherever it answers challenges alone. With any other path it is a web Ingress.
	solver bool
}

// owner is the controller of an Ingress; zero if it has none.
type owner struct{ api, kind, name string }

const (
	classAnnotation = "kubernetes.io/ingress.class"
	canaryKey       = "higress.io/canary"
	canaryTwin      = "nginx.ingress.kubernetes.io/canary"
)

func standing(ing *networkingv1.Ingress) stance {
	s := stance{
		classAnnotation: ing.Annotations[classAnnotation],
		canary:          ing.Annotations[canaryKey], canaryTwin: ing.Annotations[canaryTwin],
		solver: IsSolver(ing),
	}
	if ing.Spec.IngressClassName != nil {
		s.class = *ing.Spec.IngressClassName
	}
	if controller := metav1.GetControllerOfNoCopy(ing); controller != nil {
		s.owner = owner{controller.APIVersion, controller.Kind, controller.Name}
	}
	return s
}

// orphaned tells whether a controller is gone and all else is as it was.
func orphaned(was, is stance) bool {
	if was.owner == (owner{}) || is.owner != (owner{}) {
		return false
	}
	was.owner = owner{}
	return was == is
}

// IsGatewayAnnotation tells whether a gateway may read a key: it stands under one of the two prefixes of Higress, or
// holds the words that its controller looks for anywhere in a key.
func IsGatewayAnnotation(key string) bool {
	return strings.HasPrefix(key, "higress.io/") || strings.HasPrefix(key, "nginx.ingress.kubernetes.io/") || IsCondition(key)
}

// IsCondition tells whether a key adds a condition to the routes of its Ingress, such as a header or a method.
func IsCondition(key string) bool { return strings.Contains(key, "match-") }

func filter(ing *networkingv1.Ingress, keep func(string) bool) map[string]string {
	out := map[string]string{}
	for k, v := range ing.Annotations {
		if keep(k) {
			out[k] = v
		}
	}
	return out
}

// sameRules compares the rules as they are written, in their order, but for the backends.
func sameRules(a, b *networkingv1.Ingress) bool {
	return (a.Spec.DefaultBackend == nil) == (b.Spec.DefaultBackend == nil) &&
		slices.EqualFunc(a.Spec.Rules, b.Spec.Rules, func(a, b networkingv1.IngressRule) bool {
			return a.Host == b.Host && slices.Equal(pathsOf(&a), pathsOf(&b))
		})
}

// paths lists what an Ingress has on one host, in its order, but for the backends.
func paths(ing *networkingv1.Ingress, host string) []string {
	var out []string
	for i := range ing.Spec.Rules {
		if rule := &ing.Spec.Rules[i]; Normalize(rule.Host) == host {
			out = append(out, pathsOf(rule)...)
		}
	}
	return out
}

func pathsOf(rule *networkingv1.IngressRule) []string {
	if rule.HTTP == nil {
		return nil
	}
	out := make([]string, 0, len(rule.HTTP.Paths))
	for _, p := range rule.HTTP.Paths {
		kind := networkingv1.PathType("")
		if p.PathType != nil {
			kind = *p.PathType
		}
		out = append(out, string(kind)+" "+p.Path)
	}
	return out
}

// resourceBackends tells whether any backend is no Service.
func resourceBackends(ing *networkingv1.Ingress) bool {
	if b := ing.Spec.DefaultBackend; b != nil && b.Resource != nil {
		return true
	}
	for i := range ing.Spec.Rules {
		if http := ing.Spec.Rules[i].HTTP; http != nil && slices.ContainsFunc(http.Paths,
			func(p networkingv1.HTTPIngressPath) bool { return p.Backend.Resource != nil }) {
			return true
		}
	}
	return false
}
