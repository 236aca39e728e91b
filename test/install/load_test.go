package install_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/load"
)

// perSecond is the rate of every load.
const perSecond = 50

// writer writes the Ingresses of a load. It is no administrator: those are exempt from priority and fairness.
const writer env.User = "game-controller"

// underLoad creates Ingresses of game servers, 50 a second, while something is done that must not be noticed. Every one has
// to be admitted, and annotated as the load's policy says.
func (c *cluster) underLoad(t *testing.T, set string, do func()) {
	t.Helper()
	running := c.startLoad(t, set)
	do()
	result, err := running.Stop(t.Context())
	if err != nil {
		t.Error(err)
	}
	t.Log(result)
	if err := result.Err(perSecond); err != nil {
		t.Errorf("%v\n%s", err, c.failingOpen(t))
	}
}

// startLoad has Ingresses of a set come that a policy annotates.
func (c *cluster) startLoad(t *testing.T, set string) *load.Load {
	t.Helper()
	rights := metav1.ObjectMeta{Namespace: env.GamesNamespace, Name: string(writer)}
	c.make(t, &rbacv1.Role{ObjectMeta: *rights.DeepCopy(), Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{networkingv1.GroupName}, Resources: []string{"ingresses"}, Verbs: []string{"create", "delete"}},
	}})
	c.make(t, &rbacv1.RoleBinding{
		ObjectMeta: *rights.DeepCopy(), RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: rights.Name},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: string(writer)}},
	})
	c.make(t, &v1alpha1.GamePolicy{
		ObjectMeta: metav1.ObjectMeta{Name: set},
		Spec: v1alpha1.GamePolicySpec{
			Mode:      v1alpha1.ModeEnforce,
			Targets:   v1alpha1.Targets{GameServerSetNames: []v1alpha1.SetNamePattern{set}},
			Overrides: &v1alpha1.TrafficSettings{RequestTimeout: &metav1.Duration{Duration: 30 * time.Second}},
		},
	})
	options := load.Options{Admin: c.Client, Namespace: env.GamesNamespace, Set: set, Class: "higress", PerSecond: perSecond, Check: annotated}
	var err error
	if options.Client, err = c.Env.Client(writer); err != nil {
		t.Fatal(err)
	}
	// Once every replica knows the policy.
	eventually(t, "the policy to hold", func() error {
		for range 10 {
			ing := ingress(set+"-0", "higress")
			ing.Namespace = env.GamesNamespace
			if err := c.dryRun(t, ing); err != nil {
				return err
			}
			if err := annotated(ing); err != nil {
				return err
			}
		}
		return nil
	})
	running, err := load.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return running
}

// failingOpen is what the API server says of calls that it has gone on without.
func (c *cluster) failingOpen(t *testing.T) string {
	t.Helper()
	log, err := os.ReadFile(c.Process("kube-apiserver").LogFile())
	if err != nil {
		t.Error(err)
	}
	var said []string
	for line := range strings.Lines(string(log)) {
		if strings.Contains(line, "ailed calling webhook") {
			said = append(said, line)
		}
	}
	return strings.Join(said[max(0, len(said)-10):], "")
}

const loadKey, loadValue = "higress.io/timeout", "30"

func annotated(ing *networkingv1.Ingress) error {
	if got := ing.Annotations[loadKey]; got != loadValue {
		return fmt.Errorf("%s is %q, not annotated", loadKey, got)
	}
	if policy.Recorded(ing.Annotations)[loadKey].Policy == "" {
		return fmt.Errorf("no record of %s", loadKey)
	}
	return nil
}
