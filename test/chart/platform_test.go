package chart_test

import (
	"net/http"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func TestTheServiceAccountMayReadWhatItNeedsAndNothingElse(t *testing.T) {
	c := installed(t)
	for _, row := range []struct {
		allowed                bool
		verb, group, resources string
	}{
		{true, "list watch", "gatehouse.dev", "gamepolicies"},
		{true, "patch", "gatehouse.dev", "gamepolicies/status"},
		{true, "get list watch create update delete", "gatehouse.dev", "hostclaims"},
		{true, "update", "gatehouse.dev", "hostclaims/status"},
		{true, "get list watch", "game.kruise.io", "gameserversets"},
		{true, "list watch patch", "", "pods"},
		{true, "list watch patch", "networking.k8s.io", "ingresses"},
		{true, "create patch update", "events.k8s.io", "events"},
		{true, "list watch", "", "namespaces"},
		{true, "list watch", "networking.k8s.io", "ingressclasses"},
		{false, "create update patch delete", "gatehouse.dev", "gamepolicies"},
		{false, "get create update delete", "gatehouse.dev", "gamepolicies/status"},
		{false, "patch deletecollection", "gatehouse.dev", "hostclaims"},
		{false, "create update patch delete", "game.kruise.io", "gameserversets"},
		{false, "get list watch create update patch delete", "", "secrets configmaps services"},
		{false, "get create update delete deletecollection", "", "pods"},
		{false, "get create update patch", "", "pods/status pods/exec pods/attach pods/portforward pods/proxy pods/log"},
		{false, "get create update patch", "", "pods/ephemeralcontainers pods/resize pods/binding pods/eviction bindings"},
		{false, "create update delete", "networking.k8s.io", "ingresses"},
		{false, "get list create patch", "admissionregistration.k8s.io", "mutatingwebhookconfigurations"},
		{false, "get list create patch", "apiextensions.k8s.io", "customresourcedefinitions"},
		{false, "get create update", "coordination.k8s.io", "leases"},
	} {
		for _, resource := range strings.Fields(row.resources) {
			for _, verb := range strings.Fields(row.verb) {
				name, sub, _ := strings.Cut(resource, "/")
				review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
					User: c.release.User, Groups: []string{"system:serviceaccounts", "system:authenticated"},
					ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: verb, Group: row.group, Resource: name, Subresource: sub},
				}}
				if err := c.Create(t.Context(), review); err != nil {
					t.Fatal(err)
				}
				if review.Status.Allowed != row.allowed {
					t.Errorf("%s %s.%s: allowed is %t, want %t", verb, resource, row.group, review.Status.Allowed, row.allowed)
				}
			}
		}
	}
}

func TestTheManagersRequestsHaveAPriorityLevelOfTheirOwn(t *testing.T) {
	c := installed(t)
	var schema flowcontrolv1.FlowSchema
	if err := c.Get(t.Context(), client.ObjectKey{Name: c.release.Name}, &schema); err != nil {
		t.Fatal(err)
	}
	var level flowcontrolv1.PriorityLevelConfiguration
	if err := c.Get(t.Context(), client.ObjectKey{Name: c.release.Name}, &level); err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", c.release.AccountKubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, config.Host+"/api/v1/namespaces", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := transport.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("list namespaces as the service account: %s", response.Status)
	}
	if got := response.Header.Get("X-Kubernetes-PF-FlowSchema-UID"); got != string(schema.UID) {
		t.Errorf("classified by FlowSchema %s, ours is %s", got, schema.UID)
	}
	if got := response.Header.Get("X-Kubernetes-PF-PriorityLevel-UID"); got != string(level.UID) {
		t.Errorf("runs at priority level %s, ours is %s", got, level.UID)
	}
}
