package env_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/test/env"
)

func TestTheArticlesGameServerSetGetsItsIngressesFromTheRealOKG(t *testing.T) {
	begin := time.Now()
	e := env.Run(t, env.Options{Game: true})
	t.Logf("environment ready after %s", time.Since(begin).Round(100*time.Millisecond))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := e.IngressClass(ctx, "higress", env.HigressController); err != nil {
		t.Fatal(err)
	}

	begin = time.Now()
	output, err := e.Kubectl(env.Dev, "apply", "-f", "../testdata/postio-gameserverset.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("kubectl apply: %s", strings.TrimSpace(output))
	ingresses, err := e.WaitIngresses(ctx, env.GamesNamespace, "postio", 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("3 Ingresses after %s", time.Since(begin).Round(100*time.Millisecond))
	wantHosts(t, ingresses, "game0.postio.example.com", "game1.postio.example.com", "game2.postio.example.com")

	// An in-place update needs Kruise, the fake kubelet and OKG's pod webhook to play together, one server after the other.
	begin = time.Now()
	patch := `[{"op": "replace", "path": "/spec/network/networkConf/4/value", "value": "s<id>.postio.example.com"}]`
	if _, err := e.Kubectl(env.Dev, "patch", "gss", "postio", "-n", env.GamesNamespace, "--type=json", "-p", patch); err != nil {
		t.Fatal(err)
	}
	err = e.Wait(ctx, "the new hosts", func(ctx context.Context) (bool, error) {
		ingresses, err = e.Ingresses(ctx, env.GamesNamespace, "postio")
		return err == nil && !slices.ContainsFunc(ingresses, func(i networkingv1.Ingress) bool {
			return strings.HasPrefix(i.Spec.Rules[0].Host, "game")
		}), err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("3 other hosts after %s", time.Since(begin).Round(100*time.Millisecond))
	wantHosts(t, ingresses, "s0.postio.example.com", "s1.postio.example.com", "s2.postio.example.com")

	// The controllers work too: with the set everything that it owns goes.
	begin = time.Now()
	if _, err := e.Kubectl(env.Dev, "delete", "-n", env.GamesNamespace, "gameserverset", "postio"); err != nil {
		t.Fatal(err)
	}
	if _, err := e.WaitIngresses(ctx, env.GamesNamespace, "postio", 0); err != nil {
		t.Fatal(err)
	}
	t.Logf("no Ingress left %s after the set was deleted", time.Since(begin).Round(100*time.Millisecond))
}

func wantHosts(t *testing.T, ingresses []networkingv1.Ingress, want ...string) {
	t.Helper()
	var got []string
	for _, ingress := range ingresses {
		got = append(got, ingress.Spec.Rules[0].Host)
	}
	if !slices.Equal(got, want) {
		t.Errorf("hosts are %v, want %v", got, want)
	}
}
