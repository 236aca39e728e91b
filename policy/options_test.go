package policy_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/policy"
)

func TestOptionsThatCannotBeMeantAreRefused(t *testing.T) {
	for _, c := range []struct {
		what     string
		classes  []string
		gateways map[string]string
		want     string
	}{
		{"a gateway that nobody knows", []string{"higress"}, map[string]string{"higress": "traefik"}, "higress=traefik"},
		{"quarantine as a managed class", []string{"higress", policy.QuarantineClass}, nil, "no gateway may serve it"},
		{"a gateway that serves quarantine", []string{"higress"}, map[string]string{policy.QuarantineClass: "higress"}, "no gateway may serve it"},
	} {
		if _, err := policy.ParseOptions(c.classes, c.gateways); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.what, err, c.want)
		}
	}
	classes, gateways := policy.DefaultOptions().Flags()
	if _, err := policy.ParseOptions(classes, gateways); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}
