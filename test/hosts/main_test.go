// Package hosts_test shows, with the real OpenKruiseGame, what the ownership of hosts means for games that run: who is
// refused and what he is told, what a rival can do while Pods come and go, and that whoever waited gets the host when it
// is free.
package hosts_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/cluster"
)

// rival is an ordinary user who has the same rights in the namespace others as the game developer has in games, and may
// write Ingresses there.
const rival env.User = "rival"

const (
	others     = "others"
	managed    = "higress"
	quarantine = "gatehouse-quarantine"
)

// games is the whole stack: two managers, the real OpenKruiseGame, Kruise and fake nodes.
type games struct {
	*cluster.Cluster
	admin, rival client.Client
}

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

func start(t *testing.T) *games {
	t.Helper()
	if testing.Short() {
		t.Skip("needs the control plane")
	}
	c, err := cluster.Start(t.Context(), cluster.Options{
		Env: env.Options{
			Game: true, Audit: true, Out: os.Stderr, Users: []env.Identity{{User: rival}},
			OKG: env.OKGOptions{QPS: 50, Burst: 100}, // its default makes ten servers take a minute
		},
		// Sets that come too late for their hosts are to be stored: what happens to their Ingresses is the story.
		Replicas: 2,
		// As where an API server does not stream lists (before 1.34): the rights for that are to be used, too.
		ManagerEnv: []string{"KUBE_FEATURE_WatchListClient=false"},
		Values: map[string]any{
			"shutdownDelay": "100ms", "webhook": map[string]any{"gameServerSets": map[string]any{"enabled": false}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(c.Tails(15))
		}
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	g := &games{Cluster: c}
	g.admin, err = c.Client(env.Admin, v1alpha1.AddToScheme)
	if err == nil {
		g.rival, err = c.Client(rival)
	}
	_, rights := c.Apply(t.Context(), []byte(rivalRights))
	if err := errors.Join(err, rights); err != nil {
		t.Fatal(err)
	}
	return g
}

const rivalRights = `
apiVersion: v1
kind: Namespace
metadata: {name: others}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: rival, namespace: others}
rules:
- {apiGroups: [game.kruise.io], resources: [gameserversets], verbs: ["*"]}
- {apiGroups: [game.kruise.io], resources: [gameservers], verbs: [get, list, watch]}
- {apiGroups: [networking.k8s.io], resources: [ingresses], verbs: ["*"]}
- {apiGroups: [""], resources: [pods, events], verbs: [get, list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: rival, namespace: others}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: rival}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: rival}
`

// gameServerSet is the article's set with another host.
func gameServerSet(namespace, name, host string, replicas int) string {
	return fmt.Sprintf(`
apiVersion: game.kruise.io/v1alpha1
kind: GameServerSet
metadata: {name: %s, namespace: %s}
spec:
  replicas: %d
  updateStrategy: {rollingUpdate: {podUpdatePolicy: InPlaceIfPossible}}
  network:
    networkType: Kubernetes-Ingress
    networkConf:
    - {name: IngressClassName, value: higress}
    - {name: Port, value: "5000"}
    - {name: Path, value: /}
    - {name: PathType, value: Prefix}
    - {name: Host, value: %s}
  gameServerTemplate:
    spec:
      containers: [{image: "registry.example.com/game:1", name: game}]
`, name, namespace, replicas, host)
}

func (g *games) apply(t *testing.T, user env.User, manifest string) string {
	t.Helper()
	out, err := g.KubectlInput(user, manifest, "apply", "-f", "-")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (g *games) wait(t *testing.T, within time.Duration, what string, holds env.Condition) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	if err := g.Wait(ctx, what, holds); err != nil {
		t.Fatal(err)
	}
}

// server is one game server as OpenKruiseGame and the API server show it.
type server struct {
	pod     corev1.Pod
	ingress *networkingv1.Ingress // nil if there is none
}

func (g *games) server(ctx context.Context, namespace, set string, id int) (*server, error) {
	key := client.ObjectKey{Namespace: namespace, Name: fmt.Sprintf("%s-%d", set, id)}
	s := &server{ingress: &networkingv1.Ingress{}}
	if err := g.admin.Get(ctx, key, &s.pod); err != nil {
		return nil, err
	}
	if err := g.admin.Get(ctx, key, s.ingress); client.IgnoreNotFound(err) != nil {
		return nil, err
	} else if err != nil {
		s.ingress = nil
	}
	return s, nil
}

// ready: OpenKruiseGame says that the network is, the Ingress belongs to this very Pod and a gateway serves it.
func (s *server) ready() bool {
	var status struct {
		Current string `json:"currentNetworkState"`
	}
	text := s.pod.Annotations["game.kruise.io/network-status"]
	return s.ingress != nil && s.ingress.OwnerReferences[0].UID == s.pod.UID && *s.ingress.Spec.IngressClassName == managed &&
		json.Unmarshal([]byte(text), &status) == nil && status.Current == "Ready"
}

// allReady waits until all servers of a set are.
func (g *games) allReady(t *testing.T, within time.Duration, namespace, set string, replicas int) {
	t.Helper()
	g.wait(t, within, fmt.Sprintf("all servers of %s/%s to be ready", namespace, set), func(ctx context.Context) (bool, error) {
		for id := range replicas {
			if s, err := g.server(ctx, namespace, set, id); err != nil {
				return false, err
			} else if !s.ready() {
				return false, fmt.Errorf("server %d is not", id)
			}
		}
		return true, nil
	})
}

// claim is the deed to a host; nil if there is none.
func (g *games) claim(ctx context.Context, host string) (*v1alpha1.HostClaim, error) {
	claim := &v1alpha1.HostClaim{}
	if err := g.admin.Get(ctx, client.ObjectKey{Name: host + "." + managed}, claim); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	return claim, nil
}
