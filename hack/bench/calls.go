package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/utils/ptr"
)

// The names of the chart's webhooks.
const (
	mutateIngress   = "mutate-ingress.gatehouse.dev"
	validateIngress = "validate-ingress.gatehouse.dev"
)

// updatesOfKind is how many updates of each kind are sent.
const updatesOfKind = 50

// kind is one sort of write, with how many calls of each webhook it may cause.
type kind struct {
	name             string
	ingress          func(i int) *networkingv1.Ingress
	change           func(i int, ing *networkingv1.Ingress)
	mutate, validate int
}

// calls counts which writes call Gatehouse, by the API server's own figures.
func (b *bench) calls(ctx context.Context) error {
	set := gameSet{governed, "postio-calls", firstID, updatesOfKind}
	if err := b.createSets(ctx, set); err != nil {
		return err
	}
	game := func(i int) *networkingv1.Ingress { return b.ingress(set, firstID+i) }
	web := func(class string) func(int) *networkingv1.Ingress {
		return func(i int) *networkingv1.Ingress {
			ing := game(i)
			ing.Name, ing.OwnerReferences, ing.Annotations = fmt.Sprintf("%s-front-%d", class, i), nil, nil
			ing.Spec.IngressClassName = ptr.To(class)
			ing.Spec.Rules[0].Host = fmt.Sprintf("front-%d.%s.example.com", i, class)
			return ing
		}
	}
	relabel := func(_ int, ing *networkingv1.Ingress) {
		ing.Labels = map[string]string{"release": strconv.Itoa(rand.Int())}
	}
	fmt.Printf("\nCalls of Gatehouse's webhooks, per write\n    %-56s %9s %9s\n", "", "mutating", "validating")
	for _, k := range []kind{
		{"game server, replaced by OpenKruiseGame, same host", game, func(i int, ing *networkingv1.Ingress) {
			*ing = *game(i)
			ing.Annotations[hashAnnotation] = strconv.Itoa(1_000_000_000 + rand.IntN(1_000_000_000))
		}, 1, 0},
		{"game server, labels alone", game, relabel, 1, 0},
		{"web front end, labels alone", web(managed), relabel, 0, 0},
		{"web front end, backend and certificate alone", web(managed), func(_ int, ing *networkingv1.Ingress) {
			ing.Spec.Rules[0].HTTP.Paths[0].Backend.Service.Name = "green"
			ing.Spec.TLS = []networkingv1.IngressTLS{{Hosts: []string{ing.Spec.Rules[0].Host}, SecretName: "green"}}
		}, 0, 0},
		{"another class, labels and host", web(unmanaged), func(i int, ing *networkingv1.Ingress) {
			relabel(i, ing)
			ing.Spec.Rules[0].Host = "moved-" + ing.Spec.Rules[0].Host
		}, 0, 0},
	} {
		if err := b.count(ctx, k); err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
	}
	return nil
}

// count creates Ingresses of a kind, then counts the calls while they are updated.
func (b *bench) count(ctx context.Context, k kind) error {
	var all []*networkingv1.Ingress
	for i := range updatesOfKind {
		ing := k.ingress(i)
		if err := b.client.Create(ctx, ing); err != nil {
			return err
		}
		all = append(all, ing)
	}
	before, err := b.counters(ctx)
	if err != nil {
		return err
	}
	for i, ing := range all {
		k.change(i, ing)
		if err := b.client.Update(ctx, ing); err != nil {
			return err
		}
	}
	after, err := b.counters(ctx)
	if err != nil {
		return err
	}
	mutate := after.calls(mutateIngress) - before.calls(mutateIngress)
	validate := after.calls(validateIngress) - before.calls(validateIngress)
	verdict := "as expected"
	if mutate != k.mutate*updatesOfKind || validate != k.validate*updatesOfKind {
		verdict = fmt.Sprintf("MISSED: want %d and %d", k.mutate, k.validate)
	}
	fmt.Printf("    %-56s %9.2f %9.2f  %s\n", k.name, float64(mutate)/updatesOfKind, float64(validate)/updatesOfKind, verdict)
	for _, ing := range all {
		if err := b.client.Delete(ctx, ing); err != nil {
			return err
		}
	}
	return nil
}
