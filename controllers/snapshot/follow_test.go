package snapshot_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/klog/v2"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrl "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	chart "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

// follower is a snapshot that follows a real API server.
type follower struct {
	*snapshot.Snapshot
	env    *env.Env
	client client.Client
	log    *lines
}

// lines are log lines.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) add(_, line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.WriteString(line + "\n")
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// run starts a manager with nothing but a snapshot, prepared before that.
func run(t *testing.T, e *env.Env, prepare ...func(*snapshot.Snapshot)) *follower {
	t.Helper()
	f := &follower{env: e, log: &lines{}}
	log := funcr.New(f.log.add, funcr.Options{})
	klog.SetLogger(log)
	ctrl.SetLogger(log)
	scheme := runtime.NewScheme()
	must(t, snapshot.AddToScheme(scheme))
	f.Snapshot = snapshot.New(policy.DefaultOptions(), prometheus.NewRegistry(), log)
	mgr, err := manager.New(e.Config(env.Admin), manager.Options{
		Scheme: scheme, Logger: logr.Discard(), Cache: f.CacheOptions(),
		Metrics: metricsserver.Options{BindAddress: "0"}, HealthProbeBindAddress: "0",
	})
	must(t, err)
	for _, do := range prepare {
		do(f.Snapshot)
	}
	must(t, f.SetupWithManager(mgr))
	f.client, err = e.Client(env.Admin, snapshot.AddToScheme, corev1.AddToScheme)
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the manager ended with %v", err)
		}
		if t.Failed() {
			t.Log(f.log)
		}
	})
	return f
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits for a condition and tells how long that took.
func eventually(t *testing.T, what string, holds func() bool) time.Duration {
	t.Helper()
	begin := time.Now()
	for !holds() {
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("still not after 20 s: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
	return time.Since(begin)
}

// annotation is what the snapshot's policies put on the Ingress of postio's server 7.
func (f *follower) annotation(key string) string { return f.annotationOf("postio", key) }

func (f *follower) annotationOf(gameServerSet, key string) string {
	ing := &networkingv1.Ingress{}
	ing.Namespace, ing.Name = "games", gameServerSet+"-7"
	ing.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: ing.Name, Controller: ptr.To(true)}}
	ing.Spec.IngressClassName = ptr.To("higress")
	set, request, synced := f.At(ing)
	if !synced {
		return "not synced"
	}
	return set.Decide(request).Annotations[key]
}

func (f *follower) policies() int {
	set, _, synced := f.At(&networkingv1.Ingress{})
	if !synced {
		return -1
	}
	return set.Policies()
}

func installCRDs(t *testing.T, e *env.Env) {
	t.Helper()
	crd, err := chart.CRDs.ReadFile(chart.GamePolicyCRD)
	must(t, err)
	_, err = e.Apply(t.Context(), crd)
	must(t, err)
}

func timeoutPolicy(name string, seconds int, targets v1alpha1.Targets) *v1alpha1.GamePolicy {
	p := &v1alpha1.GamePolicy{Spec: v1alpha1.GamePolicySpec{
		Targets:   targets,
		Overrides: &v1alpha1.TrafficSettings{RequestTimeout: &metav1.Duration{Duration: time.Duration(seconds) * time.Second}},
	}}
	p.Name = name
	return p
}

const timeout = "higress.io/timeout"

func TestPoliciesFollowTheCluster(t *testing.T) {
	e := env.Run(t, env.Options{})
	ctx := t.Context()

	// Gatehouse's own CRD may be served a moment later than the manager starts.
	f := run(t, e)
	eventually(t, "the missing kind is said", func() bool { return strings.Contains(f.log.String(), "cannot follow a kind yet") })
	if f.Synced() {
		t.Error("synced without GamePolicies")
	}
	installCRDs(t, e)
	t.Logf("synced %s after the CRD was there", eventually(t, "synced", f.Synced))

	t.Run("an edit takes effect at once", func(t *testing.T) {
		p := timeoutPolicy("a", 10, v1alpha1.Targets{})
		must(t, f.client.Create(ctx, p))
		eventually(t, "created", func() bool { return f.annotation(timeout) == "10" })
		var slowest time.Duration
		for i := range 20 {
			p.Spec.Overrides.RequestTimeout.Duration = time.Duration(i+20) * time.Second
			must(t, f.client.Update(ctx, p))
			want := fmt.Sprint(i + 20)
			slowest = max(slowest, eventually(t, "edited", func() bool { return f.annotation(timeout) == want }))
		}
		t.Logf("slowest of 20 edits, from the API server's answer to the effect: %s", slowest)
		if slowest > time.Second {
			t.Errorf("an edit took %s", slowest)
		}
		must(t, f.client.Delete(ctx, p))
		eventually(t, "deleted", func() bool { return f.annotation(timeout) == "" })
	})

	t.Run("a policy that waits for its finalizers no longer speaks", func(t *testing.T) {
		p := timeoutPolicy("finalized", 11, v1alpha1.Targets{})
		p.Finalizers = []string{"example.com/wait"}
		must(t, f.client.Create(ctx, p))
		eventually(t, "created", func() bool { return f.annotation(timeout) == "11" })
		must(t, f.client.Delete(ctx, p))
		eventually(t, "deleting", func() bool { return f.annotation(timeout) == "" })
		must(t, f.client.Patch(ctx, p, client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`))))
	})

	t.Run("namespace labels count", func(t *testing.T) {
		p := timeoutPolicy("by-namespace", 12, v1alpha1.Targets{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"game": "postio"}}})
		must(t, f.client.Create(ctx, p))
		eventually(t, "known", func() bool { return f.policies() == 1 })
		if got := f.annotation(timeout); got != "" {
			t.Errorf("without the label: %s", got)
		}
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "games"}}
		must(t, f.client.Patch(ctx, namespace, client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"labels":{"game":"postio"}}}`))))
		eventually(t, "labelled", func() bool { return f.annotation(timeout) == "12" })
		must(t, f.client.Delete(ctx, p))
	})

	t.Run("the gateway of a class counts", func(t *testing.T) {
		p := timeoutPolicy("by-class", 13, v1alpha1.Targets{})
		must(t, f.client.Create(ctx, p))
		eventually(t, "created", func() bool { return f.annotation(timeout) == "13" })
		must(t, e.IngressClass(ctx, "higress", "k8s.io/ingress-nginx"))
		eventually(t, "another gateway", func() bool { return f.annotation(timeout) == "" })
		must(t, f.client.Delete(ctx, &networkingv1.IngressClass{ObjectMeta: metav1.ObjectMeta{Name: "higress"}}))
		eventually(t, "the configured gateway again", func() bool { return f.annotation(timeout) == "13" })
		must(t, f.client.Delete(ctx, p))
	})

	t.Run("a thousand policies", func(t *testing.T) {
		begin := time.Now()
		for i := range 1000 {
			must(t, f.client.Create(ctx, timeoutPolicy(fmt.Sprintf("p-%d", i), 20, v1alpha1.Targets{GameServerSetNames: []string{fmt.Sprintf("set-%d", i)}})))
		}
		created := time.Since(begin)
		late := eventually(t, "all known", func() bool { return f.policies() == 1000 })
		t.Logf("1,000 policies created in %s, all in effect %s after the last", created, late)
		p := timeoutPolicy("z", 14, v1alpha1.Targets{GameServerSetNames: []string{"postio"}})
		must(t, f.client.Create(ctx, p))
		t.Logf("the next one in effect after %s", eventually(t, "the 1,001st", func() bool { return f.annotation(timeout) == "14" }))

		restarted := time.Now()
		second := run(t, e)
		eventually(t, "a second one synced", second.Synced)
		t.Logf("another replica knows all of them %s after its start", time.Since(restarted))
		if got := second.policies(); got != 1001 {
			t.Errorf("it knows %d policies", got)
		}
		must(t, f.client.DeleteAllOf(ctx, &v1alpha1.GamePolicy{}))
		eventually(t, "none is left", func() bool { return f.policies() == 0 && second.policies() == 0 })
	})
}

func TestAPolicyOfAnotherVersionIsLeftOutAndTheOthersGoOn(t *testing.T) {
	e := env.Run(t, env.Options{})
	installCRDs(t, e)
	f := run(t, e)
	eventually(t, "synced", f.Synced)
	// What a later Gatehouse's CRD accepts, this binary may not.
	lax := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}}
	lax.SetName("gamepolicies.gatehouse.dev")
	must(t, f.client.Patch(t.Context(), lax, client.RawPatch("application/json-patch+json",
		[]byte(`[{"op":"replace","path":"/spec/versions/0/schema/openAPIV3Schema","value":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}]`))))
	eventually(t, "an odd policy is stored", func() bool {
		odd := timeoutPolicy("odd", 10, v1alpha1.Targets{})
		odd.Spec.Mode = "Perhaps"
		return f.client.Create(t.Context(), odd) == nil
	})
	must(t, f.client.Create(t.Context(), timeoutPolicy("good", 15, v1alpha1.Targets{})))
	eventually(t, "the good one is in effect", func() bool { return f.annotation(timeout) == "15" })
	eventually(t, "the odd one is said", func() bool {
		return strings.Contains(f.log.String(), "GamePolicy is not in effect as it stands") && strings.Contains(f.log.String(), `"policy"="odd"`)
	})
}

func TestGameServerSetsComeAndGoWithTheirCRD(t *testing.T) {
	e := env.Run(t, env.Options{})
	ctx := t.Context()
	installCRDs(t, e)
	f := run(t, e)
	t.Logf("synced without OpenKruiseGame after %s", eventually(t, "synced", f.Synced))
	must(t, f.client.Create(ctx, timeoutPolicy("live", 16, v1alpha1.Targets{
		GameServerSetSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "live"}},
	})))
	eventually(t, "the policy is known", func() bool { return f.policies() == 1 })

	for round := range 2 {
		must(t, e.InstallGameCRDs(ctx))
		set := gameServerSet()
		must(t, f.client.Create(ctx, set))
		t.Logf("round %d: the set is known %s after it was created", round, eventually(t, "the set is known", func() bool { return f.annotation(timeout) == "16" }))

		// Its labels are followed, and a watch goes on after the first minute of the CRD's life.
		set.SetLabels(map[string]string{"tier": "test"})
		must(t, f.client.Update(ctx, set))
		eventually(t, "another label", func() bool { return f.annotation(timeout) == "" })
		set.SetLabels(map[string]string{"tier": "live"})
		must(t, f.client.Update(ctx, set))
		eventually(t, "the label again", func() bool { return f.annotation(timeout) == "16" })

		crd := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}}
		crd.SetName("gameserversets.game.kruise.io")
		must(t, f.client.Delete(ctx, crd))
		eventually(t, "the set is forgotten", func() bool { return f.annotation(timeout) == "" })
		gone := eventually(t, "the informer has ended", func() bool {
			return strings.Count(f.log.String(), "no longer served") == round+1
		})
		t.Logf("round %d: the informer has ended %s after the sets were gone", round, gone)
	}
	quiet := f.log.String()
	time.Sleep(5 * time.Second)
	if noise := strings.TrimPrefix(f.log.String(), quiet); noise != "" {
		t.Errorf("5 s without OpenKruiseGame logged:\n%s", noise)
	}
	if !f.Synced() {
		t.Error("not synced any more")
	}
}

// TestASetThatDoesNotFitIntoItsTypeHidesNoOther: OpenKruiseGame's CRD takes numbers that are too large for its own type.
func TestASetThatDoesNotFitIntoItsTypeHidesNoOther(t *testing.T) {
	e := env.Run(t, env.Options{GameCRDs: true})
	ctx := t.Context()
	installCRDs(t, e)
	admin, err := e.Client(env.Admin, snapshot.AddToScheme, corev1.AddToScheme)
	must(t, err)
	must(t, admin.Create(ctx, timeoutPolicy("live", 17, v1alpha1.Targets{
		GameServerSetSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "live"}},
	})))
	fits := gameServerSet()
	must(t, admin.Create(ctx, fits))
	odd := gameServerSet()
	odd.SetName("odd")
	must(t, unstructured.SetNestedSlice(odd.Object, []any{int64(99_999_999_999)}, "spec", "reserveGameServerIds"))
	must(t, admin.Create(ctx, odd))

	f := run(t, e)
	t.Logf("synced after %s", eventually(t, "synced", f.Synced))
	if got := f.annotationOf("odd", timeout); got != "17" {
		t.Errorf("the odd set's label is not known: %q", got)
	}
	if got := f.annotation(timeout); got != "17" {
		t.Errorf("the other set's label is not known: %q", got)
	}
	// The watch goes on past it too.
	odd.SetLabels(map[string]string{"tier": "test"})
	must(t, admin.Update(ctx, odd))
	eventually(t, "the odd set's other label", func() bool { return f.annotationOf("odd", timeout) == "" })
	fits.SetLabels(nil)
	must(t, admin.Update(ctx, fits))
	eventually(t, "the other set without labels", func() bool { return f.annotation(timeout) == "" })
}

func gameServerSet() *unstructured.Unstructured {
	set := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "game.kruise.io/v1alpha1", "kind": "GameServerSet",
		"spec": map[string]any{"replicas": int64(1), "gameServerTemplate": map[string]any{}},
	}}
	set.SetNamespace("games")
	set.SetName("postio")
	set.SetLabels(map[string]string{"tier": "live"})
	return set
}
