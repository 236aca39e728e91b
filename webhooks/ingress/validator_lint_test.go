package ingress_test

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/webhooks/ingress"
)

const one = "Ingress postio-7: 1 warning about annotations; in full: gatehouse lint -f FILE"

const dropped = `annotations: higress.io/timeout: "60s" is dropped; write 60 [GH401]`

func TestWhoeverWritesAnAnnotationIsToldThatItHasNoEffect(t *testing.T) {
	bad := annotate("higress.io/timeout", "60s")
	allowed(t, validateWith(with(t), &deeds{}, create(t, bad, unowned)), ingress.Claimed, one, dropped)
	allowed(t, validateWith(with(t), &deeds{}, create(t, bad, annotate("higress.io/route-limit-rps", "ten"), unowned)), ingress.Claimed,
		"Ingress postio-7: 2 warnings about annotations; in full: gatehouse lint -f FILE",
		`annotations: higress.io/route-limit-rps: "ten" is dropped; write a whole number [GH401]`, dropped)
	// Whoever applied the GameServerSet was told then.
	allowed(t, validateWith(with(t), &deeds{}, create(t, bad)), ingress.Claimed)
	allowed(t, validateWith(with(t), &deeds{}, update(t, gameIngress(), gameIngress(bad))), ingress.Claimed, one, dropped)
	allowed(t, validateWith(with(t), &deeds{}, update(t, gameIngress(bad), gameIngress(bad, hosts("b.example.com")))), ingress.Claimed)
	// What a policy has set is not the writer's.
	record := fmt.Sprintf(`{"v":1,"hash":"x","keys":{"higress.io/timeout":{"policy":"p","layer":"defaults","value":%q}}}`, "60s")
	allowed(t, validateWith(with(t), &deeds{}, update(t, gameIngress(), gameIngress(bad, annotate("gatehouse.dev/applied", record)))), ingress.Claimed)
}

func TestAnUpdateThatOpensAGameToEverybodyIsRefusedWhereAPolicyEnforces(t *testing.T) {
	open := annotate("higress.io/whitelist-source-range", "office")
	const said = `annotations: higress.io/whitelist-source-range: "office" lets everybody in; write addresses or CIDRs [GH410]`
	closed := gameIngress(annotate("higress.io/whitelist-source-range", "10.0.0.0/8"))
	policy := v1alpha1.GamePolicySpec{Defaults: &v1alpha1.TrafficSettings{RequestTimeout: &metav1.Duration{Duration: time.Minute}}}
	r := validateWith(with(t, policy), &deeds{}, update(t, closed, gameIngress(open)))
	const want = `metadata.annotations[higress.io/whitelist-source-range]: higress.io/whitelist-source-range: "office" lets everybody in; write addresses or CIDRs [GH410]`
	if r.Denied == nil || r.Denied.Code != 422 || r.Denied.Message != want {
		t.Errorf("%+v", r.Denied)
	}
	allowed(t, validateWith(with(t, policy), &deeds{}, update(t, gameIngress(open), gameIngress(open, hosts("b.example.com")))), ingress.Claimed)
	allowed(t, validateWith(with(t, policy), &deeds{}, create(t, open)), ingress.Claimed)
	allowed(t, validateWith(with(t), &deeds{}, update(t, closed, gameIngress(open))), ingress.Claimed, one, said)
	allowed(t, validateWith(with(t, policy), &deeds{}, update(t, gameIngress(unowned), gameIngress(open, unowned))), ingress.Claimed, one, said)
}
