package chart_test

import (
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// What the random pairs may miss, and what a reader wants to know for sure.
func TestWhichUpdatesTheValidatorIsCalledFor(t *testing.T) {
	_, validator := webhookConditions(t)
	base := func(changes ...change) *networkingv1.Ingress {
		return gameIngress("games", "arena-7", append([]change{annotation("higress.io/timeout", "5")}, changes...)...)
	}
	rule := func(edit func(*networkingv1.IngressRule)) change {
		return func(ing *networkingv1.Ingress) { edit(&ing.Spec.Rules[0]) }
	}
	path := func(edit func(*networkingv1.HTTPIngressPath)) change {
		return rule(func(r *networkingv1.IngressRule) { edit(&r.HTTP.Paths[0]) })
	}
	resource := path(func(p *networkingv1.HTTPIngressPath) { p.Backend = resourceBackend("files") })
	service := func(name string) change {
		return path(func(p *networkingv1.HTTPIngressPath) { p.Backend.Service.Name = name })
	}
	none := func(*networkingv1.Ingress) {}
	for what, row := range map[string]struct {
		called   bool
		old, new change
	}{
		"nothing": {false, none, none},
		"a label": {false, none, func(i *networkingv1.Ingress) { i.Labels = map[string]string{"a": "b"} }},
		"a finalizer, while it is being deleted": {false, none, func(i *networkingv1.Ingress) {
			now := metav1.Now()
			i.DeletionTimestamp, i.Finalizers = &now, []string{"example.com/wait"}
		}},
		"an annotation that no gateway reads": {false, none, annotation("note", "x")},
		"our own record":                      {false, none, annotation(recordAnnotation, "{}")},
		"no annotations to an empty map":      {false, func(i *networkingv1.Ingress) { i.Annotations = nil }, func(i *networkingv1.Ingress) { i.Annotations = map[string]string{} }},
		"another Service behind a path":       {false, none, service("other")},
		"TLS":                                 {false, none, func(i *networkingv1.Ingress) { i.Spec.TLS = []networkingv1.IngressTLS{{SecretName: "s"}} }},
		"another Pod of the same name":        {false, none, owners(func() metav1.OwnerReference { o := owner("v1", "Pod", "arena-7"); o.UID = "2"; return o }())},
		"an owner that is no controller": {false, none, func(i *networkingv1.Ingress) {
			i.OwnerReferences = append(i.OwnerReferences, mereOwner(owner("v1", "Pod", "x")))
		}},
		"another host":                          {true, none, rule(func(r *networkingv1.IngressRule) { r.Host = "b.example.com" })},
		"a host in another spelling":            {true, none, rule(func(r *networkingv1.IngressRule) { r.Host += "." })},
		"a host less":                           {true, func(i *networkingv1.Ingress) { i.Spec.Rules = append(i.Spec.Rules, i.Spec.Rules[0]) }, none},
		"another path":                          {true, none, path(func(p *networkingv1.HTTPIngressPath) { p.Path = "/b" })},
		"another path type":                     {true, none, path(func(p *networkingv1.HTTPIngressPath) { exact := networkingv1.PathTypeExact; p.PathType = &exact })},
		"a rule that loses its paths":           {true, none, rule(func(r *networkingv1.IngressRule) { r.HTTP = nil })},
		"a default backend":                     {true, none, func(i *networkingv1.Ingress) { b := serviceBackend("a"); i.Spec.DefaultBackend = &b }},
		"another class":                         {true, none, class("higress-canary")},
		"the class as annotation too":           {true, none, annotation(classAnnotation, "higress")},
		"to a class that is not managed":        {false, none, class("nginx")},
		"into a managed class":                  {true, class("nginx"), none},
		"out of quarantine":                     {true, class("gatehouse-quarantine"), none},
		"into quarantine":                       {false, none, class("gatehouse-quarantine")},
		"another owner":                         {true, none, owners(owner("v1", "Pod", "arena-8"))},
		"no owner":                              {true, none, owners()},
		"an owner that is the controller now":   {true, owners(mereOwner(owner("v1", "Pod", "arena-7"))), none},
		"another value that Higress reads":      {true, none, annotation("higress.io/timeout", "6")},
		"an empty value that Higress reads":     {true, none, annotation("higress.io/canary", "")},
		"a value less that Higress reads":       {true, annotation("nginx.ingress.kubernetes.io/canary", "true"), none},
		"a condition under a prefix of nobody":  {true, none, annotation("example.com/exact-match-header-a", "b")},
		"a backend that is no Service":          {true, none, resource},
		"another Service beside such a backend": {true, both(resource, addPath("a")), both(resource, addPath("b"))},
		"a label beside such a backend":         {false, resource, both(resource, func(i *networkingv1.Ingress) { i.Labels = map[string]string{"a": "b"} })},
		"a Service in place of such a backend":  {false, resource, none},
	} {
		t.Run(what, func(t *testing.T) {
			old, updated := base(row.old), base(row.new)
			if called, _ := validator.match(t, old, updated); called != row.called {
				t.Errorf("called: %t, want %t\n%s", called, row.called, pairText(t, old, updated))
			}
			classes := managed(t, "")
			if judged := classes.Of(updated).Managed && !host.Compare(old, updated).IsZero(); judged != row.called {
				t.Errorf("the code would judge it: %t, want %t", judged, row.called)
			}
		})
	}
}

func both(changes ...change) change {
	return func(ing *networkingv1.Ingress) {
		for _, change := range changes {
			change(ing)
		}
	}
}

func addPath(service string) change {
	return func(ing *networkingv1.Ingress) {
		http := ing.Spec.Rules[0].HTTP
		path := http.Paths[0]
		path.Path, path.Backend = "/more", serviceBackend(service)
		http.Paths = append(slices.Clone(http.Paths), path)
	}
}
