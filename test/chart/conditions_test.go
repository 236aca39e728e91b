package chart_test

import (
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	admissioncel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy"
)

// conditions are the match conditions of one webhook as the chart renders them, compiled as the API server does.
type conditions struct {
	list    []admissionregistrationv1.MatchCondition
	program admissioncel.ConditionEvaluator
}

// compile takes the conditions of the only webhook in a rendered configuration.
func compile(t *testing.T, list []admissionregistrationv1.MatchCondition) *conditions {
	t.Helper()
	expressions := make([]admissioncel.ExpressionAccessor, 0, len(list))
	for _, c := range list {
		expressions = append(expressions, &matchconditions.MatchCondition{Name: c.Name, Expression: c.Expression})
	}
	base := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())
	program := admissioncel.NewConditionCompiler(base).CompileCondition(expressions,
		admissioncel.OptionalVariableDeclarations{HasAuthorizer: true}, environment.NewExpressions)
	if errs := program.CompilationErrors(); len(errs) > 0 {
		t.Fatal(errs)
	}
	return &conditions{list, program}
}

// webhookConditions renders the chart and compiles the conditions of both webhooks for Ingresses.
func webhookConditions(t *testing.T) (mutator, validator *conditions) {
	t.Helper()
	all := allConditions(t)
	return all["mutate-ingress.gatehouse.dev"], all["validate-ingress.gatehouse.dev"]
}

// allConditions are those of every webhook, by its name.
func allConditions(t *testing.T) map[string]*conditions {
	t.Helper()
	all := map[string]*conditions{}
	out, err := template(t, "gatehouse", "gatehouse-system", map[string]any{"ingressClasses": managedClasses})
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range documents(out) {
		switch config := decode(t, document).(type) {
		case *admissionregistrationv1.MutatingWebhookConfiguration:
			for _, w := range config.Webhooks {
				all[w.Name] = compile(t, w.MatchConditions)
			}
		case *admissionregistrationv1.ValidatingWebhookConfiguration:
			for _, w := range config.Webhooks {
				all[w.Name] = compile(t, w.MatchConditions)
			}
		}
	}
	if len(all) != 4 {
		t.Fatalf("%d webhooks instead of 4", len(all))
	}
	return all
}

// match evaluates the conditions for a CREATE, where old is nil, or an UPDATE. It says whether the webhook would be called
// and what the evaluation cost. Newer API servers hand the expressions typed objects, older ones maps: both are tried, and
// must agree. An expression that fails is an error of the test, whatever the others say.
func (c *conditions) match(t *testing.T, old, updated *networkingv1.Ingress) (called bool, cost int64) {
	t.Helper()
	called, cost = c.evaluate(t, object(old), object(updated))
	if asMaps, _ := c.evaluate(t, asMap(t, old), asMap(t, updated)); asMaps != called {
		t.Errorf("the conditions say %t of typed objects and %t of maps:\n%s", called, asMaps, pairText(t, old, updated))
	}
	return called, cost
}

func (c *conditions) evaluate(t *testing.T, old, updated runtime.Object) (called bool, cost int64) {
	t.Helper()
	return c.evaluateAs(t, networkingv1.SchemeGroupVersion.WithKind("Ingress"), networkingv1.SchemeGroupVersion.WithResource("ingresses"), "", old, updated)
}

func (c *conditions) evaluateAs(t *testing.T, kind schema.GroupVersionKind, resource schema.GroupVersionResource, subresource string, old, updated runtime.Object) (called bool, cost int64) {
	t.Helper()
	operation := admission.Create
	if old != nil {
		operation = admission.Update
	}
	attributes := &admission.VersionedAttributes{
		Attributes:         admission.NewAttributesRecord(updated, old, kind, "games", "arena-7", resource, subresource, operation, nil, false, nil),
		VersionedObject:    admission.NewLazyObject(updated),
		VersionedOldObject: admission.NewLazyObject(old),
		VersionedKind:      kind,
	}
	request := &admissionv1.AdmissionRequest{
		Kind: metav1.GroupVersionKind(kind), Resource: metav1.GroupVersionResource(resource), SubResource: subresource,
		Namespace: "games", Name: "arena-7", Operation: admissionv1.Operation(operation),
	}
	const budget = celconfig.RuntimeCELCostBudgetMatchConditions
	results, left, err := c.program.ForInput(t.Context(), attributes, request, admissioncel.OptionalVariableBindings{}, nil, budget)
	if err != nil {
		t.Fatal(err)
	}
	called = true
	for i, result := range results {
		if result.Error != nil {
			t.Fatalf("condition %s fails, which refuses the write: %v\n%s", c.list[i].Name, result.Error, pairText(t, old, updated))
		}
		called = called && result.EvalResult.Value() == true
	}
	return called, budget - left
}

// object is an interface that is nil where the Ingress is.
func object(ing *networkingv1.Ingress) runtime.Object {
	if ing == nil {
		return nil
	}
	return ing
}

func asMap(t *testing.T, ing *networkingv1.Ingress) runtime.Object {
	t.Helper()
	if ing == nil {
		return nil
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(ing)
	if err != nil {
		t.Fatal(err)
	}
	return &unstructured.Unstructured{Object: content}
}

func pairText(t *testing.T, old, updated any) string {
	t.Helper()
	text, err := yaml.Marshal(map[string]any{"old": old, "new": updated})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// managed resolves classes as the manager does, with or without a default class in the cluster.
func managed(t *testing.T, fallback string) policy.Classes {
	t.Helper()
	var names []string
	for _, name := range managedClasses {
		names = append(names, name.(string))
	}
	options, err := policy.ParseOptions(names, nil)
	if err != nil {
		t.Fatal(err)
	}
	if fallback == "" {
		return policy.NewClasses(options, nil)
	}
	return policy.NewClasses(options, []networkingv1.IngressClass{{ObjectMeta: metav1.ObjectMeta{
		Name: fallback, Annotations: map[string]string{"ingressclass.kubernetes.io/is-default-class": "true"},
	}}})
}
