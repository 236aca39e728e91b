package race_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// settled is how long after the end of a storm there may still be claims for nothing.
const settled = 3 * time.Minute

// takenOver: all games give up their hosts. Meanwhile every rival asks for some of them again and again, so that the
// creation of one races the janitor's release of the other. At the end the claims are exactly what is named or projected.
func (a *arena) takenOver(t *testing.T, hosts int) {
	begin := time.Now()
	a.giveUp(t, hosts)
	ctx, cancel := context.WithTimeout(t.Context(), settled)
	defer cancel()
	took := make([]time.Duration, hosts)
	results := a.contest(t, hosts, hosts, func(_ context.Context, r *rival, i int) error {
		host := fmt.Sprintf("h%d.created.test", i)
		// First refused for the sake of the former holder, then let in or refused for the sake of the heir.
		for {
			err := r.Create(ctx, r.game("heirs", i, host))
			if err == nil {
				took[i] = since(begin)
			}
			if err == nil || ctx.Err() != nil || a.referee.inherited(host) {
				return err
			}
			time.Sleep(time.Duration(1+rand.IntN(2)) * time.Second)
		}
	})
	for i, errs := range results {
		winners := 0
		for _, err := range errs {
			switch {
			case err == nil:
				winners++
			case !apierrors.IsForbidden(err) && !apierrors.IsTooManyRequests(err):
				t.Errorf("host %d: %v", i, err)
			}
		}
		if winners != 1 {
			t.Errorf("host %d: %d have it", i, winners)
		}
	}
	t.Logf("%d hosts given up and asked for all the time: taken over after %s to %s", hosts, slices.Min(took), slices.Max(took))
	a.noLeak(t, begin)
}

// inherited tells whether an heir stands on a host.
func (r *referee) inherited(host string) bool {
	return slices.ContainsFunc(r.standing(host), func(ing *networkingv1.Ingress) bool { return setOf(ing) == "heirs" })
}

// giveUp deletes all sets, and so, by the garbage collector, their Ingresses.
func (a *arena) giveUp(t *testing.T, heirs int) {
	t.Helper()
	for _, r := range a.rivals {
		if err := a.admin.DeleteAllOf(t.Context(), &gameserver.GameServerSet{}, client.InNamespace(r.namespace)); err != nil {
			t.Fatal(err)
		}
	}
	a.declare(t, "heirs", "h<id>.created.test", heirs)
}

// noLeak waits until the claims are exactly the hosts that an Ingress names or that the holder's set projects.
func (a *arena) noLeak(t *testing.T, begin time.Time) {
	t.Helper()
	ctx, cancel := context.WithDeadline(t.Context(), begin.Add(settled))
	defer cancel()
	var claims int
	if err := a.Wait(ctx, "the claims to be those that are named or projected", func(ctx context.Context) (bool, error) {
		list, err := a.list(ctx)
		if err != nil {
			return false, err
		}
		claims = len(list.claims.Items)
		wrong := list.wrong()
		return len(wrong) == 0, fmt.Errorf("%d of %d are wrong: %v", len(wrong), claims, wrong[:min(len(wrong), 5)])
	}); err != nil {
		t.Error(err)
		return
	}
	t.Logf("%d claims, each of a host that is named or projected, and none missing, %s after the storm", claims, since(begin))
}

// lists is what there is of everything.
type lists struct {
	claims    v1alpha1.HostClaimList
	ingresses networkingv1.IngressList
	sets      gameserver.GameServerSetList
}

func (a *arena) list(ctx context.Context) (*lists, error) {
	var l lists
	for _, list := range []client.ObjectList{&l.sets, &l.ingresses, &l.claims} {
		if err := a.admin.List(ctx, list); err != nil {
			return nil, err
		}
	}
	return &l, nil
}

// wrong lists the claims of hosts that nobody names and that their holder's set does not project, and the hosts that are
// named without a claim.
func (l *lists) wrong() []string {
	named, projected := map[string]bool{}, map[string]bool{}
	for i := range l.ingresses.Items {
		for _, host := range hostsOf(&l.ingresses.Items[i]) {
			named[host] = true
		}
	}
	for _, set := range l.sets.Items {
		for _, param := range set.Spec.Network.NetworkConf {
			for id := range *set.Spec.Replicas {
				if param.Name == "Host" {
					projected[set.Namespace+"/"+set.Name+" "+strings.ReplaceAll(param.Value, "<id>", strconv.Itoa(int(id)))] = true
				}
			}
		}
	}
	var wrong []string
	claimed := map[string]bool{}
	for i := range l.claims.Items {
		spec := &l.claims.Items[i].Spec
		claimed[spec.Host] = true
		if !named[spec.Host] && !projected[spec.Holder.Name+" "+spec.Host] {
			wrong = append(wrong, fmt.Sprintf("%s of %s is left over", spec.Host, spec.Holder.Name))
		}
	}
	for host := range named {
		if !claimed[host] {
			wrong = append(wrong, host+" has no claim")
		}
	}
	return wrong
}
