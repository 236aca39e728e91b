// Package e2e_test runs Gatehouse, installed from its chart, against the real API server and the real OpenKruiseGame, and
// looks at the Ingresses that come out.
package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/cluster"
)

// The stack is shared by all tests of the package, because its start is most of their time. Each test uses sets and
// policies of its own.
var (
	started bool
	shared  = sync.OnceValues(func() (*installation, error) {
		started = true
		return install(context.Background())
	})
)

// installation is the stack with Gatehouse in it, and the cluster administrator's client.
type installation struct {
	*cluster.Cluster
	client.Client
}

func install(ctx context.Context) (*installation, error) {
	c, err := cluster.Start(ctx, cluster.Options{
		Env:    env.Options{Game: true, Out: os.Stderr},
		Values: map[string]any{"shutdownDelay": "100ms"},
	})
	if err != nil {
		return nil, err
	}
	admin, err := c.Client(env.Admin, v1alpha1.AddToScheme)
	if err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return &installation{c, admin}, nil
}

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	code := m.Run()
	if started {
		if s, err := shared(); err == nil {
			if err := s.Stop(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				code = 1
			}
		}
	}
	os.Exit(code)
}

func stack(t *testing.T) *installation {
	t.Helper()
	if testing.Short() {
		t.Skip("needs the control plane")
	}
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.Tails(15))
		}
	})
	return s
}

// policyText is a GamePolicy that selects one set.
func policyText(name, set, spec string) string {
	return fmt.Sprintf("apiVersion: gatehouse.dev/v1alpha1\nkind: GamePolicy\nmetadata: {name: %s}\nspec:\n  targets: {gameServerSetNames: [%s]}\n  %s\n",
		name, set, strings.ReplaceAll(strings.TrimSpace(spec), "\n", "\n  "))
}

// applyPolicy applies a GamePolicy as the operator and waits until it decides: webhooks see it a moment later.
func applyPolicy(t *testing.T, s *installation, text, set, key, want string) {
	t.Helper()
	kubectlInput(t, s, env.Operator, text, "apply", "-f", "-")
	waitDecided(t, s, set, key, want)
}

// waitDecided waits until a game Ingress of the set would carry the value, by server-side dry runs.
func waitDecided(t *testing.T, s *installation, set, key, want string) {
	t.Helper()
	wait(t, s, fmt.Sprintf("%s to be %q on the Ingresses of %s", key, want, set), func(ctx context.Context) (bool, error) {
		ing := gameIngress(set, 9999, nil)
		if err := s.Create(ctx, ing, client.DryRunAll); err != nil {
			return false, err
		}
		return ing.Annotations[key] == want, fmt.Errorf("annotations %v", ing.Annotations)
	})
}

func wait(t *testing.T, s *installation, what string, holds env.Condition) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	if err := s.Wait(ctx, what, holds); err != nil {
		t.Fatal(err)
	}
}

// gameIngress is an Ingress such as OpenKruiseGame makes, of a game server without a Pod. Its owner does not exist, so the
// garbage collector takes it away in a moment: it serves for what the API server answers.
func gameIngress(set string, id int, annotations map[string]string) *networkingv1.Ingress {
	class, controller, name := "higress", true, fmt.Sprintf("%s-%d", set, id)
	prefix := networkingv1.PathTypePrefix
	return &networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: env.GamesNamespace, Name: name, Annotations: annotations,
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: name, UID: "0a0a0a0a", Controller: &controller}},
		},
		Spec: networkingv1.IngressSpec{IngressClassName: &class, Rules: []networkingv1.IngressRule{{
			Host: name + ".e2e.example.com",
			IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{
				Path: "/", PathType: &prefix, Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
					Name: name, Port: networkingv1.ServiceBackendPort{Number: 5000},
				}},
			}}}},
		}}},
	}
}

func kubectl(t *testing.T, s *installation, user env.User, args ...string) string {
	t.Helper()
	out, err := s.Kubectl(user, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func kubectlInput(t *testing.T, s *installation, user env.User, stdin string, args ...string) string {
	t.Helper()
	out, err := s.KubectlInput(user, stdin, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// expect compares the gateway's annotations of an Ingress, those of Gatehouse and OpenKruiseGame left out.
func expect(t *testing.T, ing *networkingv1.Ingress, want map[string]string) {
	t.Helper()
	got := gatewayAnnotations(ing.Annotations)
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s: %s is %q, want %q", ing.Name, k, got[k], v)
		}
	}
	for k, v := range got {
		if _, wanted := want[k]; !wanted {
			t.Errorf("%s: unexpected %s: %q", ing.Name, k, v)
		}
	}
}

func gatewayAnnotations(all map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range all {
		if k != policy.AppliedAnnotation && !strings.HasPrefix(k, "game.kruise.io/") {
			out[k] = v
		}
	}
	return out
}
