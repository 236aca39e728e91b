package chart_test

import (
	"fmt"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/test/env/chart"
)

const (
	classAnnotation  = "kubernetes.io/ingress.class"
	recordAnnotation = "gatehouse.dev/applied"
)

// change makes a variation of the Ingress that OpenKruiseGame makes for a Pod.
type change func(*networkingv1.Ingress)

func gameIngress(namespace, name string, changes ...change) *networkingv1.Ingress {
	prefix := networkingv1.PathTypePrefix
	ing := &networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{{
			Host: name + ".example.com",
			IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
				Paths: []networkingv1.HTTPIngressPath{{Path: "/", PathType: &prefix, Backend: networkingv1.IngressBackend{
					Service: &networkingv1.IngressServiceBackend{Name: name, Port: networkingv1.ServiceBackendPort{Number: 80}},
				}}},
			}},
		}}},
	}
	for _, change := range append([]change{class("higress"), owners(owner("v1", "Pod", name))}, changes...) {
		change(ing)
	}
	return ing
}

func owner(version, kind, name string) metav1.OwnerReference {
	yes := true
	return metav1.OwnerReference{APIVersion: version, Kind: kind, Name: name, UID: types.UID(name), Controller: &yes}
}

func owners(list ...metav1.OwnerReference) change {
	return func(ing *networkingv1.Ingress) { ing.OwnerReferences = list }
}

func mereOwner(o metav1.OwnerReference) metav1.OwnerReference { o.Controller = nil; return o }

func class(name string) change {
	return func(ing *networkingv1.Ingress) { ing.Spec.IngressClassName = &name }
}

func noClass(ing *networkingv1.Ingress) { ing.Spec.IngressClassName = nil }

func annotation(key, value string) change {
	return func(ing *networkingv1.Ingress) { metav1.SetMetaDataAnnotation(&ing.ObjectMeta, key, value) }
}

func TestWhichNewIngressesReachTheWebhook(t *testing.T) {
	c := installed(t)
	const name, ns = "arena-7", "default"
	set := owner("game.kruise.io/v1alpha1", "GameServerSet", "arena")
	var many []metav1.OwnerReference
	for i := range 1000 {
		many = append(many, mereOwner(owner("v1", "Pod", fmt.Sprintf("arena-%d", i+100))))
	}
	for what, row := range map[string]struct {
		reaches bool
		ing     *networkingv1.Ingress
	}{
		"of a game server":                      {true, gameIngress(ns, name)},
		"of a game server, fixed":               {true, gameIngress(ns, name, owners(set))},
		"of the other managed class":            {true, gameIngress(ns, name, class("higress-canary"))},
		"behind other owners":                   {true, gameIngress(ns, name, owners(mereOwner(set), owner("v1", "Pod", name)))},
		"behind a thousand owners":              {true, gameIngress(ns, name, owners(append(many, owner("v1", "Pod", name))...))},
		"without a class":                       {true, gameIngress(ns, name, noClass)},
		"with the class as annotation":          {true, gameIngress(ns, name, noClass, annotation(classAnnotation, "higress"))},
		"with an empty class annotation":        {true, gameIngress(ns, name, noClass, annotation(classAnnotation, ""))},
		"with other annotations":                {true, gameIngress(ns, name, annotation("higress.io/timeout", "5"))},
		"of another class with our record":      {true, gameIngress(ns, name, class("nginx"), annotation(recordAnnotation, "{}"))},
		"of another class":                      {false, gameIngress(ns, name, class("nginx"))},
		"of another class by annotation":        {false, gameIngress(ns, name, noClass, annotation(classAnnotation, "nginx"))},
		"of a web front end":                    {false, gameIngress(ns, name, owners())},
		"of a web front end without a class":    {false, gameIngress(ns, name, owners(), noClass)},
		"of a web front end with our record":    {false, gameIngress(ns, name, owners(), annotation(recordAnnotation, "{}"))},
		"of another pod":                        {false, gameIngress(ns, name, owners(owner("v1", "Pod", "arena-8")))},
		"of a pod that is not its controller":   {false, gameIngress(ns, name, owners(mereOwner(owner("v1", "Pod", name))))},
		"of something else of that name":        {false, gameIngress(ns, name, owners(owner("v1", "Service", name)))},
		"of another API's GameServerSet":        {false, gameIngress(ns, name, owners(owner("games.example.com/v1", "GameServerSet", "arena")))},
		"of an ACME solver":                     {false, gameIngress(ns, name, owners(owner("acme.cert-manager.io/v1", "Challenge", name)))},
		"in kube-system":                        {false, gameIngress("kube-system", name)},
		"in the namespace of Gatehouse":         {false, gameIngress(c.release.Namespace, name)},
		"with a generated name, hence no pod's": {false, gameIngress(ns, name, func(i *networkingv1.Ingress) { i.Name, i.GenerateName = "", "arena-" })},
	} {
		t.Run(what, func(t *testing.T) {
			before := c.calls(t)
			if err := c.Create(t.Context(), row.ing, client.DryRunAll); err != nil {
				t.Fatal(err)
			}
			c.expectCalls(t, before, row.reaches)
		})
	}
}

// The steps follow each other on one object.
func TestWhichUpdatesReachTheWebhook(t *testing.T) {
	c := installed(t)
	ing := gameIngress("default", "reach-1", annotation("a", "1"), annotation("b", "2"))
	ing.Finalizers = []string{"example.com/wait"}
	before := c.calls(t)
	if err := c.Create(t.Context(), ing); err != nil {
		t.Fatal(err)
	}
	c.expectCalls(t, before, true)
	for _, step := range []struct {
		what    string
		reaches bool
		write   func() error
	}{
		{"a label", true, c.patch(t, ing, `{"metadata":{"labels":{"x":"y"}}}`)},
		{"an annotation taken away", true, c.patch(t, ing, `{"metadata":{"annotations":{"a":null}}}`)},
		{"a PUT of what stands", true, func() error { return c.Update(t.Context(), ing) }},
		{"status alone", false, func() error {
			ing.Status.LoadBalancer.Ingress = []networkingv1.IngressLoadBalancerIngress{{IP: "192.0.2.1"}}
			return c.Status().Update(t.Context(), ing)
		}},
		{"our record, by another", true, c.patch(t, ing, `{"metadata":{"annotations":{"gatehouse.dev/applied":"{}"}}}`)},
		{"to another class, with our record", true, c.patch(t, ing,
			`{"metadata":{"annotations":{"gatehouse.dev/applied":"{}","kubernetes.io/ingress.class":"nginx"}}}`)},
		{"a label in another class, without our record", false, c.patch(t, ing,
			`{"metadata":{"labels":{"x":"z"},"annotations":{"gatehouse.dev/applied":null}}}`)},
		{"back to a managed class", true, c.patch(t, ing, `{"metadata":{"annotations":{"kubernetes.io/ingress.class":null}}}`)},
		{"the owner taken away", false, c.patch(t, ing, `{"metadata":{"ownerReferences":null}}`)},
		{"adopted by a GameServerSet", true, c.patch(t, ing,
			`{"metadata":{"ownerReferences":[{"apiVersion":"game.kruise.io/v1alpha1","kind":"GameServerSet","name":"reach","uid":"1","controller":true}]}}`)},
		{"deletion", false, func() error { return c.Delete(t.Context(), ing) }},
		{"the last finalizer", true, c.patch(t, ing, `{"metadata":{"finalizers":null}}`)},
	} {
		t.Run(step.what, func(t *testing.T) {
			before := c.calls(t)
			if err := step.write(); err != nil {
				t.Fatal(err)
			}
			c.expectCalls(t, before, step.reaches)
		})
	}
}

// patch makes a merge patch of an object, a JSON patch of a list.
func (c *cluster) patch(t *testing.T, object client.Object, text string) func() error {
	kind := types.MergePatchType
	if strings.HasPrefix(text, "[") {
		kind = types.JSONPatchType
	}
	return func() error { return c.Patch(t.Context(), object, client.RawPatch(kind, []byte(text))) }
}

func (c *cluster) calls(t *testing.T) chart.Calls {
	t.Helper()
	calls, err := c.release.Calls(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return calls
}

func (c *cluster) expectCalls(t *testing.T, before chart.Calls, reaches bool) {
	t.Helper()
	want := before
	if reaches {
		want.Answered++
	}
	if after := c.calls(t); after != want {
		t.Errorf("calls went from %+v to %+v, want %+v", before, after, want)
	}
}
