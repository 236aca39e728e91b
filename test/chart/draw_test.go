package chart_test

import (
	"maps"
	"math/rand/v2"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// draw makes random Ingresses out of few values, so that two of them often meet in one field and differ in another. They
// are such as the API server has validated before it asks a validating webhook, and some that it would refuse.
type draw struct{ *rand.Rand }

func pick[T any](d draw, of ...T) T { return of[d.IntN(len(of))] }

// pair is an UPDATE: mostly of one or two fields, sometimes of all.
func (d draw) pair() (old, updated *networkingv1.Ingress) {
	old = d.ingress()
	if d.IntN(10) == 0 {
		return old, d.ingress()
	}
	updated = old.DeepCopy()
	for range d.IntN(3) {
		d.edit(updated)
	}
	return old, updated
}

func (d draw) ingress() *networkingv1.Ingress {
	ing := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Namespace: "games", Name: "arena-7"}}
	ing.Annotations, ing.OwnerReferences = d.annotations(), d.owners()
	ing.Spec.IngressClassName, ing.Spec.DefaultBackend, ing.Spec.Rules = d.class(), d.defaultBackend(), d.rules()
	return ing
}

// edit draws one part anew.
func (d draw) edit(ing *networkingv1.Ingress) {
	pick(d,
		func() { ing.Labels = map[string]string{"tier": pick(d, "live", "test")} },
		func() { ing.Annotations = d.annotations() },
		func() { ing.Annotations = maps.Clone(ing.Annotations); d.annotate(ing) },
		func() { ing.OwnerReferences = d.owners() },
		func() { ing.Spec.IngressClassName = d.class() },
		func() { ing.Spec.DefaultBackend = d.defaultBackend() },
		func() { ing.Spec.Rules = d.rules() },
		func() { d.editRule(ing) },
		func() { d.editRule(ing) },
		func() { ing.Spec.TLS = []networkingv1.IngressTLS{{Hosts: []string{d.host()}}} },
	)()
}

// editRule draws one part of a rule anew, or moves it.
func (d draw) editRule(ing *networkingv1.Ingress) {
	if len(ing.Spec.Rules) == 0 {
		return
	}
	rule := &ing.Spec.Rules[d.IntN(len(ing.Spec.Rules))]
	if rule.HTTP == nil {
		rule.Host = d.host()
		return
	}
	path := &rule.HTTP.Paths[d.IntN(len(rule.HTTP.Paths))]
	pick(d,
		func() { slices.Reverse(ing.Spec.Rules) },
		func() { slices.Reverse(rule.HTTP.Paths) },
		func() { rule.Host = d.host() },
		func() { path.Path = d.path() },
		func() { path.PathType = d.pathType() },
		func() { path.Backend = d.backend() },
		func() { path.Backend = d.backend() },
	)()
}

func (d draw) class() *string {
	higress, canary, nginx := "higress", "higress-canary", "nginx"
	return pick(d, nil, nil, &higress, &higress, &higress, &canary, &nginx)
}

func (d draw) annotations() map[string]string {
	ing := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Annotations: pick(d, nil, map[string]string{})}}
	for range d.IntN(5) {
		d.annotate(ing)
	}
	return ing.Annotations
}

// annotate sets one annotation or takes it away.
func (d draw) annotate(ing *networkingv1.Ingress) {
	if d.IntN(6) == 0 {
		metav1.SetMetaDataAnnotation(&ing.ObjectMeta, classAnnotation, pick(d, "", "higress", "higress", "nginx"))
		return
	}
	key := pick(d, "note", "note-2", recordAnnotation, classAnnotation, "higress.io/timeout", "higress.io/canary", "higress.io/destination",
		"xhigress.io/timeout", "nginx.ingress.kubernetes.io/canary", "nginx.ingress.kubernetes.io/", "example.com/match-method", "match-", "example.com/rematch")
	if d.IntN(3) == 0 {
		delete(ing.Annotations, key)
		return
	}
	metav1.SetMetaDataAnnotation(&ing.ObjectMeta, key, pick(d, "", "true", "-5"))
}

// owners are some, of which one at most is the controller: the API server takes no second one.
func (d draw) owners() []metav1.OwnerReference {
	no := false
	var list []metav1.OwnerReference
	if d.IntN(3) > 0 {
		list = append(list, pick(d,
			owner("v1", "Pod", "arena-7"), owner("v1", "Pod", "arena-7"), owner("v1", "Pod", "arena-8"), owner("v2", "Pod", "arena-7"),
			owner("game.kruise.io/v1alpha1", "GameServerSet", "arena"), owner("v1", "GameServerSet", "arena"),
			owner("acme.cert-manager.io/v1", "Challenge", "arena-7"), owner("acme.cert-manager.io/v1", "Challenge", "arena-8")))
	}
	for range d.IntN(3) {
		o := mereOwner(owner("v1", "Pod", pick(d, "arena-7", "arena-8")))
		o.Controller = pick(d, nil, &no)
		list = slices.Insert(list, d.IntN(len(list)+1), o)
	}
	return list
}

func (d draw) rules() []networkingv1.IngressRule {
	list := pick(d, nil, []networkingv1.IngressRule{})
	for range pick(d, 0, 1, 1, 2, 3) {
		rule := networkingv1.IngressRule{Host: d.host()}
		if d.IntN(4) > 0 {
			rule.HTTP = &networkingv1.HTTPIngressRuleValue{}
			for range 1 + d.IntN(3) {
				rule.HTTP.Paths = append(rule.HTTP.Paths, networkingv1.HTTPIngressPath{
					Path: d.path(), PathType: d.pathType(), Backend: d.backend(),
				})
			}
		}
		list = append(list, rule)
	}
	return list
}

func (d draw) host() string {
	return pick(d, "", "a.example.com", "a.example.com", "A.example.com", "a.example.com.", "*.example.com")
}

// token is a path of which solvers have no other.
const token = "/.well-known/acme-challenge/x"

func (d draw) path() string { return pick(d, "", "/", "/b", token, token) }

func (d draw) pathType() *networkingv1.PathType {
	prefix, exact, other := networkingv1.PathTypePrefix, networkingv1.PathTypeExact, networkingv1.PathTypeImplementationSpecific
	return pick(d, nil, &prefix, &prefix, &exact, &other)
}

func (d draw) defaultBackend() *networkingv1.IngressBackend {
	if d.IntN(2) == 0 {
		return nil
	}
	backend := d.backend()
	return &backend
}

func (d draw) backend() networkingv1.IngressBackend {
	switch d.IntN(6) {
	case 0:
		return resourceBackend(pick(d, "files", "more"))
	case 1:
		return networkingv1.IngressBackend{}
	}
	return serviceBackend(pick(d, "a", "b"))
}

func serviceBackend(name string) networkingv1.IngressBackend {
	return networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
		Name: name, Port: networkingv1.ServiceBackendPort{Number: 80},
	}}
}

func resourceBackend(name string) networkingv1.IngressBackend {
	group := "networking.higress.io"
	return networkingv1.IngressBackend{Resource: &corev1.TypedLocalObjectReference{APIGroup: &group, Kind: "McpBridge", Name: name}}
}
