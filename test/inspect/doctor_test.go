package inspect_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/cluster"
	"github.com/gatehouse-dev/gatehouse/test/golden"
)

// changing is what differs from run to run in what the doctor says: dates, addresses, and what a process calls itself.
var changing = []struct {
	what *regexp.Regexp
	as   string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "DATE"},
	{regexp.MustCompile(`127\.\d+\.\d+\.\d+:\d+`), "ADDRESS"},
	{regexp.MustCompile(`(?m)^(OK +leader +)\S+$`), "${1}MANAGER"},
	{regexp.MustCompile(`(?m)^(FAIL +leader +)\S+ led`), "${1}MANAGER led"},
	{regexp.MustCompile(`gatehouse (dev|v?[0-9]\S*) knows`), "gatehouse VERSION knows"},
}

// examine has the doctor look at the installation while it is well, and then at it with one thing after the other broken.
// testdata/doctor.txt is all that it says.
func examine(t *testing.T, c *cluster.Cluster) {
	if _, err := c.ApplyFiles(t.Context(), "testdata/doctor-role.yaml", "testdata/doctor-given.yaml"); err != nil {
		t.Fatal(err)
	}
	admin, err := c.Client(env.Admin, appsv1.AddToScheme, admissionregistrationv1.AddToScheme, apiextensionsv1.AddToScheme)
	if err != nil {
		t.Fatal(err)
	}
	var terminal bytes.Buffer
	look := func(user env.User, why string) {
		terminal.WriteString("# " + why + "\n")
		play(t, c, &terminal, user, []string{"gatehouse", "doctor"})
	}
	ready(t, admin, "kruise-game-system/kruise-game-controller-manager", 1)
	ready(t, admin, "gatehouse-system/gatehouse", 2)
	look(doctor, "All is well.")
	play(t, c, &terminal, doctor, []string{"gatehouse", "doctor", "--release=other", "-o", "json"})
	look(env.Dev, "Somebody without rights.")

	// Nobody repairs what is broken next.
	if err := c.StopCertManager(); err != nil {
		t.Fatal(err)
	}
	mended := change(t, admin, &admissionregistrationv1.ValidatingWebhookConfiguration{}, "gatehouse", func(v *admissionregistrationv1.ValidatingWebhookConfiguration) {
		v.Webhooks[0].ClientConfig.CABundle = nil
	})
	look(doctor, "Somebody has replaced the configuration with the chart's, which has no caBundle.")
	mended()
	mended = change(t, admin, &apiextensionsv1.CustomResourceDefinition{}, "gamepolicies.gatehouse.dev", func(crd *apiextensionsv1.CustomResourceDefinition) {
		delete(crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"].Properties["rollout"].Properties, "maxPerSecond")
	})
	look(doctor, "The CRD is that of an older chart.")
	mended()
	if err := c.Release.StopManagers(t.Context()); err != nil {
		t.Fatal(err)
	}
	ready(t, admin, "gatehouse-system/gatehouse", 0)
	look(doctor, "The managers are stopped.")

	text := terminal.Bytes()
	for _, x := range changing {
		text = x.what.ReplaceAll(text, []byte(x.as))
	}
	golden.Compare(t, "testdata/doctor.txt", text)
}

// ready does what the deployment controller does, which does not run: it says how many Pods are ready.
func ready(t *testing.T, c client.Client, name string, pods int32) {
	t.Helper()
	namespace, name, _ := strings.Cut(name, "/")
	var d appsv1.Deployment
	if err := c.Get(t.Context(), types.NamespacedName{Namespace: namespace, Name: name}, &d); err != nil {
		t.Fatal(err)
	}
	d.Status.Replicas, d.Status.ReadyReplicas, d.Status.AvailableReplicas = *d.Spec.Replicas, pods, pods
	if err := c.Status().Update(t.Context(), &d); err != nil {
		t.Fatal(err)
	}
}

// change changes an object, and hands over what puts it back.
func change[T client.Object](t *testing.T, c client.Client, object T, name string, how func(T)) (undo func()) {
	t.Helper()
	if err := c.Get(t.Context(), types.NamespacedName{Name: name}, object); err != nil {
		t.Fatal(err)
	}
	before, ok := object.DeepCopyObject().(client.Object)
	if !ok {
		t.Fatalf("%T is no object", object)
	}
	how(object)
	if err := c.Update(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		before.SetResourceVersion(object.GetResourceVersion())
		if err := c.Update(t.Context(), before); err != nil {
			t.Fatal(err)
		}
	}
}
