package ingress_test

import (
	"fmt"
	"testing"

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
