package janitor_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/policy/host"
)

func TestOneFailureKeepsNobodyElseFromHisTurn(t *testing.T) {
	w := newWorld(t)
	w.claim(postio7, h7)
	w.stand(postio7, time.Hour, h7)
	w.claim(lobby7, "l.example.com")
	w.stand(lobby7, time.Hour, "l.example.com")
	w.stand(shop, time.Hour, "shop.example.com")
	w.before = func(_, name string) error {
		if name == claim7 {
			return errors.New("etcdserver: request timed out")
		}
		return nil
	}
	for range 3 {
		w.pass()
	}
	w.holds(
		h7+": "+ofPostio7+", Pending", "l.example.com: "+ofLobby7+", Bound to arena/lobby-7", "shop.example.com: "+ofShop+", Bound to shop/front",
	)
}

func TestAPassEndsWithItsContext(t *testing.T) {
	w := newWorld(t)
	for i := range 100 {
		w.stand(host.Party{Namespace: "games", Set: "postio", ID: i}, time.Hour, fmt.Sprintf("h%d.example.com", i))
		w.run(host.Party{Namespace: "arena", Set: "lobby", ID: i}, "a<id>.example.com")
	}
	ctx, cancel := context.WithCancel(t.Context())
	w.before = func(string, string) error { cancel(); return nil }
	w.hear()
	w.janitor.Pass(ctx)
	if len(w.calls) != 1 {
		t.Errorf("%d calls, of which 99 after the end", len(w.calls))
	}
}
