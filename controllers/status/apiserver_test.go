package status

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	chart "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
	"github.com/gatehouse-dev/gatehouse/controllers/rollout"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/controllers/survey"
	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

// rights are all that writing a status takes.
const rights = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: status}
rules:
- {apiGroups: [gatehouse.dev], resources: [gamepolicies], verbs: [list]}
- {apiGroups: [gatehouse.dev], resources: [gamepolicies/status], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: status}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: status}
subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: "system:serviceaccount:gatehouse-system:gatehouse"}]
`

// counts is a rollout that has come as far as a test says.
type counts struct {
	snap    *snapshot.Snapshot
	mu      sync.Mutex
	counted uint64
	tallies map[string]rollout.Tally
}

func (c *counts) set(name string, t rollout.Tally) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tallies, c.counted = map[string]rollout.Tally{name: t}, c.snap.Generation()
}

func (c *counts) Counted() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counted
}

func (c *counts) Tallies() map[string]rollout.Tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tallies
}

// reported is a controller that writes to a real API server.
type reported struct {
	*counts
	t          *testing.T
	env        *env.Env
	admin      client.Client
	api        API
	controller *Controller
}

func report(t *testing.T) *reported {
	t.Helper()
	e := env.Run(t, env.Options{})
	crd, err := chart.CRDs.ReadFile(chart.GamePolicyCRD)
	must(t, err)
	for _, manifest := range []string{string(crd), rights} {
		_, err = e.Apply(t.Context(), []byte(manifest))
		must(t, err)
	}
	scheme := runtime.NewScheme()
	must(t, snapshot.AddToScheme(scheme))
	snap := snapshot.New(policy.DefaultOptions(), prometheus.NewRegistry(), logr.Discard())
	mgr, err := manager.New(e.Config(env.Admin), manager.Options{
		Scheme: scheme, Logger: logr.Discard(), Cache: snap.CacheOptions(),
		Metrics: metricsserver.Options{BindAddress: "0"}, HealthProbeBindAddress: "0",
	})
	must(t, err)
	must(t, snap.SetupWithManager(mgr))
	admin, err := e.Client(env.Admin, v1alpha1.AddToScheme)
	must(t, err)
	gatehouse, err := e.Client(env.Gatehouse, v1alpha1.AddToScheme)
	must(t, err)
	r := &reported{counts: &counts{snap: snap}, t: t, env: e, admin: admin, api: NewAPI(survey.New(gatehouse, types.NamespacedName{}), gatehouse)}
	r.controller = New(snap, r, r.api, time.Now, logr.Discard())
	snap.Observe(r.controller.Changed)
	must(t, mgr.Add(r.controller))

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	t.Cleanup(func() {
		stop()
		must(t, <-ended)
	})
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (r *reported) come(name string, t rollout.Tally) {
	r.set(name, t)
	r.controller.Changed()
}

func (r *reported) apply(spec string) {
	r.t.Helper()
	_, err := r.env.KubectlInput(env.Admin, "{apiVersion: gatehouse.dev/v1alpha1, kind: GamePolicy, metadata: {name: p}, spec: "+spec+"}", "apply", "-f", "-")
	must(r.t, err)
}

func (r *reported) wait(args ...string) {
	r.t.Helper()
	output, err := r.env.Kubectl(env.Admin, append([]string{"wait", "gpol/p", "--timeout=20s"}, args...)...)
	if err != nil {
		stored, _ := r.env.Kubectl(env.Admin, "get", "gpol/p", "-o", "yaml")
		r.t.Fatalf("%s\n%s", output, stored)
	}
}

func (r *reported) stored() *v1alpha1.GamePolicy {
	r.t.Helper()
	p := &v1alpha1.GamePolicy{}
	must(r.t, r.admin.Get(r.t.Context(), client.ObjectKey{Name: "p"}, p))
	return p
}

var age = regexp.MustCompile(`\b\d+s\b`)

func (r *reported) table(args ...string) string {
	r.t.Helper()
	output, err := r.env.Kubectl(env.Admin, append([]string{"get", "gpol"}, args...)...)
	must(r.t, err)
	var lines []string
	for line := range strings.Lines(output) {
		lines = append(lines, age.ReplaceAllString(strings.Join(strings.Fields(line), " "), "AGE"))
	}
	return strings.Join(lines, "; ")
}

func TestTheStatusOnTheAPIServer(t *testing.T) {
	r := report(t)
	for name, test := range map[string]func(*testing.T){
		"people read in a table what became of a policy":                   r.columns,
		"kubectl waits for the edit, not for what was before it":           r.waiting,
		"only our fields are ours, and another leader writes none of them": r.ownership,
		"the API server takes every status":                                r.bounds,
	} {
		t.Run(name, func(t *testing.T) {
			r.t = t
			defer func() {
				if output, err := r.env.Kubectl(env.Admin, "delete", "gpol", "--all"); err != nil {
					t.Error(output)
				}
			}()
			test(t)
		})
	}
}

func (r *reported) columns(t *testing.T) {
	r.apply("{rollout: {servers: Idle}, defaults: {requestTimeout: 30s}}")
	r.wait("--for=condition=Accepted")
	r.wait(`--for=jsonpath={.status.conditions[?(@.type=="Programmed")].reason}=Pending`)
	if got, want := r.table(), "NAME PRIORITY MODE MATCHED UPTODATE PENDING AGE; p 0 Enforce AGE"; got != want {
		t.Errorf("before the first count: %s, want %s", got, want)
	}
	r.come("p", rollout.Tally{Matched: 12, UpToDate: 5, Pending: 4, Deferred: 2, Denied: 1})
	r.wait("--for=jsonpath={.status.matched}=12")
	for want, args := range map[string][]string{
		"NAME PRIORITY MODE MATCHED UPTODATE PENDING AGE; p 0 Enforce 12 5 4 AGE":                                       nil,
		"NAME PRIORITY MODE MATCHED UPTODATE PENDING AGE DEFERRED DENIED STATE; p 0 Enforce 12 5 4 AGE 2 1 Progressing": {"-o", "wide"},
	} {
		if diff := cmp.Diff(want, r.table(args...)); diff != "" {
			t.Errorf("kubectl get gpol %v (-want +got):\n%s", args, diff)
		}
	}
	r.come("p", rollout.Tally{})
	r.wait("--for=condition=Programmed")
	if got, want := r.table(), "NAME PRIORITY MODE MATCHED UPTODATE PENDING AGE; p 0 Enforce 0 0 0 AGE"; got != want {
		t.Errorf("without Ingresses: %s, want %s", got, want)
	}
}

func (r *reported) waiting(t *testing.T) {
	r.apply("{}")
	r.wait("--for=condition=Accepted")
	r.come("p", rollout.Tally{Matched: 2, UpToDate: 2})
	r.wait("--for=condition=Programmed")

	r.apply("{priority: 5}")
	var counted atomic.Bool
	early := make(chan bool, 1)
	go func() {
		_, err := r.env.Kubectl(env.Admin, "wait", "gpol/p", "--for=condition=Programmed", "--timeout=20s")
		early <- err != nil || !counted.Load()
	}()
	r.wait("--for=jsonpath={.status.observedGeneration}=2")
	r.wait(`--for=jsonpath={.status.conditions[?(@.type=="Programmed")].status}=Unknown`)
	counted.Store(true)
	r.come("p", rollout.Tally{Matched: 2, UpToDate: 2})
	if <-early {
		t.Error("kubectl wait ended before the edit was counted, or not at all")
	}
	for _, c := range r.stored().Status.Conditions {
		if c.ObservedGeneration != 2 {
			t.Errorf("%s is about generation %d", c.Type, c.ObservedGeneration)
		}
	}
}

func (r *reported) ownership(t *testing.T) {
	r.apply("{}")
	r.wait("--for=condition=Accepted")
	r.come("p", rollout.Tally{Matched: 1, Denied: 1, Problems: []rollout.Problem{{Namespace: "games", GameServerSet: "postio", ID: 0, Since: time.Now(), Reason: rollout.Denied, Message: "no"}}})
	r.wait("--for=jsonpath={.status.problems[0].gameServerSet}=postio")

	foreign := &unstructured.Unstructured{Object: map[string]any{"status": map[string]any{"conditions": []any{map[string]any{
		"type": "Reviewed", "status": "True", "reason": "Read", "message": "", "lastTransitionTime": "2026-01-02T03:04:05Z",
	}}}}}
	foreign.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("GamePolicy"))
	foreign.SetName("p")
	must(t, r.admin.Status().Apply(t.Context(), client.ApplyConfigurationFromUnstructured(foreign), client.FieldOwner("reviewer")))

	r.come("p", rollout.Tally{Matched: 1, UpToDate: 1})
	r.wait("--for=condition=Programmed")
	p := r.stored()
	if meta.FindStatusCondition(p.Status.Conditions, "Reviewed") == nil || len(p.Status.Problems) != 0 || *p.Status.Denied != 0 {
		t.Errorf("status %+v", p.Status)
	}
	for _, entry := range p.ManagedFields {
		var fields map[string]map[string]any
		must(t, json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields))
		if entry.Manager == "gatehouse" && (len(fields) != 1 || fields["f:status"]["f:matched"] == nil || entry.Subresource != "status" || entry.Operation != metav1.ManagedFieldsOperationApply) {
			t.Errorf("ours: %s of %q by %s", entry.FieldsV1.GetRawString(), entry.Subresource, entry.Operation)
		}
	}
	if output, err := r.env.KubectlInput(env.Admin, "{apiVersion: gatehouse.dev/v1alpha1, kind: GamePolicy, metadata: {name: q}, spec: {priority: 3}}", "apply", "--server-side", "-f", "-"); err != nil {
		t.Error(output)
	}

	// Another leader writes nothing: everything stands there.
	before := p.ResourceVersion
	other := New(r.snap, r, r.api, time.Now, logr.Discard())
	other.pass(t.Context())
	if now := r.stored().ResourceVersion; now != before {
		t.Errorf("another leader has written: version %s, then %s", before, now)
	}
}

func (r *reported) bounds(t *testing.T) {
	r.apply("{}")
	r.wait("--for=condition=Accepted")
	for _, facts := range overflowing(t) {
		s := Of(&facts, &v1alpha1.GamePolicyStatus{}, time.Now())
		must(t, r.api.Apply(t.Context(), "p", &s))
	}
	if err := r.api.Apply(t.Context(), "gone", &v1alpha1.GamePolicyStatus{ObservedGeneration: 1}); !apierrors.IsNotFound(err) {
		t.Errorf("a policy that is gone: %v", err)
	}
}
