package chart_test

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// early evaluates conditions of a webhook that speaks at kubectl apply, on objects in the form in which the API server
// has those of a CRD.
func (c *conditions) early(t *testing.T, kind, subresource, old, updated string) (called bool) {
	t.Helper()
	object := func(text string) runtime.Object {
		if text == "" {
			return nil
		}
		content := map[string]any{}
		if err := yaml.Unmarshal([]byte(text), &content); err != nil {
			t.Fatal(err)
		}
		return &unstructured.Unstructured{Object: content}
	}
	gvk := gameserver.GroupVersion.WithKind(kind)
	resource := schema.GroupVersionResource{Group: gvk.Group, Version: gvk.Version, Resource: strings.ToLower(kind) + "s"}
	called, _ = c.evaluateAs(t, gvk, resource, subresource, object(old), object(updated))
	return called
}

func TestOnlyWhatMayBringSomethingAboutReachesTheReviewOfSets(t *testing.T) {
	webhook := allConditions(t)["validate-gameserverset.gatehouse.dev"]
	set := func(metadata, replicas, host, reserved string) string {
		return fmt.Sprintf(`{metadata: {name: a, namespace: b%s}, spec: {replicas: %s, network: {networkType: Kubernetes-Ingress,
			networkConf: [{name: Host, value: "%s"}]}%s, gameServerTemplate: {spec: {containers: []}}}}`, metadata, replicas, host, reserved)
	}
	stored := set("", "3", "a<id>", "")
	for name, c := range map[string]struct {
		old, updated string
		want         bool
	}{
		"a new set":         {"", stored, true},
		"nothing":           {stored, stored, false},
		"more servers":      {stored, set("", "4", "a<id>", ""), true},
		"fewer servers":     {stored, set("", "2", "a<id>", ""), false},
		"the first servers": {`{metadata: {}, spec: {}}`, `{metadata: {}, spec: {replicas: 1}}`, true},
		"another host":      {stored, set("", "3", "b<id>", ""), true},
		"other ids":         {stored, set("", "3", "a<id>", ", reserveGameServerIds: [1]"), true},
		"OpenKruiseGame gives ids back, having reserved them": {set("", "3", "a<id>", ", reserveGameServerIds: [1]"), stored, true},
		"OpenKruiseGame notes what it reserved":               {stored, set(`, annotations: {game.kruise.io/reserve-ids: "1"}`, "3", "a<id>", ""), false},
		"another team's label":                                {stored, set(", labels: {team: x}", "3", "a<id>", ""), true},
		"a network":                                           {`{metadata: {}, spec: {replicas: 1}}`, stored, true},
		"its deletion":                                        {stored, set(`, deletionTimestamp: "2026-03-01T00:00:00Z"`, "9", "b<id>", ""), false},
	} {
		if called := webhook.early(t, "GameServerSet", "", c.old, c.updated); called != c.want {
			t.Errorf("%s: called %t", name, called)
		}
	}
	for name, c := range map[string]struct {
		old, updated string
		want         bool
	}{
		"up":        {"{spec: {replicas: 3}}", "{spec: {replicas: 4}}", true},
		"from none": {"{spec: {}}", "{spec: {replicas: 4}}", true},
		"down":      {"{spec: {replicas: 4}}", "{spec: {replicas: 3}}", false},
		"to none":   {"{spec: {replicas: 4}}", "{spec: {}}", false},
		"nowhere":   {"{spec: {replicas: 3}}", "{spec: {replicas: 3}}", false},
	} {
		scale := func(text string) string { return strings.Replace(text, "{spec", "{metadata: {name: a}, spec", 1) }
		if called := webhook.early(t, "GameServerSet", "scale", scale(c.old), scale(c.updated)); called != c.want {
			t.Errorf("scaled %s: called %t", name, called)
		}
	}
}

func TestOnlyANewSpecReachesTheReviewOfPolicies(t *testing.T) {
	webhook := allConditions(t)["validate-gamepolicy.gatehouse.dev"]
	const stored = `{metadata: {name: a}, spec: {priority: 1}}`
	for name, c := range map[string]struct {
		old, updated string
		want         bool
	}{
		"a new policy": {"", stored, true},
		"nothing":      {stored, stored, false},
		"a label":      {stored, `{metadata: {name: a, labels: {a: b}}, spec: {priority: 1}}`, false},
		"its spec":     {stored, `{metadata: {name: a}, spec: {priority: 2}}`, true},
		"its deletion": {stored, `{metadata: {name: a, deletionTimestamp: "2026-03-01T00:00:00Z"}, spec: {priority: 2}}`, false},
	} {
		if called := webhook.early(t, "GamePolicy", "", c.old, c.updated); called != c.want {
			t.Errorf("%s: called %t", name, called)
		}
	}
}
