package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/test/env"
)

// servedClass is the class of the Ingresses that the gateway serves.
const servedClass = "higress"

// rule says what is wrong with the Ingress of a game server.
type rule func(id int, ingress networkingv1.Ingress) error

// policyOf is the policy of the first step with a timeout, on a host that the gateway serves.
func policyOf(host, timeout string) rule {
	return func(id int, ingress networkingv1.Ingress) error {
		if !isOfClass(ingress, servedClass) {
			return fmt.Errorf("%s is not of class %s", ingress.Name, servedClass)
		}
		if got, want := ingress.Spec.Rules[0].Host, fmt.Sprintf(host, id); got != want {
			return fmt.Errorf("%s has the host %s instead of %s", ingress.Name, got, want)
		}
		for key, want := range map[string]string{
			timeoutKey:                                timeout,
			triesKey:                                  "2",
			"higress.io/proxy-next-upstream":          "error,timeout,http_502",
			"higress.io/proxy-next-upstream-timeout":  "2",
			"higress.io/route-limit-rps":              "50",
			"higress.io/route-limit-burst-multiplier": "3",
			headerKey:                                 "X-Game-Server " + serverOf(id, ingress),
		} {
			if got := ingress.Annotations[key]; got != want {
				return fmt.Errorf("%s has %s: %q instead of %q", ingress.Name, key, got, want)
			}
		}
		return nil
	}
}

func isOfClass(ingress networkingv1.Ingress, class string) bool {
	return ingress.Spec.IngressClassName != nil && *ingress.Spec.IngressClassName == class
}

// serverOf is the game server of an Ingress, as the policy writes it into a header.
func serverOf(id int, ingress networkingv1.Ingress) string {
	set := strings.TrimSuffix(ingress.Name, fmt.Sprintf("-%d", id))
	return fmt.Sprintf("%s/%s/%d", ingress.Namespace, set, id)
}

// game is a GameServerSet.
type game struct{ namespace, set string }

// first is the article's game.
var first = game{env.GamesNamespace, "postio"}

// expect waits until the game has n Ingresses that all keep the rule, and shows them, or only those named.
func (d *demo) expect(ctx context.Context, g game, n int, keeps rule, shown ...int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	begin := time.Now()
	var ingresses []networkingv1.Ingress
	err := d.Wait(ctx, fmt.Sprintf("%d Ingresses as the policy wants them", n), func(ctx context.Context) (bool, error) {
		var err error
		if ingresses, err = d.Ingresses(ctx, g.namespace, g.set); err != nil {
			return false, err
		}
		if len(ingresses) != n {
			return false, fmt.Errorf("there are %d Ingresses", len(ingresses))
		}
		for id, ingress := range ingresses {
			if err := keeps(id, ingress); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		show(d.out, ingresses)
		return err
	}
	fmt.Fprintf(d.out, "\n  after %s:\n", time.Since(begin).Round(100*time.Millisecond))
	if len(shown) > 0 {
		ingresses = slices.DeleteFunc(ingresses, func(i networkingv1.Ingress) bool {
			return !slices.ContainsFunc(shown, func(id int) bool { return i.Name == fmt.Sprintf("%s-%d", g.set, id) })
		})
	}
	show(d.out, ingresses)
	return nil
}
