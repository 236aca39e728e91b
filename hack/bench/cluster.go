package main

import (
	"context"
	"fmt"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/cluster"
)

// The namespaces decide which webhook an Ingress meets: Gatehouse's, the one that decides nothing, or none.
const (
	governed = "governed"
	constant = "constant"
	plain    = "plain"
)

// user sends the requests. Priority and fairness holds for it, which it does not for system:masters.
const user env.User = "bench"

// bench is a cluster with both webhooks.
type bench struct {
	*cluster.Cluster
	settings

	admin, client client.Client
	noop          *env.Process
	// owners are the GameServerSets of the Ingresses, by namespace. They have to exist, or the garbage collector would
	// take the Ingresses away.
	owners map[string]types.UID
}

func newBench(ctx context.Context, s settings) (_ *bench, err error) {
	b := &bench{settings: s, owners: map[string]types.UID{}}
	var environment []string
	if s.environment != "" {
		environment = []string{s.environment}
	}
	b.Cluster, err = cluster.Start(ctx, cluster.Options{
		ManagerEnv: environment,
		Env:        env.Options{GameCRDs: true, Users: []env.Identity{{User: user}}},
		Values: map[string]any{
			"shutdownDelay": "0s",
			"webhook":       map[string]any{"exemptNamespaces": []string{constant, plain}},
		},
	})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = b.Stop()
		}
	}()
	scheme := []env.SchemeBuilder{
		corev1.AddToScheme, networkingv1.AddToScheme, rbacv1.AddToScheme, admissionregistrationv1.AddToScheme, v1alpha1.AddToScheme,
	}
	if b.admin, err = b.Client(env.Admin, scheme...); err != nil {
		return nil, err
	}
	if b.client, err = b.Client(user, scheme...); err != nil {
		return nil, err
	}
	if err := b.createRights(ctx); err != nil {
		return nil, err
	}
	if err := b.createPolicies(ctx); err != nil {
		return nil, err
	}
	return b, b.startNoop(ctx)
}

func (b *bench) createRights(ctx context.Context) error {
	for _, namespace := range []string{governed, constant, plain} {
		if err := b.Namespace(ctx, namespace, nil); err != nil {
			return err
		}
		owner := gameServerSet(namespace, set)
		if err := b.admin.Create(ctx, owner); err != nil {
			return err
		}
		b.owners[namespace] = owner.GetUID()
	}
	role := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: string(user)},
		Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{"networking.k8s.io"}, Resources: []string{"ingresses"}, Verbs: []string{"create", "update"},
		}},
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: string(user)},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: string(user)}},
	}
	if err := b.admin.Create(ctx, role); err != nil {
		return err
	}
	return b.admin.Create(ctx, binding)
}

// createPolicies makes one policy that selects the Ingresses and others that select other sets.
func (b *bench) createPolicies(ctx context.Context) error {
	wanted := &v1alpha1.GamePolicy{Spec: v1alpha1.GamePolicySpec{
		Targets: v1alpha1.Targets{GameServerSetNames: []string{set}},
		Defaults: &v1alpha1.TrafficSettings{
			RequestTimeout: &metav1.Duration{Duration: 30 * time.Second},
			RateLimit:      &v1alpha1.RateLimit{RequestsPerSecond: ptr.To[int32](50), BurstMultiplier: ptr.To[int32](3)},
		},
		Overrides: &v1alpha1.TrafficSettings{
			Retry:   &v1alpha1.Retry{Attempts: 2, RetryOn: []v1alpha1.RetryCondition{"error", "timeout"}},
			Headers: &v1alpha1.Headers{Request: &v1alpha1.HeaderChange{Set: map[string]string{"X-Game-Server": "<id>"}}},
		},
	}}
	wanted.Name = "wanted"
	policies := []*v1alpha1.GamePolicy{wanted}
	for i := 1; i < b.policies; i++ {
		other := wanted.DeepCopy()
		other.Name = fmt.Sprintf("other-%d", i)
		other.Spec.Targets.GameServerSetNames = []string{fmt.Sprintf("other-%d", i)}
		policies = append(policies, other)
	}
	for _, p := range policies {
		if err := b.admin.Create(ctx, p); err != nil {
			return err
		}
	}
	return b.Wait(ctx, "the policies to be in effect", func(ctx context.Context) (bool, error) {
		ing := b.gameIngress(governed, 1)
		err := b.client.Create(ctx, ing, client.DryRunAll)
		return err == nil && ing.Annotations[policy.AppliedAnnotation] != "", err
	})
}

// set is the game server set of all Ingresses.
const set = "postio"

// gameIngress is what OpenKruiseGame makes for one server of a set with the parameter Fixed.
func (b *bench) gameIngress(namespace string, id int) *networkingv1.Ingress {
	name := fmt.Sprintf("%s-%d", set, id)
	ing := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{
		Namespace: namespace, Name: name,
		Annotations: map[string]string{"game.kruise.io/ingress-hash": "3637547633"},
		OwnerReferences: []metav1.OwnerReference{{
			APIVersion: "game.kruise.io/v1alpha1", Kind: "GameServerSet", Name: set, UID: b.owners[namespace],
			Controller: ptr.To(true), BlockOwnerDeletion: ptr.To(true),
		}},
	}}
	ing.Spec.IngressClassName = ptr.To("higress")
	ing.Spec.Rules = []networkingv1.IngressRule{{
		Host: fmt.Sprintf("game%d.%s.example.com", id, namespace),
		IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{
			Path: "/", PathType: ptr.To(networkingv1.PathTypePrefix),
			Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
				Name: name, Port: networkingv1.ServiceBackendPort{Number: 5000},
			}},
		}}}},
	}}
	return ing
}
