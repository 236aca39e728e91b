package install_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/chart"
)

// leaving is one way to get rid of a release. After each of them anybody can write Ingresses again.
type leaving struct {
	// blocks: with all managers down the release refuses the Ingresses of managed classes, as Fail says, until it is gone.
	blocks bool
	leave  func(t *testing.T, c *cluster, release *chart.Release)
}

var leavings = map[string]leaving{
	"helm uninstall": {leave: func(t *testing.T, c *cluster, release *chart.Release) {
		mustHelm(t, release, "uninstall", release.Name)
		c.expectFree(t) // while the managers still run
		kill(t, release)
	}},
	"helm uninstall with all managers down": {blocks: true, leave: func(t *testing.T, _ *cluster, release *chart.Release) {
		mustHelm(t, release, "uninstall", release.Name)
	}},
	"helm uninstall twice": {blocks: true, leave: func(t *testing.T, _ *cluster, release *chart.Release) {
		mustHelm(t, release, "uninstall", release.Name)
		if _, err := release.Helm(t.Context(), "uninstall", release.Name); err == nil || !strings.Contains(err.Error(), "not found") {
			t.Errorf("the second time Helm says %v", err)
		}
		mustHelm(t, release, "uninstall", release.Name, "--ignore-not-found")
	}},
	"the namespace first": {leave: func(t *testing.T, c *cluster, release *chart.Release) {
		c.deleteNamespace(t, release)
		kill(t, release) // the kubelets do so when the Pods go
		c.afterNamespace(t, release)
	}},
	"the namespace first while all managers are down": {blocks: true, leave: func(t *testing.T, c *cluster, release *chart.Release) {
		c.deleteNamespace(t, release)
		c.afterNamespace(t, release)
	}},
	// What is documented for the case that nothing else is at hand: no Helm, no namespace to lose.
	"the webhooks by hand": {blocks: true, leave: func(t *testing.T, c *cluster, release *chart.Release) {
		c.kubectl(t, "delete", "validatingwebhookconfigurations,mutatingwebhookconfigurations", "-l", "app.kubernetes.io/instance="+release.Name)
		c.expectFree(t)
		mustHelm(t, release, "uninstall", release.Name)
	}},
}

func TestHoweverAReleaseGoesNobodyIsBlocked(t *testing.T) {
	c := platform(t)
	c.make(t, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "owner-0"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "game", Image: "game"}}},
	})
	for name, way := range leavings {
		t.Run(name, func(t *testing.T) {
			release := c.install(t, c.options(t))
			policy := &v1alpha1.GamePolicy{
				ObjectMeta: metav1.ObjectMeta{Name: "strict"},
				Spec:       v1alpha1.GamePolicySpec{Mode: v1alpha1.ModeEnforce, Hosts: &v1alpha1.HostRules{Allowed: []v1alpha1.HostPattern{"owner-0.example.com"}}},
			}
			c.make(t, policy)
			game := c.owned(t, "owner-0")
			claim := &v1alpha1.HostClaim{ObjectMeta: metav1.ObjectMeta{Name: "owner-0.example.com.higress"}}
			t.Cleanup(func() { c.delete(t, claim) })
			c.expectNoFinalizers(t, policy, claim, game)
			if way.blocks {
				kill(t, release)
				if err := c.free(t); err == nil || strings.Contains(err.Error(), "nginx") {
					t.Errorf("with all managers down: %v, want the managed class alone to be refused", err)
				}
			}
			way.leave(t, c, release)
			c.expectFree(t)
			c.expectKept(t, policy, claim, game)
			other := ingress("thief-0", "higress")
			other.Spec.Rules[0].Host = game.Spec.Rules[0].Host
			if err := c.dryRun(t, other); err != nil {
				t.Errorf("what is left still refuses: %v", err)
			}
		})
	}
}

// Whoever loses patience with an installation that does not become ready takes it away while its Job still tries.
func TestAReleaseThatIsStillBeingActivatedCanGo(t *testing.T) {
	c := platform(t)
	options := c.options(t)
	options.Replicas = 0
	options.Values = map[string]any{"activation": map[string]any{"enabled": true, "timeout": "1m"}}
	t.Cleanup(func() { c.remove(t, options) })
	installed := make(chan error, 1)
	go func() {
		_, err := chart.Install(t.Context(), options)
		installed <- err
	}()
	var namespace corev1.Namespace
	if err := c.Get(t.Context(), client.ObjectKey{Name: "gatehouse-system"}, &namespace); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the Job to have begun", func() error {
		if err := c.Get(t.Context(), client.ObjectKey{Namespace: "gatehouse-system", Name: "gatehouse-activate"}, &batchv1.Job{}); err != nil {
			return err
		}
		if owners := c.validating(t, "gatehouse").OwnerReferences; len(owners) != 1 || owners[0].UID != namespace.UID {
			return fmt.Errorf("the owners are %v", owners)
		}
		return nil
	})
	if _, err := chart.Helm(t.Context(), options, "uninstall", "gatehouse"); err != nil {
		t.Fatal(err)
	}
	c.expectFree(t)
	// The Job sees that there is nothing left to do, and does not wait until its time is over.
	select {
	case err := <-installed:
		if err == nil || !strings.Contains(err.Error(), "was the release uninstalled meanwhile?") {
			t.Errorf("the installation ends with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the installation goes on")
	}
	c.expectFree(t)
	// Helm does not take away hooks. What the documentation says does.
	c.kubectl(t, "delete", "clusterroles,clusterrolebindings", "-l", "app.kubernetes.io/instance=gatehouse")
	c.kubectl(t, "delete", "jobs,serviceaccounts", "-n", "gatehouse-system", "-l", "app.kubernetes.io/instance=gatehouse")
	c.kubectl(t, "delete", "roles,rolebindings", "-n", "default", "-l", "app.kubernetes.io/instance=gatehouse")
	c.expectNoHooks(t, &chart.Release{Name: "gatehouse"})
}

func mustHelm(t *testing.T, release *chart.Release, args ...string) {
	t.Helper()
	if _, err := release.Helm(t.Context(), args...); err != nil {
		t.Fatal(err)
	}
}

func (c *cluster) kubectl(t *testing.T, args ...string) {
	t.Helper()
	if _, err := c.Kubectl(env.Admin, args...); err != nil {
		t.Fatal(err)
	}
}

// deleteNamespace returns when the namespace is gone, as kubectl does.
func (c *cluster) deleteNamespace(t *testing.T, release *chart.Release) {
	t.Helper()
	c.kubectl(t, "delete", "namespace", release.Namespace)
	begin := time.Now()
	eventually(t, "Ingresses to be free", func() error { return c.free(t) })
	t.Logf("free %s after the namespace was gone", time.Since(begin).Round(time.Millisecond))
	for _, list := range []client.ObjectList{c.mutatings(t), c.validatings(t)} {
		if left := names(t, list); len(left) > 0 {
			t.Errorf("%q are left", left)
		}
	}
}

// afterNamespace: Helm has lost its memory of the release together with the namespace. It says so, and finds what is left
// of the release when it is installed again.
func (c *cluster) afterNamespace(t *testing.T, release *chart.Release) {
	t.Helper()
	if _, err := release.Helm(t.Context(), "uninstall", release.Name); err == nil || !strings.Contains(err.Error(), "not found") {
		t.Errorf("Helm says %v", err)
	}
	again := c.install(t, c.options(t))
	mustHelm(t, again, "uninstall", again.Name)
	kill(t, again)
}

// kill ends all managers at once, and whatever else was started for the release. Without the account that went with it they
// could not end as they should.
func kill(t *testing.T, release *chart.Release) {
	t.Helper()
	for _, replica := range release.Replicas {
		replica.Kill()
	}
	if err := release.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

// owned is a game server's Ingress, which stands.
func (c *cluster) owned(t *testing.T, name string) *networkingv1.Ingress {
	t.Helper()
	var pod corev1.Pod
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: metav1.NamespaceDefault, Name: name}, &pod); err != nil {
		t.Fatal(err)
	}
	ing := ingress(name, "higress")
	ing.OwnerReferences[0].UID = pod.UID
	if err := c.Create(t.Context(), ing); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.delete(t, ing) })
	return ing
}

func (c *cluster) expectNoFinalizers(t *testing.T, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
			t.Fatal(err)
		}
		if f := object.GetFinalizers(); len(f) > 0 {
			t.Errorf("%T %s has finalizers %q", object, object.GetName(), f)
		}
	}
}

// expectKept holds what outlives a release: the CRDs and whatever people and game servers have.
func (c *cluster) expectKept(t *testing.T, objects ...client.Object) {
	t.Helper()
	for _, name := range []string{"gamepolicies.gatehouse.dev", "hostclaims.gatehouse.dev"} {
		objects = append(objects, &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	for _, object := range objects {
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil || object.GetDeletionTimestamp() != nil {
			t.Errorf("%T %s: %v, want it to stay", object, object.GetName(), err)
		}
	}
	c.expectNoFinalizers(t, objects[:len(objects)-2]...)
}
