package chart_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/test/env"
)

// fence is a namespace where the manager's account may do anything as far as RBAC goes, so that only the
// ValidatingAdmissionPolicy is left; and so may an account of the same name in that namespace.
type fence struct {
	*cluster
	namespace      string
	manager, other kubernetes.Interface
}

func fenced(t *testing.T) *fence {
	t.Helper()
	f := &fence{cluster: installed(t)}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "fence-"}}
	if err := f.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	f.namespace = namespace.Name
	role := &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Namespace: f.namespace, Name: "pods"},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"*"}, Verbs: []string{"*"}}},
	}
	name := f.release.User[strings.LastIndexByte(f.release.User, ':')+1:]
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: f.namespace, Name: "pods"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "pods"},
		Subjects: []rbacv1.Subject{
			{Kind: rbacv1.ServiceAccountKind, Namespace: f.release.Namespace, Name: name},
			{Kind: rbacv1.ServiceAccountKind, Namespace: f.namespace, Name: name},
		},
	}
	for _, object := range []client.Object{role, binding} {
		if err := f.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	config, err := clientcmd.BuildConfigFromFlags("", f.release.AccountKubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	impersonation := f.Config(env.Admin)
	impersonation.Impersonate = rest.ImpersonationConfig{UserName: "system:serviceaccount:" + f.namespace + ":" + name}
	f.manager, f.other = kubernetes.NewForConfigOrDie(config), kubernetes.NewForConfigOrDie(impersonation)

	// Policies and roles take effect when the API server's own caches have them.
	pod := f.pod(t, "probe")
	eventually(t, "the fence to stand", func() error {
		err := patchPod(`{"metadata":{"labels":{"a":"b"}}}`)(t.Context(), f.manager, pod)
		if apierrors.IsForbidden(err) && strings.Contains(err.Error(), f.policy()) {
			return nil
		}
		return errors.New(fmt.Sprint("a label by the manager: ", err))
	})
	return f
}

func (f *fence) policy() string { return "ValidatingAdmissionPolicy '" + f.release.Name + "-pods'" }

// pod creates one with something of everything that could be taken away.
func (f *fence) pod(t *testing.T, name string) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: f.namespace, Name: name,
			Labels:      map[string]string{"game.kruise.io/owner-gss": "arena"},
			Annotations: map[string]string{"game.kruise.io/network-type": "Kubernetes-Ingress", "note": "x"},
		},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "game", Image: "game:1"}}},
	}
	if err := f.Create(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	return pod
}

// deed is what somebody does to a Pod.
type deed func(context.Context, kubernetes.Interface, *corev1.Pod) error

func patchPod(text string, subresources ...string) deed {
	return func(ctx context.Context, as kubernetes.Interface, pod *corev1.Pod) error {
		_, err := as.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType, []byte(text), metav1.PatchOptions{}, subresources...)
		return err
	}
}

// connect opens what kubectl exec and the like open, without the upgrade that would follow its admission.
func connect(subresource, parameter, value string) deed {
	return func(ctx context.Context, as kubernetes.Interface, pod *corev1.Pod) error {
		return as.CoreV1().RESTClient().Post().Namespace(pod.Namespace).Resource("pods").Name(pod.Name).
			SubResource(subresource).Param(parameter, value).Do(ctx).Error()
	}
}

func TestTheManagerMayHaveOpenKruiseGameLookAtAPodAgain(t *testing.T) {
	f := fenced(t)
	pod := f.pod(t, "arena-1")
	for _, text := range []string{
		`{"metadata":{"annotations":{"gatehouse.dev/retry":"2026-01-01T00:00:00Z"}}}`,
		`{"metadata":{"annotations":{"gatehouse.dev/retry":"2026-01-01T00:00:03Z"}}}`,
		`{"metadata":{"annotations":{"gatehouse.dev/retry":null}}}`,
	} {
		if err := patchPod(text)(t.Context(), f.manager, pod); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Each deed is done by another account with the same rights first: it is a request that the API server would take. Those
// that need a kubelet fail there, but not at admission.
func TestTheManagerMayDoNothingElseToPods(t *testing.T) {
	const updates, annotations, rest = "Gatehouse only updates Pods", "Gatehouse writes no annotation of Pods but", "Gatehouse changes nothing of Pods but"
	f := fenced(t)
	for what, row := range map[string]struct {
		message string
		kubelet bool // it takes one to go on
		do      deed
	}{
		"add an annotation":    {annotations, false, patchPod(`{"metadata":{"annotations":{"gatehouse.dev/retried":"x"}}}`)},
		"change an annotation": {annotations, false, patchPod(`{"metadata":{"annotations":{"note":"y","gatehouse.dev/retry":"z"}}}`)},
		"remove an annotation": {annotations, false, patchPod(`{"metadata":{"annotations":{"note":null}}}`)},
		"add a label":          {rest, false, patchPod(`{"metadata":{"labels":{"a":"b"}}}`)},
		"remove a label":       {rest, false, patchPod(`{"metadata":{"labels":{"game.kruise.io/owner-gss":null}}}`)},
		"add a finalizer":      {rest, false, patchPod(`{"metadata":{"finalizers":["example.com/wait"]}}`)},
		"add an owner": {rest, false, patchPod(
			`{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"a","uid":"1"}]}}`)},
		"change an image":        {rest, false, patchPod(`{"spec":{"containers":[{"name":"game","image":"game:2"}]}}`)},
		"bound its life":         {rest, false, patchPod(`{"metadata":{"annotations":{"gatehouse.dev/retry":"x"}},"spec":{"activeDeadlineSeconds":1}}`)},
		"change its status":      {updates, false, patchPod(`{"status":{"message":"x"}}`, "status")},
		"annotate by its status": {updates, false, patchPod(`{"metadata":{"annotations":{"note":"y"}}}`, "status")},
		"add a debug container":  {updates, false, patchPod(`{"spec":{"ephemeralContainers":[{"name":"debug","image":"debug:1"}]}}`, "ephemeralcontainers")},
		"resize": {updates, false, patchPod(
			`{"metadata":{"annotations":{"gatehouse.dev/retry":"x"}}}`, "resize")},
		"create": {updates, false, func(ctx context.Context, as kubernetes.Interface, pod *corev1.Pod) error {
			created := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{GenerateName: pod.Name + "-"}, Spec: pod.Spec}
			_, err := as.CoreV1().Pods(pod.Namespace).Create(ctx, created, metav1.CreateOptions{})
			return err
		}},
		"delete": {updates, false, func(ctx context.Context, as kubernetes.Interface, pod *corev1.Pod) error {
			return as.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{})
		}},
		"delete all": {updates, false, func(ctx context.Context, as kubernetes.Interface, pod *corev1.Pod) error {
			return as.CoreV1().Pods(pod.Namespace).DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{FieldSelector: "metadata.name=" + pod.Name})
		}},
		"evict": {updates, false, func(ctx context.Context, as kubernetes.Interface, pod *corev1.Pod) error {
			return as.CoreV1().Pods(pod.Namespace).EvictV1(ctx, &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace}})
		}},
		"bind to a node": {updates, false, func(ctx context.Context, as kubernetes.Interface, pod *corev1.Pod) error {
			return as.CoreV1().Pods(pod.Namespace).Bind(ctx, &corev1.Binding{
				ObjectMeta: metav1.ObjectMeta{Name: pod.Name}, Target: corev1.ObjectReference{Kind: "Node", Name: "n"},
			}, metav1.CreateOptions{})
		}},
		"bind to a node by the older way": {updates, false, func(ctx context.Context, as kubernetes.Interface, pod *corev1.Pod) error {
			return as.CoreV1().RESTClient().Post().Namespace(pod.Namespace).Resource("bindings").Body(&corev1.Binding{
				ObjectMeta: metav1.ObjectMeta{Name: pod.Name}, Target: corev1.ObjectReference{Kind: "Node", Name: "n"},
			}).Do(ctx).Error()
		}},
		"run a command":    {updates, true, connect("exec", "command", "true")},
		"attach":           {updates, true, connect("attach", "stdout", "true")},
		"forward a port":   {updates, true, connect("portforward", "ports", "80")},
		"be a proxy to it": {updates, true, connect("proxy", "path", "/")},
	} {
		t.Run(what, func(t *testing.T) {
			name := strings.ReplaceAll(what, " ", "-")
			err := row.do(t.Context(), f.other, f.pod(t, name+"-other"))
			if err != nil && (!row.kubelet || apierrors.IsForbidden(err)) {
				t.Errorf("by another account: %v", err)
			}
			err = row.do(t.Context(), f.manager, f.pod(t, name))
			if !apierrors.IsForbidden(err) || !strings.Contains(fmt.Sprint(err), f.policy()) {
				t.Fatalf("by the manager: %v, want it refused by %s", err, f.policy())
			}
			if !strings.Contains(err.Error(), row.message) {
				t.Errorf("the message lacks %q: %v", row.message, err)
			}
		})
	}
}
