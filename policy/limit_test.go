package policy_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// Kubernetes allows 256 KiB of annotations. Our defaults must not be what breaks that bound, and an author who fills the
// object does not get rid of overrides.
func TestWhereTheObjectIsFullOnlyOverridesAreInjected(t *testing.T) {
	rate := int32(50)
	c, findings := policy.Compile(&v1alpha1.GamePolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "p"},
		Spec: v1alpha1.GamePolicySpec{
			Defaults:  &v1alpha1.TrafficSettings{RequestTimeout: &metav1.Duration{Duration: 30 * time.Second}},
			Overrides: &v1alpha1.TrafficSettings{RateLimit: &v1alpha1.RateLimit{RequestsPerSecond: &rate}},
		},
	})
	if c == nil {
		t.Fatal(findings)
	}
	req := randomRequest(rand.New(rand.NewPCG(1, 1)))
	req.Ingress.Annotations = map[string]string{"example.com/big": strings.Repeat("x", 256<<10-260)}
	d := policy.NewSet([]*policy.Compiled{c}).Decide(req)
	if d.Annotations["higress.io/route-limit-rps"] != "50" || d.Annotations["higress.io/timeout"] != "" {
		t.Errorf("injected %v", d.Provenance)
	}
	if len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0], "only overrides are injected") {
		t.Errorf("warnings %q", d.Warnings)
	}
}

// A managed class whose IngressClass object is gone is still served by its gateway: what was injected stays.
func TestAClassOfAnUnknownGatewayIsLeftAsItIs(t *testing.T) {
	req := randomRequest(rand.New(rand.NewPCG(1, 1)))
	req.Ingress.Annotations = map[string]string{
		"higress.io/timeout":     "30",
		policy.AppliedAnnotation: `{"v":1,"hash":"0","keys":{"higress.io/timeout":{"policy":"p","layer":"overrides","value":"30"}}}`,
	}
	req.Class = policy.Class{Name: "eu", Managed: true}
	d := policy.NewSet(nil).Decide(req)
	if d.Changed || d.Verdict != policy.Allowed || len(d.Warnings) != 1 || d.Server.Set != "postio" {
		t.Errorf("decision %+v", d)
	}
}
