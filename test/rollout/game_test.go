package rollout_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

const (
	// few and many are how many servers the set lobby has before and after it was scaled without Gatehouse.
	few, many = 10, 60
	rooms     = 5
	// waits bounds how long a server whose players have left keeps what it had. It is promised.
	waits = 5 * time.Second

	opsState = "game.kruise.io/gs-opsState"
)

// game is the cluster with OpenKruiseGame, and what the annotations of its Ingresses are without us.
type game struct {
	*stage
	written map[string]map[string]string
}

// real is the story of servers of the real OpenKruiseGame.
func (s *stage) real(t *testing.T) {
	if err := s.StartOKG(t.Context()); err != nil {
		t.Fatal(err)
	}
	g := &game{stage: s, written: map[string]map[string]string{}}
	g.set(t, "lobby", few)
	g.set(t, "rooms", rooms)
	for set, n := range map[string]int{"lobby": few, "rooms": rooms} {
		if _, err := s.WaitIngresses(t.Context(), env.GamesNamespace, set, n); err != nil {
			t.Fatal(err)
		}
	}
	g.policy(t, "lobby", 30, "All")
	g.policy(t, "rooms", 30, "Idle")
	play(t,
		part{"servers that came while no manager ran", g.unseen},
		part{"a server in use is waited for", g.inUse},
		part{"after an uninstallation all is as OpenKruiseGame wrote it", g.uninstalled},
	)
}

// set applies a GameServerSet as the game developer. Its author says something about retries.
func (g *game) set(t *testing.T, name string, replicas int) {
	t.Helper()
	g.kubectl(t, env.Dev, fmt.Sprintf(`
apiVersion: game.kruise.io/v1alpha1
kind: GameServerSet
metadata: {name: %[1]s, namespace: games}
spec:
  replicas: %[2]d
  updateStrategy: {rollingUpdate: {podUpdatePolicy: InPlaceIfPossible}}
  network:
    networkType: Kubernetes-Ingress
    networkConf:
    - {name: IngressClassName, value: higress}
    - {name: Port, value: "5000"}
    - {name: Path, value: /}
    - {name: PathType, value: Prefix}
    - {name: Host, value: "%[1]s<id>.rollout.test"}
    - {name: Annotation, value: "higress.io/proxy-next-upstream-tries: 9"}
  gameServerTemplate:
    spec:
      containers: [{image: "registry.example.com/game:1", name: game}]
`, name, replicas), "apply", "-f", "-")
}

func (g *game) policy(t *testing.T, set string, seconds int, servers string) {
	t.Helper()
	g.kubectl(t, env.Operator, fmt.Sprintf(`
apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: %[1]s}
spec:
  targets: {gameServerSetNames: [%[1]s]}
  defaults: {requestTimeout: %[2]ds}
  overrides: {retry: {attempts: 2}}
  rollout: {servers: %[3]s}
`, set, seconds, servers), "apply", "-f", "-")
}

// timeouts are those of a set's Ingresses, by id.
func (g *game) timeouts(set string, n int) string {
	var out []string
	for id := range n {
		if ing := g.journal.get(gameKey(set, id)); ing != nil {
			out = append(out, ing.Annotations[timeoutKey])
		}
	}
	return strings.Join(out, " ")
}

func gameKey(set string, id int) types.NamespacedName {
	return types.NamespacedName{Namespace: env.GamesNamespace, Name: fmt.Sprintf("%s-%d", set, id)}
}

// expect waits until the timeouts of a set's servers are these.
func (g *game) expect(t *testing.T, within time.Duration, set, want string) {
	t.Helper()
	g.wait(t, within, fmt.Sprintf("the timeouts of %s to be %s", set, want), func(context.Context) (bool, error) {
		got := g.timeouts(set, len(strings.Fields(want)))
		return got == want, fmt.Errorf("they are %s", got)
	})
}

// same is a timeout of so many servers.
func same(timeout string, n int) string { return strings.TrimSpace(strings.Repeat(timeout+" ", n)) }

// unseen: a set is scaled and a host is taken twice while nobody looks.
func (g *game) unseen(t *testing.T) {
	g.expect(t, repaired, "lobby", same("30", few))
	taken := gameKey("lobby", 20)
	twin := fleet{name: "twin"}.ingress(0, "")
	twin.OwnerReferences, twin.Spec.Rules[0].Host = nil, "lobby20.rollout.test"
	g.whileDown(t, func() {
		g.kubectl(t, env.Dev, "", "scale", "gameserverset", "-n", env.GamesNamespace, "lobby", fmt.Sprintf("--replicas=%d", many))
		made, err := g.WaitIngresses(t.Context(), env.GamesNamespace, "lobby", many)
		if err != nil {
			t.Fatal(err)
		}
		for _, ing := range made[few:] {
			if _, injected := ing.Annotations[timeoutKey]; injected {
				t.Fatalf("%s: %v", ing.Name, ing.Annotations)
			}
			g.written[ing.Name] = ing.Annotations
		}
		if err := g.studio.Create(t.Context(), twin); err != nil {
			t.Fatal(err)
		}
	})
	g.expect(t, repaired, "lobby", same("30", many))
	g.wait(t, time.Minute, "the host that is taken twice to be told", func(ctx context.Context) (bool, error) {
		var list eventsv1.EventList
		if err := g.admin.List(ctx, &list, client.InNamespace(twin.Namespace)); err != nil {
			return false, err
		}
		for _, event := range list.Items {
			if event.Reason == "DuplicateHost" && event.Regarding.Kind == "Ingress" && event.Regarding.Name == twin.Name {
				return true, nil
			}
		}
		return false, fmt.Errorf("%d events", len(list.Items))
	})
	claim := &v1alpha1.HostClaim{}
	if err := g.admin.Get(t.Context(), client.ObjectKey{Name: "lobby20.rollout.test." + managed}, claim); err != nil {
		t.Fatal(err)
	}
	if holder := claim.Spec.Holder; holder.Namespace != taken.Namespace {
		t.Errorf("the host went to the younger one: %+v", holder)
	}
	if err := g.studio.Delete(t.Context(), twin); err != nil {
		t.Fatal(err)
	}
}

func (g *game) inUse(t *testing.T) {
	g.expect(t, repaired, "rooms", same("30", rooms))
	g.occupy(t, "Allocated", 1, 3)
	g.policy(t, "rooms", 60, "Idle")
	g.expect(t, repaired, "rooms", "60 30 60 30 60")
	g.wait(t, repaired, "the operator to see who is waited for", g.counted(t, "rooms", "deferred", 2))
	time.Sleep(quiet)
	g.expect(t, 0, "rooms", "60 30 60 30 60")
	g.occupy(t, "None", 3)
	g.expect(t, waits, "rooms", "60 30 60 60 60")
	g.occupy(t, "None", 1)
	g.expect(t, waits, "rooms", "60 60 60 60 60")
}

// occupy says what servers of the set rooms are used for, and waits until OpenKruiseGame has told their Pods.
func (g *game) occupy(t *testing.T, state string, ids ...int) {
	t.Helper()
	for _, id := range ids {
		g.kubectl(t, env.Dev, "", "patch", "gameserver", "-n", env.GamesNamespace, fmt.Sprintf("rooms-%d", id), "--type=merge",
			"--patch", fmt.Sprintf(`{"spec":{"opsState":%q}}`, state))
	}
	for _, id := range ids {
		g.wait(t, time.Minute, "the state of a Pod to be "+state, func(ctx context.Context) (bool, error) {
			var pod corev1.Pod
			err := g.admin.Get(ctx, gameKey("rooms", id), &pod)
			return pod.Labels[opsState] == state, err
		})
	}
}

func (g *game) uninstalled(t *testing.T) {
	g.kubectl(t, env.Operator, "", "delete", "gamepolicies", "--all")
	check := func() error {
		for set, n := range map[string]int{"lobby": many, "rooms": rooms} {
			for id := range n {
				if err := g.asWritten(gameKey(set, id)); err != nil {
					return err
				}
			}
		}
		return nil
	}
	g.wait(t, time.Minute, "all to be as OpenKruiseGame wrote it", func(context.Context) (bool, error) {
		err := check()
		return err == nil, err
	})
	if err := g.Release.Uninstall(t.Context()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(settling)
	if err := check(); err != nil {
		t.Error(err)
	}
}

// asWritten compares with what was seen while no manager ran; of other servers but for OpenKruiseGame's hash.
func (g *game) asWritten(key types.NamespacedName) error {
	ing := g.journal.get(key)
	if ing == nil {
		return fmt.Errorf("%s is gone", key.Name)
	}
	want, seen := g.written[key.Name]
	if !seen {
		want = map[string]string{triesKey: "9", hashKey: ing.Annotations[hashKey]}
	}
	if !maps.Equal(ing.Annotations, want) || want[hashKey] == "" {
		return fmt.Errorf("%s carries %v instead of %v", key.Name, ing.Annotations, want)
	}
	return nil
}
