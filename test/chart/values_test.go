package chart_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func TestChartPassesHelmLint(t *testing.T) {
	out, err := helm(t, "lint", "--strict", chartDir)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), "[WARNING]") {
		t.Errorf("helm lint warns:\n%s", out)
	}
}

func TestWrongValuesAreRefusedBeforeAnythingIsInstalled(t *testing.T) {
	for name, c := range map[string]struct{ values, want string }{
		"an unknown value":            {"replicaCount: 2", "additional properties 'replicaCount' not allowed"},
		"a nested unknown value":      {"service: {nodePort: 1}", "additional properties 'nodePort' not allowed"},
		"no managed class":            {"ingressClasses: []", "at '/ingressClasses': minItems: got 0, want 1"},
		"a class that is no name":     {"ingressClasses: ['a\"b']", "at '/ingressClasses/0'"},
		"a gateway nobody knows":      {"classGateways: {edge: traefik}", "at '/classGateways/edge': value must be one of 'higress', 'nginx', 'alb'"},
		"no gateway at all":           {"classGateways: {higress: null}", "at '/classGateways': minProperties: got 0, want 1"},
		"no map of gateways":          {"classGateways: null", "missing property 'classGateways'"},
		"a timeout past OKG's":        {"webhook: {timeoutSeconds: 8}", "at '/webhook/timeoutSeconds': maximum: got 8, want 7"},
		"an address without a port":   {"listen: {webhook: localhost}", "at '/listen/webhook'"},
		"a level that does not exist": {"logLevel: loud", "at '/logLevel': value must be one of"},
		"an account without a name":   {"serviceAccount: {create: false}", "serviceAccount.name must name an existing account"},
	} {
		t.Run(name, func(t *testing.T) {
			var values map[string]any
			if err := yaml.Unmarshal([]byte(c.values), &values); err != nil {
				t.Fatal(err)
			}
			_, err := template(t, "gatehouse", "gatehouse-system", values)
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("the message lacks %q:\n%v", c.want, err)
			}
		})
	}
}
