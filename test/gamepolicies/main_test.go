// Package gamepolicies_test shows what a platform operator reads in his terminal when he writes a GamePolicy: with the real
// API server, the real kubectl, and Gatehouse installed by its chart.
package gamepolicies_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/cluster"
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

// platform is a cluster with Gatehouse and the CRDs of OpenKruiseGame.
type platform struct {
	*cluster.Cluster
	t *testing.T
}

func start(t *testing.T) platform {
	t.Helper()
	if testing.Short() {
		t.Skip("needs the control plane")
	}
	c, err := cluster.Start(t.Context(), cluster.Options{
		Env:    env.Options{GameCRDs: true, Out: os.Stderr},
		Values: map[string]any{"shutdownDelay": "100ms"},
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
	return platform{c, t}
}

// apply is what kubectl prints when the operator applies a manifest.
func (p platform) apply(manifest string, flags ...string) string {
	p.t.Helper()
	output, err := p.KubectlInput(env.Operator, manifest, append([]string{"apply", "-f", "-"}, flags...)...)
	if err != nil {
		p.t.Fatal(err)
	}
	return output
}

// dryRun is the same without storing anything.
func (p platform) dryRun(manifest string) string { return p.apply(manifest, "--dry-run=server") }

// provide brings about what others than the operator have made.
func (p platform) provide(manifest string) {
	p.t.Helper()
	if _, err := p.Apply(p.t.Context(), []byte(manifest)); err != nil {
		p.t.Fatal(err)
	}
}

// settled waits until the manager has heard of what was written before: then a dry run says what it has to say.
func (p platform) settled(manifest, says string) {
	p.t.Helper()
	for begin := time.Now(); !strings.Contains(p.dryRun(manifest), says); time.Sleep(20 * time.Millisecond) {
		if time.Since(begin) > 30*time.Second {
			p.t.Fatalf("after 30 s a dry run still does not say %q:\n%s", says, p.dryRun(manifest))
		}
	}
}

func (p platform) expect(what, want, got string) {
	p.t.Helper()
	if diff := cmp.Diff(strings.TrimLeft(want, "\n"), got); diff != "" {
		p.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// gamePolicy is a manifest of a policy for the class that is managed.
func gamePolicy(name, spec string) string {
	return fmt.Sprintf("{apiVersion: gatehouse.dev/v1alpha1, kind: GamePolicy, metadata: {name: %s}, spec: %s}", name, spec)
}

// run makes a set with so many servers and their Ingresses, as OpenKruiseGame makes them with Fixed: the garbage collector
// would take those of Pods that there are not.
func (p platform) run(set string, n int) {
	p.t.Helper()
	p.provide(gameServerSet(set, n))
	uid, err := p.Kubectl(env.Dev, "get", "gameserversets", set, "--namespace=games", "--output=jsonpath={.metadata.uid}")
	if err != nil {
		p.t.Fatal(err)
	}
	p.provide(ingresses(set, uid, n))
}

func ingresses(set, uid string, n int) string {
	var out strings.Builder
	for id := range n {
		fmt.Fprintf(&out, `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  namespace: games
  name: %[1]s-%[2]d
  ownerReferences: [{apiVersion: game.kruise.io/v1alpha1, kind: GameServerSet, name: %[1]s, uid: %[3]s, controller: true}]
spec:
  ingressClassName: higress
  rules:
  - host: game%[2]d.%[1]s.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: %[1]s-%[2]d, port: {number: 80}}}}]}
`, set, id, uid)
	}
	return out.String()
}

// gameServerSet is a set of so many servers with hosts of their own.
func gameServerSet(name string, replicas int) string {
	return fmt.Sprintf(`---
apiVersion: game.kruise.io/v1alpha1
kind: GameServerSet
metadata: {namespace: games, name: %[1]s, labels: {tier: live}}
spec:
  replicas: %[2]d
  updateStrategy: {rollingUpdate: {}}
  gameServerTemplate: {spec: {containers: [{name: game, image: game}]}}
  network:
    networkType: Kubernetes-Ingress
    networkConf:
    - {name: IngressClassName, value: higress}
    - {name: Host, value: game<id>.%[1]s.example.com}
    - {name: Path, value: /}
    - {name: PathType, value: Prefix}
    - {name: Port, value: "80"}
    - {name: Fixed, value: "true"}
`, name, replicas)
}

// higressConfig is the ConfigMap with Higress's own settings.
func higressConfig(downstream string) string {
	return fmt.Sprintf(`
apiVersion: v1
kind: Namespace
metadata: {name: higress-system}
---
apiVersion: v1
kind: ConfigMap
metadata: {namespace: higress-system, name: higress-config}
data:
  higress: |-
    downstream: %s
`, downstream)
}
