// Package rollout_test lets edits of policies reach game servers that run, on the real API server with two managers of which
// one leads, and looks at every revision of every Ingress that is stored: each edit is one, and nothing else is any.
package rollout_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/chart"
	"github.com/gatehouse-dev/gatehouse/test/env/cluster"
)

const (
	managed = "higress"
	// studio is an ordinary user with sets and Ingresses of his own in the namespace of his name.
	studio env.User = "studio"

	timeoutKey = "higress.io/timeout"
	triesKey   = "higress.io/proxy-next-upstream-tries"
	// hashKey is what OpenKruiseGame knows its Ingresses by.
	hashKey = "game.kruise.io/ingress-hash"
)

// repaired bounds how long an Ingress that does not carry what the policies decide stays so, where nothing slows it down.
// It is promised.
const repaired = 10 * time.Second

// stage is the cluster with two managers. OpenKruiseGame's comes later: who begins makes its Ingresses himself.
type stage struct {
	*cluster.Cluster
	admin, studio client.Client
	journal       *journal
}

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

// TestPoliciesReachTheServersThatRun is two stories on one cluster, because its start is a good part of their time.
func TestPoliciesReachTheServersThatRun(t *testing.T) {
	s := start(t)
	t.Run("whose Ingresses an ordinary user has made", s.ordinary)
	t.Run("of the real OpenKruiseGame", s.real)
}

func start(t *testing.T) *stage {
	t.Helper()
	if testing.Short() {
		t.Skip("needs the control plane")
	}
	c, err := cluster.Start(t.Context(), cluster.Options{
		Env: env.Options{
			Game: true, Out: os.Stderr, Users: []env.Identity{{User: studio}},
			OKG: env.OKGOptions{QPS: 50, Burst: 100, DeferStart: true},
		},
		// What is written while no manager answers is stored: then there is something to repair.
		Replicas: 2, Values: map[string]any{
			"shutdownDelay": "100ms", "webhook": map[string]any{"validate": map[string]any{"failurePolicy": "Ignore"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{Cluster: c}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.Tails(5) + s.Release.Tails())
		}
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := s.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) enter(ctx context.Context) error {
	var err error
	if s.admin, err = s.Client(env.Admin, v1alpha1.AddToScheme, gameserver.AddToScheme); err != nil {
		return err
	}
	if s.studio, err = s.Client(studio, gameserver.AddToScheme); err != nil {
		return err
	}
	if _, err := s.Apply(ctx, []byte(studioRights)); err != nil {
		return err
	}
	s.journal, err = s.follow(ctx)
	return err
}

const studioRights = `
apiVersion: v1
kind: Namespace
metadata: {name: studio}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: studio, namespace: studio}
rules:
- {apiGroups: [game.kruise.io], resources: [gameserversets], verbs: ["*"]}
- {apiGroups: [networking.k8s.io], resources: [ingresses], verbs: ["*"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: studio, namespace: studio}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: studio}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: studio}
`

// part is one part of a story. The parts share the servers, and what one leaves behind is there in the next.
type part struct {
	what string
	run  func(t *testing.T)
}

func play(t *testing.T, parts ...part) {
	t.Helper()
	for _, p := range parts {
		begin := time.Now()
		if !t.Run(p.what, p.run) {
			return
		}
		t.Logf("%s: %s", p.what, time.Since(begin).Round(100*time.Millisecond))
	}
}

func (s *stage) wait(t *testing.T, within time.Duration, what string, holds env.Condition) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	if err := s.Wait(ctx, what, holds); err != nil {
		t.Fatal(err)
	}
}

// kubectl runs it as the user, with a manifest for -f - where there is one.
func (s *stage) kubectl(t *testing.T, user env.User, manifest string, args ...string) {
	t.Helper()
	if _, err := s.KubectlInput(user, manifest, args...); err != nil {
		t.Fatal(err)
	}
}

// leader waits until a manager leads.
func (s *stage) leader(t *testing.T) *chart.Replica {
	t.Helper()
	var leader *chart.Replica
	s.wait(t, time.Minute, "a manager to lead", func(ctx context.Context) (bool, error) {
		leader = s.Release.Leader(ctx)
		return leader != nil, nil
	})
	return leader
}

// whileDown does something while no manager runs, and returns when one leads again.
func (s *stage) whileDown(t *testing.T, do func()) {
	t.Helper()
	if err := s.Release.StopManagers(t.Context()); err != nil {
		t.Fatal(err)
	}
	do()
	if err := s.Release.StartManagers(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.leader(t)
}

// counted holds when the leader counts so many Ingresses of a policy in a state.
func (s *stage) counted(t *testing.T, policy, state string, n int) env.Condition {
	t.Helper()
	leader, sample := s.leader(t), fmt.Sprintf("gatehouse_ingresses{policy=%q,state=%q} %d\n", policy, state, n)
	return func(ctx context.Context) (bool, error) {
		text, err := leader.Metrics(ctx)
		return strings.Contains(text, sample), err
	}
}
