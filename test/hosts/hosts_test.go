package hosts_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/test/env"
)

// TestWhoHasAHostAndWhoWaits is one story, because its time is mostly OpenKruiseGame's: two sets come too late for their
// hosts; meanwhile a rival tries to take those of a third; then the first two give theirs up.
func TestWhoHasAHostAndWhoWaits(t *testing.T) {
	g := start(t)
	for _, set := range []string{"denying", "parking"} {
		g.apply(t, env.Dev, gameServerSet(env.GamesNamespace, set, set+"<id>.hosts.test", 2))
	}
	for _, set := range []string{"denying", "parking"} {
		g.allReady(t, time.Minute, env.GamesNamespace, set, 2)
	}
	g.apply(t, env.Operator, `{apiVersion: gatehouse.dev/v1alpha1, kind: GamePolicy, metadata: {name: parked},
		spec: {targets: {gameServerSetNames: [parked]}, hosts: {onConflict: Quarantine}}}`)
	g.apply(t, rival, gameServerSet(others, "denied", "denying<id>.hosts.test", 2))
	g.apply(t, rival, gameServerSet(others, "parked", "parking<id>.hosts.test", 2))
	for _, part := range []struct {
		what string
		run  func(*games, *testing.T)
	}{
		{"a refused server's pod tells who has the host", (*games).denied},
		{"a quarantined server's pod stays usable", (*games).parked},
		{"no rival takes a live server's host", (*games).theft},
		{"a refused server's set and the server itself tell it too, once", (*games).told},
		{"whoever waited gets the host when it is free", (*games).givenUp},
		{"a claim edited or deleted by hand is healed", (*games).healed},
		{"odd hosts are judged right", (*games).oddHosts},
		{"who may share a host", (*games).sharing},
		{"nothing is granted that is not used, and nothing is used that is not granted", (*games).rights},
	} {
		t.Run(part.what, func(t *testing.T) { part.run(g, t) })
	}
}

// refusal is what is said to a server of the set denied.
func refusal(id int) string {
	return fmt.Sprintf(`spec.rules[0].host: "denying%[1]d.hosts.test" is held by game server games/denying-%[1]d (GameServerSet denying, id %[1]d); `+
		`choose another host, or free it there first: kubectl describe hostclaim denying%[1]d.hosts.test.higress [GH202]`, id)
}

func (g *games) denied(t *testing.T) {
	want := `Failed to UPDATE pod others/denied-0 ,because of admission webhook "validate-ingress.gatehouse.dev" denied the request: ` + refusal(0)
	g.wait(t, time.Minute, "the event on the Pod", func(ctx context.Context) (bool, error) {
		var list corev1.EventList
		if err := g.admin.List(ctx, &list, client.InNamespace(others)); err != nil {
			return false, err
		}
		var seen []string
		for _, event := range list.Items {
			if event.InvolvedObject.Name == "denied-0" && event.Reason == "apiCallError" {
				if event.Message == want {
					return true, nil
				}
				seen = append(seen, event.Message)
			}
		}
		return false, fmt.Errorf("events: %q", seen)
	})
	t.Log(want)
	g.wait(t, time.Minute, "the claim to list who waits", func(ctx context.Context) (bool, error) {
		claim, err := g.claim(ctx, "denying0.hosts.test")
		if err != nil || claim == nil {
			return false, err
		}
		waiters := claim.Status.Waiters
		return len(waiters) == 1 && waiters[0].Name == "others/denied" && *waiters[0].ID == 0, fmt.Errorf("waiters %v", waiters)
	})
	out, err := g.Kubectl(env.Operator, "describe", "hostclaim", "denying0.hosts.test.higress")
	if err != nil || !strings.Contains(out, "Name:             others/denied") {
		t.Errorf("%v:\n%s", err, out)
	}
}

// told: OpenKruiseGame has tried to make both Ingresses again and again, at both managers.
func (g *games) told(t *testing.T) {
	for _, object := range []string{"gameserverset/denied", "gameserver/denied-0"} {
		line := regexp.MustCompile(`(?m)^ +Warning +IngressRefused +\S+ \(x\d+ over \S+\) +gatehouse +` + regexp.QuoteMeta("Ingress denied-0: "+refusal(0)) + `$`)
		g.wait(t, time.Minute, "the event on "+object, func(context.Context) (bool, error) {
			out, err := g.Kubectl(rival, "describe", "-n", others, object)
			found := line.FindAllString(out, -1)
			if len(found) == 1 {
				t.Logf("%s:\n%s", object, found[0])
			}
			return len(found) == 1, fmt.Errorf("%w\n%s", err, out)
		})
	}
	var list corev1.EventList
	if err := g.admin.List(t.Context(), &list); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, event := range list.Items {
		if event.Reason == "IngressRefused" {
			got[event.InvolvedObject.Kind+" "+event.InvolvedObject.Namespace+"/"+event.InvolvedObject.Name+": "+event.Message]++
		}
	}
	want := map[string]int{}
	for id := range 2 {
		text := fmt.Sprintf("Ingress denied-%d: %s", id, refusal(id))
		want["GameServerSet others/denied: "+text] = 1
		want[fmt.Sprintf("GameServer others/denied-%d: %s", id, text)] = 1
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// parked: the Ingress is there, so that OpenKruiseGame is content, with a class that no gateway serves.
func (g *games) parked(t *testing.T) {
	for id := range 2 {
		g.wait(t, time.Minute, fmt.Sprintf("server %d to be in quarantine", id), func(ctx context.Context) (bool, error) {
			s, err := g.server(ctx, others, "parked", id)
			if err != nil || s.ingress == nil {
				return false, err
			}
			return *s.ingress.Spec.IngressClassName == quarantine, fmt.Errorf("class %s", *s.ingress.Spec.IngressClassName)
		})
	}
	if _, err := g.Kubectl(env.Admin, "annotate", "pod", "-n", others, "parked-0", "example.com/usable=yes"); err != nil {
		t.Errorf("the Pod of a quarantined server: %v", err)
	}
	if _, err := g.Kubectl(env.Admin, "annotate", "pod", "-n", others, "denied-0", "example.com/usable=yes"); err == nil {
		t.Error("the Pod of a denied server took a change: then there is nothing that quarantine is for")
	}
}

// givenUp: the holders' sets are deleted, and nobody touches anything.
func (g *games) givenUp(t *testing.T) {
	for _, set := range []string{"denying", "parking"} {
		if _, err := g.Kubectl(env.Dev, "delete", "gameserverset", "-n", env.GamesNamespace, set); err != nil {
			t.Fatal(err)
		}
	}
	begin := time.Now()
	for _, set := range []string{"denying", "parking"} {
		g.wait(t, 2*time.Minute, "the hosts of "+set+" to be free", func(ctx context.Context) (bool, error) {
			for id := range 2 {
				claim, err := g.claim(ctx, fmt.Sprintf("%s%d.hosts.test", set, id))
				if err != nil || claim != nil && claim.Spec.Holder.GameServerSet == set {
					return false, err
				}
			}
			return true, nil
		})
	}
	released := time.Now()
	const within = 30 * time.Second
	g.allReady(t, within, others, "denied", 2)
	t.Logf("denied: released %s after the holder's set was deleted, all ready %s after that", released.Sub(begin).Round(100*time.Millisecond), since(released))
	g.allReady(t, within, others, "parked", 2)
	t.Logf("parked: all ready %s after the release", since(released))
	for id := range 2 {
		s, err := g.server(t.Context(), others, "parked", id)
		if err != nil {
			t.Fatal(err)
		}
		if _, left := s.ingress.Annotations["gatehouse.dev/quarantined"]; left {
			t.Errorf("annotations %v after quarantine", s.ingress.Annotations)
		}
	}
}

// healed: an administrator can write claims. Nobody gets in by it.
func (g *games) healed(t *testing.T) {
	const host, name = "denying0.hosts.test", "denying0.hosts.test.higress"
	if _, err := g.Kubectl(env.Admin, "patch", "hostclaim", name, "--type=merge",
		`--patch={"spec":{"sharing":"Namespace","holder":{"name":"games","namespace":"games","gameServerSet":null,"id":null}}}`); err != nil {
		t.Fatal(err)
	}
	g.heals(t, host, "Healed")
	before, err := g.claim(t.Context(), host)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Kubectl(env.Admin, "delete", "hostclaim", name); err != nil {
		t.Fatal(err)
	}
	if err := g.rival.Create(t.Context(), ingress(others, "late", host)); err == nil {
		t.Error("a rival got in while the claim was gone")
	}
	g.heals(t, host, "Restored")
	if after, err := g.claim(t.Context(), host); err != nil || after.UID == before.UID {
		t.Errorf("the claim is the one before: %v", err)
	}
}

// heals waits until the claim is that of the server that stands on the host, and an event says so.
func (g *games) heals(t *testing.T, host, reason string) {
	t.Helper()
	g.wait(t, time.Minute, "the claim to be healed", func(ctx context.Context) (bool, error) {
		claim, err := g.claim(ctx, host)
		if err != nil || claim == nil {
			return false, err
		}
		h := claim.Spec.Holder
		return h.Name == "others/denied" && h.ID != nil && claim.Status.Ingress != nil, fmt.Errorf("holder %v", h)
	})
	g.wait(t, time.Minute, "the event "+reason, func(context.Context) (bool, error) {
		out, err := g.Kubectl(env.Operator, "describe", "hostclaim", host+"."+managed)
		return strings.Contains(out, reason) && strings.Contains(out, "by hand"), fmt.Errorf("%w\n%s", err, out)
	})
}

// ingress is one that is no game server's.
func ingress(namespace, name string, hosts ...string) *networkingv1.Ingress {
	class, prefix := managed, networkingv1.PathTypePrefix
	ing := &networkingv1.Ingress{}
	ing.Namespace, ing.Name, ing.Spec.IngressClassName = namespace, name, &class
	for _, host := range hosts {
		ing.Spec.Rules = append(ing.Spec.Rules, networkingv1.IngressRule{
			Host: host, IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{
				Path: "/", PathType: &prefix, Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
					Name: name, Port: networkingv1.ServiceBackendPort{Number: 80},
				}},
			}}}},
		})
	}
	return ing
}

func since(begin time.Time) time.Duration { return time.Since(begin).Round(100 * time.Millisecond) }
