package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

func reservingSet(name, host string, replicas int) string {
	return fmt.Sprintf(`
apiVersion: game.kruise.io/v1alpha1
kind: GameServerSet
metadata: {name: %s, namespace: games}
spec:
  replicas: %d
  scaleStrategy: {scaleDownStrategyType: ReserveIds}
  network:
    networkType: Kubernetes-Ingress
    networkConf:
    - {name: IngressClassName, value: higress}
    - {name: Port, value: "5000"}
    - {name: Path, value: /}
    - {name: PathType, value: Prefix}
    - {name: Host, value: "%s"}
  gameServerTemplate:
    spec:
      containers: [{image: "registry.example.com/game:1", name: game}]
`, name, replicas, host)
}

// OpenKruiseGame writes GameServerSets itself: the ids that it took away, and the annotation with them. Whatever is wrong
// with a set by now, these writes pass, and so does everything that gives it no further server.
func TestOpenKruiseGamesOwnWritesOfASetPass(t *testing.T) {
	s := stack(t)
	kubectlInput(t, s, env.Dev, reservingSet("reserving", "reserving<id>.e2e.example.com", 4), "apply", "-f", "-")
	wait(t, s, "four servers with Ingresses", func(ctx context.Context) (bool, error) {
		list, err := s.Ingresses(ctx, env.GamesNamespace, "reserving")
		return len(list) == 4, errors.Join(err, fmt.Errorf("%d", len(list)))
	})
	kubectlInput(t, s, env.Operator, policyText("reserving", "reserving", "hosts: {allowed: [\"*.nowhere.test\"]}"), "apply", "-f", "-")
	wait(t, s, "the policy to be in force", func(context.Context) (bool, error) {
		out, err := s.Kubectl(env.Dev, "scale", "gss", "reserving", "-n", env.GamesNamespace, "--replicas=5", "--dry-run=server")
		return err != nil && strings.Contains(out, "[GH203]"), fmt.Errorf("%s", out)
	})
	kubectl(t, s, env.Dev, "scale", "gss", "reserving", "-n", env.GamesNamespace, "--replicas=2")
	wait(t, s, "OpenKruiseGame to reserve the ids that it took away", func(ctx context.Context) (bool, error) {
		set := &unstructured.Unstructured{}
		set.SetGroupVersionKind(gameserver.GroupVersion.WithKind("GameServerSet"))
		if err := s.Get(ctx, client.ObjectKey{Namespace: env.GamesNamespace, Name: "reserving"}, set); err != nil {
			return false, err
		}
		reserved, _, err := unstructured.NestedSlice(set.Object, "spec", "reserveGameServerIds")
		return len(reserved) > 0 && set.GetAnnotations()["game.kruise.io/reserve-ids"] != "", errors.Join(err, fmt.Errorf("%v %v", reserved, set.GetAnnotations()))
	})
	out := kubectl(t, s, env.Dev, "patch", "gss", "reserving", "-n", env.GamesNamespace, "--type=merge", `--patch={"spec":{"updateStrategy":{"rollingUpdate":{"maxUnavailable":1}}}}`)
	if !strings.Contains(out, "patched") {
		t.Error(out)
	}
}

// A server that OpenKruiseGame kept outlives the projection of the spec: its host counts where the template changes.
func TestAServerThatLivesBesideTheProjectionIsJudgedToo(t *testing.T) {
	s := stack(t)
	kubectlInput(t, s, env.Dev, strings.Replace(reservingSet("outliving", "outliving<id>.e2e.example.com", 3), "ReserveIds", "General", 1), "apply", "-f", "-")
	wait(t, s, "three servers with Ingresses", func(ctx context.Context) (bool, error) {
		list, err := s.Ingresses(ctx, env.GamesNamespace, "outliving")
		return len(list) == 3, errors.Join(err, fmt.Errorf("%d", len(list)))
	})
	kubectl(t, s, env.Admin, "patch", "gs", "outliving-0", "outliving-1", "-n", env.GamesNamespace, "--type=merge", `--patch={"spec":{"opsState":"WaitToBeDeleted"}}`)
	wait(t, s, "OpenKruiseGame to know whom to take", func(context.Context) (bool, error) {
		out, err := s.Kubectl(env.Admin, "get", "pods", "-n", env.GamesNamespace, "-l", "game.kruise.io/owner-gss=outliving,game.kruise.io/gs-opsState=WaitToBeDeleted", "-o", "name")
		return strings.Count(out, "pod/") == 2, errors.Join(err, fmt.Errorf("%s", out))
	})
	kubectl(t, s, env.Dev, "scale", "gss", "outliving", "-n", env.GamesNamespace, "--replicas=1")
	wait(t, s, "server 2 alone to be left", func(ctx context.Context) (bool, error) {
		list, err := s.Ingresses(ctx, env.GamesNamespace, "outliving")
		return len(list) == 1 && list[0].Name == "outliving-2", errors.Join(err, fmt.Errorf("%d", len(list)))
	})
	// Another set is to have the host that server 2 would move to, and none that the spec projects.
	kubectlInput(t, s, env.Dev, reservingSet("moved2", "moved2.e2e.example.com", 1), "apply", "-f", "-")
	wait(t, s, "the move to be refused for server 2", func(context.Context) (bool, error) {
		out, err := s.KubectlInput(env.Dev, strings.NewReplacer("ReserveIds", "General").Replace(reservingSet("outliving", "moved<id>.e2e.example.com", 1)), "apply", "--dry-run=server", "-f", "-")
		return err != nil && strings.Contains(out, `id 2: "moved2.e2e.example.com" is `), fmt.Errorf("%s", out)
	})
}
