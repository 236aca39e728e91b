package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	chart "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/cluster"
)

// The namespaces decide which webhooks an Ingress meets: Gatehouse's, those that decide nothing, or none. In standing are
// the Ingresses that there are already. The names are of one length, so that all objects are of one size.
const (
	governed = "governed"
	constant = "constant"
	plain    = "unhooked"
	standing = "standing"
)

// The classes, of names that are as long as each other.
const (
	managed   = "higress"
	unmanaged = "nowhere"
)

// user sends the requests. Priority and fairness holds for it, which it does not for system:masters.
const user env.User = "bench"

// bench is a cluster with the webhooks of both kinds.
type bench struct {
	*cluster.Cluster
	settings

	admin, client client.Client
	// deeds creates claims of the benchmark's own kind, which have the schema of HostClaims and which nobody tends.
	deeds client.Client
	noop  *env.Process
	// servers is how many game servers the sets in standing have.
	servers int

	mu sync.Mutex
	// owners are the uids of the GameServerSets. They have to exist, or the garbage collector would take the Ingresses away.
	owners map[types.NamespacedName]types.UID
}

// managerMemory is what the manager finds out by itself in a container with the limit of the chart's values, 256 MiB
// (webhooks/serve/memory.go). Here it runs in none.
const managerMemory = "GOMEMLIMIT=153MiB"

func newBench(ctx context.Context, s settings) (_ *bench, err error) {
	b := &bench{settings: s, owners: map[types.NamespacedName]types.UID{}}
	environment := []string{managerMemory}
	if s.environment != "" {
		environment = append(environment, s.environment)
	}
	b.Cluster, err = cluster.Start(ctx, cluster.Options{
		ManagerEnv: environment,
		Env:        env.Options{GameCRDs: true, Fsync: true, Users: []env.Identity{{User: user}}},
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
	if err := b.connect(); err != nil {
		return nil, err
	}
	for _, prepare := range []func(context.Context) error{b.createRights, b.createClaimKind, b.createPolicies, b.startNoop} {
		if err := prepare(ctx); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// claimKind is the benchmark's own kind of claims.
var claimKind = schema.GroupVersion{Group: "bench.gatehouse.dev", Version: v1alpha1.GroupVersion.Version}

func (b *bench) connect() (err error) {
	scheme := []env.SchemeBuilder{
		corev1.AddToScheme, networkingv1.AddToScheme, rbacv1.AddToScheme, admissionregistrationv1.AddToScheme, v1alpha1.AddToScheme,
	}
	if b.admin, err = b.Client(env.Admin, scheme...); err != nil {
		return err
	}
	if b.client, err = b.Client(user, scheme...); err != nil {
		return err
	}
	b.deeds, err = b.Client(user, func(scheme *runtime.Scheme) error {
		scheme.AddKnownTypes(claimKind, &v1alpha1.HostClaim{}, &v1alpha1.HostClaimList{})
		metav1.AddToGroupVersion(scheme, claimKind)
		return nil
	})
	return err
}

func (b *bench) createRights(ctx context.Context) error {
	for _, namespace := range []string{governed, constant, plain, standing} {
		if err := b.Namespace(ctx, namespace, nil); err != nil {
			return err
		}
	}
	role := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: string(user)},
		Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{networkingv1.GroupName}, Resources: []string{"ingresses"}, Verbs: []string{"create", "update", "delete"}},
			{APIGroups: []string{claimKind.Group}, Resources: []string{"hostclaims"}, Verbs: []string{"create", "deletecollection"}},
		},
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

// createClaimKind serves HostClaims a second time, under another group: same schema, same rules, same size.
func (b *bench) createClaimKind(ctx context.Context) error {
	crd, err := chart.CRDs.ReadFile(chart.HostClaimCRD)
	if err != nil {
		return err
	}
	own := strings.NewReplacer(
		"name: hostclaims."+v1alpha1.GroupVersion.Group, "name: hostclaims."+claimKind.Group,
		"group: "+v1alpha1.GroupVersion.Group, "group: "+claimKind.Group,
	).Replace(string(crd))
	if _, err := b.Apply(ctx, []byte(own)); err != nil {
		return err
	}
	return b.Wait(ctx, "the claims without a janitor", func(ctx context.Context) (bool, error) {
		err := b.deeds.Create(ctx, probe(constant).claim(firstID), client.DryRunAll)
		return err == nil, err
	})
}

// createPolicies makes one policy that selects the Ingresses and others that select other sets.
func (b *bench) createPolicies(ctx context.Context) error {
	wanted := &v1alpha1.GamePolicy{Spec: v1alpha1.GamePolicySpec{
		Targets: v1alpha1.Targets{GameServerSetNames: []string{"postio-*", "room-*"}},
		Defaults: &v1alpha1.TrafficSettings{
			RequestTimeout: &metav1.Duration{Duration: 30 * time.Second},
			RateLimit:      &v1alpha1.RateLimit{RequestsPerSecond: ptr.To[int32](50), BurstMultiplier: ptr.To[int32](3)},
		},
		Overrides: &v1alpha1.TrafficSettings{
			Retry:   &v1alpha1.Retry{Attempts: 2, RetryOn: []v1alpha1.RetryCondition{"error", "timeout"}},
			Headers: &v1alpha1.Headers{Request: &v1alpha1.HeaderChange{Set: map[string]string{"X-Game-Server": "<id>"}}},
		},
		Hosts: &v1alpha1.HostRules{Allowed: []string{"*." + governed + ".example.com", "*." + standing + ".example.com"}},
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
	if err := b.createSets(ctx, probe(governed), probe(constant)); err != nil {
		return err
	}
	return b.Wait(ctx, "the policies to be in effect", func(ctx context.Context) (bool, error) {
		ing := b.ingress(probe(governed), firstID)
		err := b.client.Create(ctx, ing, client.DryRunAll)
		return err == nil && ing.Annotations[policy.AppliedAnnotation] != "", err
	})
}

// probe is a set of which nothing is ever stored but the set.
func probe(namespace string) gameSet { return gameSet{namespace, "postio-probe", firstID, 1} }

func (b *bench) owner(s gameSet) types.UID {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.owners[types.NamespacedName{Namespace: s.namespace, Name: s.name}]
}

// createSets creates GameServerSets as their authors do.
func (b *bench) createSets(ctx context.Context, sets ...gameSet) error {
	return inParallel(len(sets), func(i int) error {
		object := sets[i].object()
		if err := b.admin.Create(ctx, object); err != nil {
			return err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.owners[types.NamespacedName{Namespace: sets[i].namespace, Name: sets[i].name}] = object.GetUID()
		return nil
	})
}
