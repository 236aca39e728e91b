package install_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env/chart"
)

func TestAReleaseBecomesStrictByItselfAndStaysSoThroughUpgrades(t *testing.T) {
	c := platform(t)
	options := c.options(t)
	release := c.install(t, options)
	c.expectStrict(t, release, admissionregistrationv1.Fail)
	c.expectNoHooks(t, release)

	t.Run("an upgrade leaves no moment without it", func(t *testing.T) {
		seen := c.watchPolicies(t, release.Name)
		c.upgrade(t, release, nil)
		c.expectStrict(t, release, admissionregistrationv1.Fail)
		if got := seen(); slices.Contains(got, admissionregistrationv1.Ignore) {
			t.Errorf("during the upgrade failurePolicy was %v", got)
		}
	})
	t.Run("Ignore is set at once, and Fail again", func(t *testing.T) {
		c.upgrade(t, release, map[string]any{"webhook": map[string]any{"validate": map[string]any{"failurePolicy": "Ignore"}}})
		c.expectStrict(t, release, admissionregistrationv1.Ignore)
		c.upgrade(t, release, nil)
		c.expectStrict(t, release, admissionregistrationv1.Fail)
	})
	t.Run("a rollback ends at Fail", func(t *testing.T) {
		// Revision 1 was rendered before anything answered.
		if _, err := release.Helm(t.Context(), "rollback", release.Name, "1"); err != nil {
			t.Fatal(err)
		}
		c.expectStrict(t, release, admissionregistrationv1.Fail)
		c.expectNoHooks(t, release)
	})
	t.Run("an emergency ends with the next upgrade", func(t *testing.T) {
		// As docs/install.md has it.
		c.kubectl(t, "patch", "validatingwebhookconfiguration", release.Name, "--type=json",
			"-p", `[{"op": "replace", "path": "/webhooks/0/failurePolicy", "value": "Ignore"}]`)
		if got := failurePolicy(c.validating(t, release.Name)); got != admissionregistrationv1.Ignore {
			t.Errorf("failurePolicy is %s", got)
		}
		c.upgrade(t, release, nil)
		c.expectStrict(t, release, admissionregistrationv1.Fail)
		c.kubectl(t, "delete", "validatingwebhookconfiguration,mutatingwebhookconfiguration", release.Name)
		c.upgrade(t, release, nil)
		c.expectStrict(t, release, admissionregistrationv1.Fail)
	})
	t.Run("helm test proves the path and leaves nothing", func(t *testing.T) { c.helmTest(t, release) })
	t.Run("examples come once", func(t *testing.T) { c.examplesComeOnce(t, release) })
	t.Run("policies that allow nothing do not stand in the way", func(t *testing.T) {
		nothing := &v1alpha1.GamePolicy{
			ObjectMeta: metav1.ObjectMeta{Name: "nothing"},
			Spec: v1alpha1.GamePolicySpec{
				Priority: 999999, Mode: v1alpha1.ModeEnforce,
				Hosts: &v1alpha1.HostRules{
					Allowed: []v1alpha1.HostPattern{"no.example.com"}, Template: "no<id>.example.com", OnConflict: v1alpha1.OnConflictQuarantine,
				},
			},
		}
		if err := c.Create(t.Context(), nothing); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.delete(t, nothing) })
		eventually(t, "the policy to hold", func() error {
			ing := ingress("arena-7", "higress")
			if err := c.Create(t.Context(), ing, client.DryRunAll); err == nil || !strings.Contains(err.Error(), "GH203") {
				return fmt.Errorf("an Ingress with another host: %w", err)
			}
			return nil
		})
		c.upgrade(t, release, nil)
		c.helmTest(t, release)
	})
}

// helmTest runs the chart's own test.
func (c *cluster) helmTest(t *testing.T, release *chart.Release) {
	t.Helper()
	out, err := release.Helm(t.Context(), "test", release.Name)
	log := release.HookLog(release.Name + "-test")
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	for _, want := range []string{
		`annotated: a dry run of Ingress default/gatehouse-test-0 comes back with higress.io/timeout: "61" of GamePolicy gatehouse-test`,
		`refused: admission webhook "validate-ingress.gatehouse.dev" denied the request: spec.rules[0].host: "game1.gatehouse-test.invalid" is held by game server default/gatehouse-test-holder-0`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("%s\ndoes not say %q", log, want)
		}
	}
	if !strings.Contains(out, "Phase:          Succeeded") {
		t.Errorf("helm test says %s", out)
	}
	var claims v1alpha1.HostClaimList
	var policies v1alpha1.GamePolicyList
	for list, left := range map[client.ObjectList]func() int{
		&claims: func() int { return len(claims.Items) },
		&policies: func() int {
			return len(slices.DeleteFunc(policies.Items, func(p v1alpha1.GamePolicy) bool { return p.Name != "gatehouse-test" }))
		},
	} {
		if err := c.List(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		if n := left(); n > 0 {
			t.Errorf("the test leaves %d in %T", n, list)
		}
	}
	c.expectNoHooks(t, release)
}

// upgrade renders the chart with other values.
func (c *cluster) upgrade(t *testing.T, release *chart.Release, values map[string]any) {
	t.Helper()
	if err := release.UpgradeTo(t.Context(), "", values); err != nil {
		t.Fatalf("%v\n%s", err, release.Tails())
	}
}

// expectStrict holds the state after a Job: one webhook as chosen, all others Ignore, an owner that takes them along, and
// no field that Helm would be refused next time.
func (c *cluster) expectStrict(t *testing.T, release *chart.Release, chosen admissionregistrationv1.FailurePolicyType) {
	t.Helper()
	var namespace corev1.Namespace
	if err := c.Get(t.Context(), client.ObjectKey{Name: release.Namespace}, &namespace); err != nil {
		t.Fatal(err)
	}
	validating, mutating := c.validating(t, release.Name), c.mutating(t, release.Name)
	for _, webhook := range validating.Webhooks {
		want := admissionregistrationv1.Ignore
		if webhook.Name == "validate-ingress.gatehouse.dev" {
			want = chosen
		}
		if *webhook.FailurePolicy != want {
			t.Errorf("failurePolicy of %s is %s, want %s", webhook.Name, *webhook.FailurePolicy, want)
		}
	}
	for _, webhook := range mutating.Webhooks {
		if *webhook.FailurePolicy != admissionregistrationv1.Ignore {
			t.Errorf("failurePolicy of %s is %s", webhook.Name, *webhook.FailurePolicy)
		}
	}
	owner := metav1.OwnerReference{APIVersion: "v1", Kind: "Namespace", Name: namespace.Name, UID: namespace.UID}
	for _, config := range []client.Object{validating, mutating} {
		if owners := config.GetOwnerReferences(); !slices.Equal(owners, []metav1.OwnerReference{owner}) {
			t.Errorf("the owners of %T are %v", config, owners)
		}
		for _, field := range config.GetManagedFields() {
			if field.Manager == "gatehouse-install" {
				t.Errorf("%s still owns fields of %T: %s", field.Manager, config, field.FieldsV1)
			}
		}
	}
}

// expectNoHooks: with its success a hook's rights and Jobs go.
func (c *cluster) expectNoHooks(t *testing.T, release *chart.Release) {
	t.Helper()
	for _, list := range []client.ObjectList{
		&batchv1.JobList{}, &corev1.PodList{}, &corev1.ServiceAccountList{}, &rbacv1.RoleList{}, &rbacv1.RoleBindingList{},
		&rbacv1.ClusterRoleList{}, &rbacv1.ClusterRoleBindingList{},
	} {
		if err := c.List(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		for _, name := range names(t, list) {
			if strings.HasPrefix(name, release.Name+"-activate") || strings.HasPrefix(name, release.Name+"-test") {
				t.Errorf("%s is left of %T", name, list)
			}
		}
	}
}

// A release whose managers never come is no worse than none, and says what to look at.
func TestAReleaseThatNobodyAnswersForRefusesNothing(t *testing.T) {
	c := platform(t)
	options := c.options(t)
	options.Replicas = 0
	options.Values = map[string]any{"activation": map[string]any{"enabled": true, "timeout": "2s"}}
	t.Cleanup(func() { c.remove(t, options) })
	_, err := chart.Install(t.Context(), options)
	if err == nil {
		t.Fatal("the installation succeeds")
	}
	for _, want := range []string{
		"post-install", "given up after 2s", "did not call mutate-ingress.gatehouse.dev, or in vain",
		"stays Ignore: Ingresses are admitted without Gatehouse", "kubectl -n gatehouse-system get pods",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\ndoes not say %q", err, want)
		}
	}
	if got := failurePolicy(c.validating(t, "gatehouse")); got != admissionregistrationv1.Ignore {
		t.Errorf("failurePolicy is %s", got)
	}
	c.expectFree(t)
}

func TestWithoutActivationTheChosenPolicyIsRendered(t *testing.T) {
	c := platform(t)
	options := c.options(t)
	options.Replicas = 0
	c.install(t, options)
	if got := failurePolicy(c.validating(t, "gatehouse")); got != admissionregistrationv1.Fail {
		t.Errorf("failurePolicy is %s", got)
	}
	if c.free(t) == nil {
		t.Error("an Ingress of a managed class is admitted although nobody answers")
	}
}
