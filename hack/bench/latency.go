package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
)

// firstID gives all servers that are measured ids of four digits, so that all objects have one size.
const firstID = 1000

// maxServers is how many ids of four digits there are.
const maxServers = 9000

// Targets of the ratios between Gatehouse and the webhook that decides nothing.
const (
	wantP50 = 1.10
	wantP99 = 1.50
)

// times are the latencies of one round, per namespace.
type times map[string][]time.Duration

func (t times) quantile(namespace string, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(t[namespace]))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// ratio compares Gatehouse with the webhook that decides nothing.
func (t times) ratio(q float64) float64 {
	return float64(t.quantile(governed, q)) / float64(t.quantile(constant, q))
}

// latency measures one client that sends one request after the other, the webhooks taking turns in random order.
func (b *bench) latency(ctx context.Context) error {
	if b.rounds*b.requests > maxServers {
		return fmt.Errorf("%d rounds of %d requests are more than the %d servers there can be", b.rounds, b.requests, maxServers)
	}
	for _, verb := range []struct {
		name string
		send func(context.Context, *networkingv1.Ingress) error
	}{
		{"CREATE", func(ctx context.Context, ing *networkingv1.Ingress) error { return b.client.Create(ctx, ing) }},
		// As OpenKruiseGame does it: a replacement without resourceVersion that knows nothing of what was injected.
		{"UPDATE", func(ctx context.Context, ing *networkingv1.Ingress) error {
			ing.Annotations["game.kruise.io/ingress-hash"] = strconv.Itoa(1_000_000_000 + rand.IntN(1_000_000_000))
			return b.client.Update(ctx, ing)
		}},
	} {
		fmt.Printf("%s of one Ingress, one client, %d rounds of %d requests each\n", verb.name, b.rounds, b.requests)
		fmt.Printf("  %-6s %21s %21s %21s %16s\n", "", "no webhook", "constant patch", "Gatehouse", "ratio")
		fmt.Printf("  %-6s %10s %10s %10s %10s %10s %10s %8s %7s\n", "round", "p50", "p99", "p50", "p99", "p50", "p99", "p50", "p99")
		var p50, p99 []float64
		for round := range b.rounds {
			t, err := b.round(ctx, round, verb.send)
			if err != nil {
				return err
			}
			p50, p99 = append(p50, t.ratio(.50)), append(p99, t.ratio(.99))
			fmt.Printf("  %-6d", round+1)
			for _, namespace := range []string{plain, constant, governed} {
				fmt.Printf(" %10s %10s", t.quantile(namespace, .50).Round(time.Microsecond), t.quantile(namespace, .99).Round(time.Microsecond))
			}
			fmt.Printf(" %8.3f %7.3f\n", t.ratio(.50), t.ratio(.99))
		}
		fmt.Printf("  median ratio to the constant patch: p50 %s, p99 %s\n\n", judged(median(p50), wantP50), judged(median(p99), wantP99))
	}
	return nil
}

func (b *bench) round(ctx context.Context, round int, send func(context.Context, *networkingv1.Ingress) error) (times, error) {
	t := times{}
	namespaces := []string{plain, constant, governed}
	for i := range b.requests {
		rand.Shuffle(len(namespaces), func(i, j int) { namespaces[i], namespaces[j] = namespaces[j], namespaces[i] })
		for _, namespace := range namespaces {
			ing := b.gameIngress(namespace, firstID+round*b.requests+i)
			begin := time.Now()
			if err := send(ctx, ing); err != nil {
				return nil, err
			}
			t[namespace] = append(t[namespace], time.Since(begin))
			if injected := len(ing.Annotations) > 1; injected != (namespace != plain) {
				return nil, fmt.Errorf("%s/%s has the annotations %v", namespace, ing.Name, ing.Annotations)
			}
		}
	}
	return t, nil
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// judged is a figure beside its target.
func judged(got, want float64) string {
	verdict := "met"
	if got > want {
		verdict = "MISSED"
	}
	return fmt.Sprintf("%.3f (target %.2f: %s)", got, want, verdict)
}
