package env

import (
	"context"
	"path/filepath"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/hack/stack"
)

// gamePrograms are the neighbours' programs that StartGame needs besides kube-controller-manager.
var gamePrograms = []string{"kube-scheduler", "kwok", "kruise-manager", "kruise-game-manager"}

// StartGame starts what Options.Game stands for, in an environment that was started without.
func (e *Env) StartGame(ctx context.Context) error {
	binaries, err := stack.Ensure(ctx, e.options.Out, append(gamePrograms, "kube-controller-manager")...)
	if err != nil {
		return err
	}
	for name, path := range binaries {
		e.binaries[name] = path
	}
	begin := time.Now()
	if err := e.InstallGameCRDs(ctx); err != nil {
		return err
	}
	e.say("CRDs of Kruise and OpenKruiseGame installed after %s", since(begin))
	for _, start := range []func(context.Context) error{e.startPods, e.startKruise} {
		if err := start(ctx); err != nil {
			return err
		}
	}
	e.say("Kruise ready after %s", since(begin))
	if e.options.OKG.DeferStart {
		return nil
	}
	if err := e.StartOKG(ctx); err != nil {
		return err
	}
	e.say("OpenKruiseGame ready after %s", since(begin))
	return nil
}

// InstallGameCRDs installs the CRDs of Kruise and OpenKruiseGame from their modules.
func (e *Env) InstallGameCRDs(ctx context.Context) error {
	for _, part := range []string{stack.Kruise, stack.KruiseGame} {
		dir, err := stack.ModuleDir(ctx, part)
		if err != nil {
			return err
		}
		// Server-side, because they are larger than the annotation that a client-side apply would keep them in.
		if _, err := e.ApplyFiles(ctx, filepath.Join(dir, "config", "crd", "bases", "*.yaml")); err != nil {
			return err
		}
	}
	return nil
}

// startPods starts what turns a Pod into a running one: the scheduler and KWOK, which plays the kubelet of a fake node.
func (e *Env) startPods(ctx context.Context) error {
	if err := e.startControllerManager(); err != nil {
		return err
	}
	if err := e.startScheduler(); err != nil {
		return err
	}
	return e.startKWOK(ctx)
}

// neighbour is an operator that is installed from the manifests of its module, as its own kustomization would do it.
type neighbour struct {
	part, namespace, prefix string
	user                    User
}

// install creates the namespace of a neighbour and gives its user the ClusterRole of its module.
func (e *Env) install(ctx context.Context, n neighbour) error {
	if err := e.Namespace(ctx, n.namespace, nil); err != nil {
		return err
	}
	dir, err := stack.ModuleDir(ctx, n.part)
	if err != nil {
		return err
	}
	var role rbacv1.ClusterRole
	if err := readManifest(filepath.Join(dir, "config", "rbac", "role.yaml"), "ClusterRole", &role); err != nil {
		return err
	}
	role.Name = n.prefix + role.Name
	return e.create(ctx, &role, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role.Name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: string(n.user)}},
	})
}

// webhookService makes the Service of a neighbour's webhook. Its address is the environment's own: no other Service asks
// for it, and a process that listens on all addresses answers there.
func (e *Env) webhookService(n neighbour, port int32) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: n.namespace, Name: n.prefix + "webhook-service"},
		Spec:       corev1.ServiceSpec{ClusterIP: e.HostIP(), Ports: []corev1.ServicePort{{Port: port}}},
	}
}

// webhooks reads the webhook configurations of its module, named as its kustomization names them.
func (n neighbour) webhooks(ctx context.Context) (*admissionv1.MutatingWebhookConfiguration, *admissionv1.ValidatingWebhookConfiguration, error) {
	dir, err := stack.ModuleDir(ctx, n.part)
	if err != nil {
		return nil, nil, err
	}
	file := filepath.Join(dir, "config", "webhook", "manifests.yaml")
	mutating, validating := &admissionv1.MutatingWebhookConfiguration{}, &admissionv1.ValidatingWebhookConfiguration{}
	if err := readManifest(file, "MutatingWebhookConfiguration", mutating); err != nil {
		return nil, nil, err
	}
	if err := readManifest(file, "ValidatingWebhookConfiguration", validating); err != nil {
		return nil, nil, err
	}
	mutating.Name, validating.Name = n.prefix+mutating.Name, n.prefix+validating.Name
	return mutating, validating, nil
}
