package doctor

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/yaml"

	chart "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
)

// renderings are what the chart renders to, as test/chart keeps it.
const renderings = "../../test/chart/testdata/render/"

// rendered are the objects of the chart, with its own values in the case "default"; the others hold what differs from that.
func rendered(t *testing.T, name string) []*unstructured.Unstructured {
	t.Helper()
	out := read(t, name)
	if name == "default" {
		return out
	}
	for _, object := range read(t, "default") {
		if !slices.ContainsFunc(out, func(o *unstructured.Unstructured) bool {
			return o.GetKind() == object.GetKind() && o.GetName() == object.GetName()
		}) {
			out = append(out, object)
		}
	}
	return out
}

func read(t *testing.T, name string) []*unstructured.Unstructured {
	t.Helper()
	text, err := os.ReadFile(renderings + name + "/out.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var out []*unstructured.Unstructured
	for document := range strings.SplitSeq(string(text), "---\n") {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &object.Object); err != nil {
			t.Fatal(err)
		}
		if object.GetKind() != "" {
			out = append(out, object)
		}
	}
	return out
}

// cluster is one in which the chart was installed a moment ago, for somebody with all rights. Managers have those of the
// chart's roles.
func cluster(t *testing.T, further interceptor.Funcs) client.Client {
	t.Helper()
	return clusterOf(t, "default", further)
}

func clusterOf(t *testing.T, rendering string, further interceptor.Funcs) client.Client {
	t.Helper()
	scheme, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	if err := rbacv1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	var objects []runtime.Object
	for _, object := range rendered(t, rendering) {
		if scheme.Recognizes(object.GroupVersionKind()) {
			objects = append(objects, object)
		}
	}
	for _, file := range []string{chart.GamePolicyCRD, chart.HostClaimCRD} {
		crd, err := embedded(file)
		if err != nil {
			t.Fatal(err)
		}
		crd.Status.Conditions = []apiextensionsv1.CustomResourceDefinitionCondition{{Type: apiextensionsv1.Established, Status: apiextensionsv1.ConditionTrue}}
		objects = append(objects, crd)
	}
	granted := rights(t, rendering)
	if further.Create == nil {
		further.Create = func(_ context.Context, _ client.WithWatch, object client.Object, _ ...client.CreateOption) error {
			switch review := object.(type) {
			case *authorizationv1.SelfSubjectAccessReview:
				review.Status.Allowed = true
			case *authorizationv1.SubjectAccessReview:
				review.Status.Allowed = slices.ContainsFunc(granted, func(r Right) bool { return covers(r, review.Spec.ResourceAttributes) })
			default:
				t.Errorf("the doctor creates a %T", object)
			}
			return nil
		}
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithRuntimeObjects(objects...).WithInterceptorFuncs(further).Build()
}

// covers tells whether a right is enough: one without a namespace or a name is for all of them.
func covers(r Right, wanted *authorizationv1.ResourceAttributes) bool {
	if r.Namespace == "" {
		r.Namespace = wanted.Namespace
	}
	if r.Name == "" {
		r.Name = wanted.Name
	}
	return cmp.Equal(r.attributes(), wanted)
}

// rights are those that the chart's roles give, one by one.
func rights(t *testing.T, rendering string) []Right {
	t.Helper()
	var out []Right
	for _, object := range rendered(t, rendering) {
		if _, hook := object.GetAnnotations()["helm.sh/hook"]; hook || object.GetKind() != "ClusterRole" && object.GetKind() != "Role" {
			continue // the Jobs' rights are not the managers'
		}
		var role rbacv1.Role // a ClusterRole has rules of the same form
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &role); err != nil {
			t.Fatal(err)
		}
		for _, rule := range role.Rules {
			if len(rule.ResourceNames) == 0 {
				rule.ResourceNames = []string{""}
			}
			for _, group := range rule.APIGroups {
				for _, name := range rule.ResourceNames {
					out = append(out, in(role.Namespace, name, all(group, rule.Resources, rule.Verbs))...)
				}
			}
		}
	}
	return out
}

func look(t *testing.T, c client.Client) *World {
	t.Helper()
	w := &World{Program: "0.1.0", Namespace: "gatehouse-system", Release: "gatehouse", Name: fullname("gatehouse"), Now: time.Now()}
	w.Game.Deployment = "kruise-game-system/kruise-game-controller-manager"
	unreachable := func(context.Context, string, string) ([]byte, error) { return nil, errors.New("no route to host") }
	if err := newLooker(c, unreachable).look(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	return w
}

// The doctor knows the installation of the chart: names, labels, arguments and where the certificate is to be.
func TestAnInstallationOfTheChartIsRecognised(t *testing.T) {
	w := look(t, cluster(t, interceptor.Funcs{}))
	if w.Managers.It == nil || w.Mutating.It == nil || w.Validating.It == nil {
		t.Fatalf("not all of it is found: %+v", w)
	}
	m := w.Managers.It
	if !cmp.Equal(m.Options.IngressClasses, defaultOptions().IngressClasses) || !cmp.Equal(m.Options.ClassGateways, defaultOptions().ClassGateways) ||
		m.Options.HigressConfig != defaultOptions().HigressConfig || !m.Options.LeaderElect || m.Account != "gatehouse" || m.Replicas != 2 {
		t.Errorf("managers: %+v", m)
	}
	if a := w.Activation.It; a == nil || a.Chosen != "Fail" || a.Failed {
		t.Errorf("the Job that makes the webhook strict: %+v", w.Activation)
	}
	if w.Certs.SecretName != w.secretName() || !w.injected() {
		t.Errorf("certificate in Secret %s, by cert-manager: %t", w.Certs.SecretName, w.injected())
	}
	bad := map[string]Result{}
	for _, c := range w.Examine().Checks {
		if c.Result != OK {
			bad[c.Check] = c.Result
		}
	}
	want := map[string]Result{
		"webhooks mutating": Fail, "webhooks validating": Fail, "certificate": Fail, // nobody has issued it
		"managers": Fail, "leader": Fail, // nobody has started them
		"openkruisegame": Warn,
	}
	if diff := cmp.Diff(want, bad); diff != "" {
		t.Errorf("just installed (-want +got):\n%s", diff)
	}
}

// The rights that the managers are asked for are those that the chart gives, no more and no less.
func TestTheRightsOfTheManagersAreThoseOfTheChart(t *testing.T) {
	for _, rendering := range []string{"default", "self-managed"} {
		w := look(t, clusterOf(t, rendering, interceptor.Funcs{}))
		if lacking := w.Theirs.It; lacking == nil || len(*lacking) > 0 {
			t.Errorf("%s: the chart does not give %v (%s)", rendering, lacking, w.Theirs.Hidden)
		}
		wanted := theirs(w.Namespace, w.Name, w.Managers.It.Options)
		for _, r := range rights(t, rendering) {
			if r.Resource == "configmaps" {
				r.Namespace = "higress-system" // a ClusterRole cannot say so
			}
			if r.Group == "events.k8s.io" && r.Namespace != "" {
				continue // a ClusterRole gives it everywhere
			}
			if !slices.Contains(wanted, r) {
				t.Errorf("%s: the chart gives a right that the doctor does not ask for: %s", rendering, r)
			}
		}
	}
}

func TestWhatMayNotBeReadIsHiddenAndNotMissing(t *testing.T) {
	forbidden := func(resource string) error {
		return apierrors.NewForbidden(schema.GroupResource{Resource: resource}, "", errors.New(`User "dev" cannot`))
	}
	c := cluster(t, interceptor.Funcs{
		Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return forbidden("things")
		},
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return forbidden("things")
		},
		Create: func(_ context.Context, _ client.WithWatch, object client.Object, _ ...client.CreateOption) error {
			if _, ok := object.(*authorizationv1.SubjectAccessReview); ok {
				return forbidden("reviews")
			}
			return nil
		},
	})
	w := look(t, c)
	report := w.Examine()
	if !report.blind() || report.Refused() {
		t.Errorf("somebody without rights is told %+v", report.Checks)
	}
	var out bytes.Buffer
	command := command("0.1.0", outside{
		connect: func(clientcmd.ClientConfig, *runtime.Scheme) (client.Client, error) { return c, nil },
		now:     time.Now,
	})
	command.SetArgs(nil)
	command.SetOut(&out)
	err := command.ExecuteContext(t.Context())
	var wish interface{ ExitCode() int }
	if !errors.As(err, &wish) || wish.ExitCode() != 2 || out.Len() > 0 {
		t.Errorf("%v, %q; want exit code 2 and nothing else", err, &out)
	}
}

func TestAServerThatDoesNotAnswerIsNoAnswer(t *testing.T) {
	down := apierrors.NewServiceUnavailable("no leader")
	w := &World{Namespace: "a", Release: "a", Name: "a"}
	err := newLooker(cluster(t, interceptor.Funcs{
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error { return down },
	}), dial).look(t.Context(), w)
	if !errors.Is(err, down) {
		t.Errorf("%v, want the server's error", err)
	}
}
