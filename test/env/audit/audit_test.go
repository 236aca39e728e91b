package audit

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

const log = `{"verb":"list","user":{"username":"system:serviceaccount:a:us"},"requestURI":"/api/v1/pods","objectRef":{"resource":"pods","apiVersion":"v1"},"annotations":{"authorization.k8s.io/decision":"allow"}}
{"verb":"get","user":{"username":"system:serviceaccount:a:us"},"requestURI":"/api"}
{"verb":"patch","user":{"username":"system:serviceaccount:a:us"},"objectRef":{"resource":"gamepolicies","apiGroup":"gatehouse.dev","subresource":"status","name":"p"},"annotations":{"authorization.k8s.io/decision":"allow"}}
{"verb":"get","user":{"username":"system:serviceaccount:a:us"},"objectRef":{"resource":"configmaps","namespace":"b","name":"limits"},"annotations":{"authorization.k8s.io/decision":"allow"}}
{"verb":"delete","user":{"username":"system:serviceaccount:a:us"},"objectRef":{"resource":"secrets","namespace":"b","name":"s"},"annotations":{"authorization.k8s.io/decision":"forbid"}}
{"verb":"delete","user":{"username":"system:serviceaccount:a:us"},"objectRef":{"resource":"secrets","namespace":"b","name":"s"},"annotations":{"authorization.k8s.io/decision":"forbid"}}
{"verb":"delete","user":{"username":"somebody"},"objectRef":{"resource":"pods","namespace":"b"}}
{"verb":"wat`

func bound(kind, role string) (rbacv1.RoleRef, []rbacv1.Subject) {
	return rbacv1.RoleRef{Kind: kind, Name: role}, []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: "a", Name: "us"}}
}

func TestWhatIsGrantedAndUnusedIsToldAndWhatIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	if err := os.WriteFile(path, []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	requests, err := Requests(path, "system:serviceaccount:a:us")
	if err != nil || len(requests) != 5 {
		t.Fatalf("%v, %v", requests, err)
	}
	rule := func(group, resource string, names []string, verbs ...string) rbacv1.PolicyRule {
		return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, ResourceNames: names, Verbs: verbs}
	}
	everywhere := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "us"}, Rules: []rbacv1.PolicyRule{
		rule("", "pods", nil, "list", "delete"), rule("gatehouse.dev", "gamepolicies/status", nil, "patch", "update"),
		rule("", "configmaps", []string{"limits", "others"}, "get"), rule("", "*", nil, "get"),
	}}
	somewhere := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: "b", Name: "us"}, Rules: []rbacv1.PolicyRule{
		rule("", "configmaps", nil, "get"), rule("", "pods", nil, "list"),
	}}
	another := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "another"}, Rules: []rbacv1.PolicyRule{rule("", "nodes", nil, "get")}}
	all, one := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "us"}}, &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: "b", Name: "us"}}
	all.RoleRef, all.Subjects = bound("ClusterRole", "us")
	one.RoleRef, one.Subjects = bound("Role", "us")
	other := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "another"}, RoleRef: rbacv1.RoleRef{Kind: "ClusterRole", Name: "another"}}
	granted, err := Granted(t.Context(), fake.NewClientBuilder().WithObjects(everywhere, somewhere, another, all, one, other).Build(), "a", "us")
	if err != nil {
		t.Fatal(err)
	}
	unused, refused := Compare(granted, requests)
	if diff := cmp.Diff([]string{
		"delete pods", "get *", "get configmaps others", "list pods -n b", "update gamepolicies.gatehouse.dev/status",
	}, unused); diff != "" {
		t.Errorf("unused (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"delete secrets s -n b"}, refused); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
}
