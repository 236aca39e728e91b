package env_test

import (
	"context"
	"strings"
	"testing"
	"time"

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
	for i, want := range []string{"game0.postio.example.com", "game1.postio.example.com", "game2.postio.example.com"} {
		if got := ingresses[i].Spec.Rules[0].Host; got != want {
			t.Errorf("%s has host %s, want %s", ingresses[i].Name, got, want)
		}
	}

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
