package gamepolicy_test

import (
	"errors"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy"
)

// fleet is n servers; the author of each second one has set a timeout. Beside them stand a web front end, a game of a class
// that is not managed, and a server that waits in quarantine.
func fleet(n int) []*networkingv1.Ingress {
	web := gameIngress(0, nil)
	web.Name, web.OwnerReferences = "web", nil
	foreign := gameIngress(0, nil)
	foreign.Spec.IngressClassName = ptr.To("traefik")
	out := []*networkingv1.Ingress{web, foreign}
	for id := range n {
		var annotations map[string]string
		if id%2 == 0 {
			annotations = map[string]string{"higress.io/timeout": "5"}
		}
		out = append(out, gameIngress(id, annotations))
	}
	return append(out, policy.Quarantine(gameIngress(n, nil)))
}

func TestADryRunCountsTheIngressesThatWouldChange(t *testing.T) {
	const timeout = "defaults: {requestTimeout: 30s}}}"
	for name, c := range map[string]struct {
		standing, policy, want string
	}{
		"a default":   {"", onHigress + timeout, "postio: 6 of 11 game Ingresses would change, e.g. games/postio-1 [GH106]"},
		"an override": {"", onHigress + "overrides: {requestTimeout: 30s}}}", "postio: 11 of 11 game Ingresses would change, e.g. games/postio-0 [GH106]"},
		"nothing":     {"", onHigress + "hosts: {allowed: [a.test]}}}", "postio: none of 11 game Ingresses would change [GH106]"},
		"the same":    {onHigress + timeout, onHigress + timeout, "postio: none of 11 game Ingresses would change [GH106]"},
		"in mode Audit": {"", onHigress + "mode: Audit, " + timeout,
			"postio: in mode Audit none would change; enforced, 6 of 11 game Ingresses, e.g. games/postio-1 [GH106]"},
		"in mode Warn, even enforced": {"", onHigress + "mode: Warn, overrides: {webSocket: {enabled: true}}}}", "postio: none of 11 game Ingresses would change [GH106]"},
		"out of force":                {onHigress + timeout, onHigress + "mode: Audit, " + timeout, "postio: 6 of 11 game Ingresses would change, e.g. games/postio-1 [GH106]"},
		"a rollout that keeps what stands": {"", onHigress + "rollout: {existing: Never}, " + timeout,
			"postio: 6 of 11 game Ingresses would differ if created anew (rollout.existing Never), e.g. games/postio-1 [GH106]"},
		"a rollout that waits": {"", onHigress + "rollout: {servers: Idle}, " + timeout,
			"postio: 6 of 11 game Ingresses would differ if created anew (rollout.servers Idle), e.g. games/postio-1 [GH106]"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if c.standing != "" {
				w = newWorld(t, c.standing)
			}
			w.ingresses = fleet(10)
			expect(t, w.said(t, c.policy, true), c.want)
		})
	}
}

func TestADryRunSaysTheCountFirst(t *testing.T) {
	w := newWorld(t)
	w.ingresses = fleet(2)
	expect(t, w.said(t, onHigress+"overrides: {requestTimeout: 30s, webSocket: {enabled: true, idleTimeout: 1h}}}}", true), `
GamePolicy postio: 2 warnings
postio: 3 of 3 game Ingresses would change, e.g. games/postio-0 [GH106]
postio: spec.overrides.webSocket.idleTimeout: 1h, but Higress cuts at 180 s (downstream.idleTimeout); ping [GH506]`)
}

func TestADryRunWithoutGames(t *testing.T) {
	expect(t, newWorld(t).said(t, onHigress+"defaults: {requestTimeout: 30s}}}", true), "postio: there is no game Ingress yet that could change [GH106]")
}

func TestADryRunIsBoundedByNumber(t *testing.T) {
	w := newWorld(t)
	web := gameIngress(0, nil)
	web.OwnerReferences = nil
	w.ingresses = fleet(3)
	for range 20_000 {
		w.ingresses = append(w.ingresses, web)
	}
	w.ingresses = append(w.ingresses, fleet(3)...)
	expect(t, w.said(t, onHigress+"overrides: {retry: {attempts: 0}}}}", true),
		"postio: at least 4 of 4 or more game Ingresses would change, e.g. games/postio-0 [GH106]")
}

func TestADryRunIsBoundedByTheTimeThatTheAPIServerWaits(t *testing.T) {
	w := newWorld(t)
	w.ingresses, w.slow = fleet(3), true
	expect(t, w.said(t, onHigress+"hosts: {onConflict: Deny}}}", true), "postio: none of the first 4 game Ingresses would change [GH106]")
}

func TestADryRunThatCannotCountSaysWhy(t *testing.T) {
	w := newWorld(t)
	w.err = errors.New("the server is down, 100% sure")
	expect(t, w.said(t, onHigress+"hosts: {onConflict: Deny}}}", true),
		"postio: the Ingresses that would change cannot be counted: the server is down, 100(percent) sure [GH106]")
}

// What is injected already, with its record, is no change of the same policy, and follows an edit.
func TestADryRunSeesThroughWhatIsInjected(t *testing.T) {
	const stands, edited = onHigress + "defaults: {requestTimeout: 30s}}}", onHigress + "defaults: {requestTimeout: 60s}}}"
	w := newWorld(t, stands)
	ing := gameIngress(1, map[string]string{"example.com/mine": "x"})
	policies, request, _ := w.At(ing)
	ing.Annotations = policies.Decide(request).Annotations
	w.ingresses = []*networkingv1.Ingress{ing}
	expect(t, w.said(t, stands, true), "postio: none of 1 game Ingresses would change [GH106]")
	expect(t, w.said(t, edited, true), "postio: 1 of 1 game Ingresses would change, e.g. games/postio-1 [GH106]")
	if ing.Annotations[policy.AppliedAnnotation] == "" {
		t.Error("the Ingress that was looked at has lost its record")
	}
}
