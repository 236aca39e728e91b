package doctor

import (
	"context"
	"encoding/pem"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"
)

func TestAPodSaysWhyItDoesNotRun(t *testing.T) {
	const manager = "metadata: {name: a}\nspec: {containers: [{image: 'gatehouse:1', args: [manager, --log-level=info]}]}\n"
	for name, c := range map[string]struct {
		text string
		want *Pod
	}{
		"a manager":              {manager + "status: {conditions: [{type: Ready, status: 'True'}]}", &Pod{Name: "a", Image: "gatehouse:1", Ready: true}},
		"not scheduled":          {manager + "status: {conditions: [{type: PodScheduled, status: 'False', message: no room}]}", &Pod{Name: "a", Image: "gatehouse:1", Trouble: "no room"}},
		"waits for its image":    {manager + "status: {containerStatuses: [{state: {waiting: {reason: ImagePullBackOff}}}]}", &Pod{Name: "a", Image: "gatehouse:1", Trouble: "ImagePullBackOff"}},
		"waits, and says more":   {manager + "status: {containerStatuses: [{state: {waiting: {reason: X, message: back-off}}}]}", &Pod{Name: "a", Image: "gatehouse:1", Trouble: "back-off"}},
		"a Pod of the chart's":   {"metadata: {name: a}\nspec: {containers: [{image: 'gatehouse:1', args: [install, activate]}]}", nil},
		"a sidecar and the rest": {"metadata: {name: a}\nspec: {containers: [{image: proxy}, {image: 'gatehouse:2', args: [manager]}]}", &Pod{Name: "a", Image: "gatehouse:2"}},
	} {
		var pod corev1.Pod
		if err := yaml.UnmarshalStrict([]byte(c.text), &pod); err != nil {
			t.Fatal(err)
		}
		got, ours := podOf(&pod)
		if ours != (c.want != nil) || ours && !cmp.Equal(*c.want, got) {
			t.Errorf("%s: %+v, ours: %t; want %+v", name, got, ours, c.want)
		}
	}
}

func TestADeploymentSaysWhatStopsIt(t *testing.T) {
	for conditions, want := range map[string]string{
		"[]": "",
		"[{type: Progressing, status: 'True', message: fine}, {type: Available, status: 'False', message: not yet}]": "",
		"[{type: Progressing, status: 'False', message: took too long}]":                                             "took too long",
		"[{type: ReplicaFailure, status: 'True', message: quota}]":                                                   "quota",
	} {
		d := &appsv1.Deployment{}
		if err := yaml.UnmarshalStrict([]byte(conditions), &d.Status.Conditions); err != nil {
			t.Fatal(err)
		}
		if got := stuck(d); got != want {
			t.Errorf("%s: %q, want %q", conditions, got, want)
		}
	}
}

func TestWhatACertificateOfCertManagerSays(t *testing.T) {
	for text, want := range map[string]Issued{
		"metadata: {name: a}": {Name: "a"},
		"metadata: {name: a}\nstatus: {renewalTime: '2026-12-31T00:00:00Z', conditions: [{type: Issuing, status: 'False', message: x}, {type: Ready, status: 'True', message: y}]}": {
			Name: "a", Ready: true, Renewal: ptr.To(time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)),
		},
		"metadata: {name: a}\nstatus: {renewalTime: soon, conditions: [{type: Ready, status: 'False', message: no issuer}]}": {Name: "a", Trouble: "no issuer"},
	} {
		c := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(text), &c.Object); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, issuedOf(c)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

// What is shown to the doctor need not be trusted by anybody: that is judged afterwards.
func TestTheServiceIsAskedForItsCertificate(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "https://")
	chain, err := dial(t.Context(), address, "gatehouse.gatehouse-system.svc")
	want := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err != nil || string(chain) != string(want) {
		t.Errorf("%v, %s", err, chain)
	}
	server.Close()
	if _, err := dial(t.Context(), address, "gatehouse.gatehouse-system.svc"); err == nil {
		t.Error("a server that is gone has answered")
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := dial(ended, address, "x"); err == nil {
		t.Error("an answer after the end")
	}
}
