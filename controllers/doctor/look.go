package doctor

import (
	"cmp"
	"context"
	"errors"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/controllers/access"
)

// leaseName is the Lease that says which manager leads.
const leaseName = "gatehouse"

// errGone is that something is not there, where no object of the API server stands for it.
var errGone = errors.New("it is not there")

// looker collects a world. Its reader says in a sentence what may not be read.
type looker struct {
	client.Reader
	cluster client.Client
	dial    func(ctx context.Context, address, name string) ([]byte, error)
}

func newLooker(cluster client.Client, dial func(ctx context.Context, address, name string) ([]byte, error)) *looker {
	return &looker{access.Reader{Reader: cluster}, cluster, dial}
}

// look fills in a world that says what is asked for. An error is that there is no answer at all: what is not there, and what
// may not be read, is part of the answer.
func (l *looker) look(ctx context.Context, w *World) error {
	for _, part := range []func(context.Context, *World) error{
		l.managers, l.definitions, l.hooks, l.activation, l.certificates, l.pods, l.lease, l.classes, l.game, l.higress, l.rights,
	} {
		if err := part(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// seen is what came of reading something.
func seen[T any](err error, it func() T) (Seen[T], error) {
	var hidden notVisible
	switch {
	case err == nil:
		return Seen[T]{It: ptr.To(it())}, nil
	case errors.Is(err, errGone), apierrors.IsNotFound(err), meta.IsNoMatchError(err):
		return Seen[T]{}, nil
	case apierrors.IsForbidden(err), errors.As(err, &hidden):
		return Seen[T]{Hidden: err.Error()}, nil
	}
	return Seen[T]{}, err
}

// notVisible is something that cannot be seen from here, though it may well be there.
type notVisible struct{ error }

// managers reads the Deployment of the release, and after whom everything else is called.
func (l *looker) managers(ctx context.Context, w *World) (err error) {
	var list appsv1.DeploymentList
	err = l.List(ctx, &list, client.InNamespace(w.Namespace), client.MatchingLabels{instanceLabel: w.Release})
	var found *appsv1.Deployment
	for i := range list.Items {
		if d := &list.Items[i]; managerArgs(d) != nil {
			found = d
		}
	}
	switch {
	case found != nil:
		w.Name = found.Name
		w.Certs.SecretName = secretOf(found)
	case err == nil:
		err = errGone
	}
	w.Managers, err = seen(err, func() Managers { return managersOf(found) })
	w.Certs.SecretName = cmp.Or(w.Certs.SecretName, w.secretName())
	return err
}

func (l *looker) pods(ctx context.Context, w *World) (err error) {
	var list corev1.PodList
	err = l.List(ctx, &list, client.InNamespace(w.Namespace), client.MatchingLabels{instanceLabel: w.Release})
	w.Pods, err = seen(err, func() []Pod {
		pods := []Pod{}
		for i := range list.Items {
			if p, ok := podOf(&list.Items[i]); ok {
				pods = append(pods, p)
			}
		}
		return pods
	})
	return err
}

func (l *looker) lease(ctx context.Context, w *World) (err error) {
	var lease coordinationv1.Lease
	err = l.Get(ctx, types.NamespacedName{Namespace: w.Namespace, Name: leaseName}, &lease)
	w.Lease, err = seen(err, func() Lease {
		s := lease.Spec
		return Lease{ptr.Deref(s.HolderIdentity, ""), renewed(s.RenewTime), ptr.Deref(s.LeaseDurationSeconds, 0)}
	})
	return err
}

func (l *looker) classes(ctx context.Context, w *World) (err error) {
	var list networkingv1.IngressClassList
	err = l.List(ctx, &list)
	w.Classes, err = seen(err, func() []Class {
		classes := []Class{}
		for _, c := range list.Items {
			classes = append(classes, Class{
				Name: c.Name, Controller: c.Spec.Controller,
				Default: c.Annotations[networkingv1.AnnotationIsDefaultIngressClass] == "true", Created: c.CreationTimestamp.UTC(),
			})
		}
		return classes
	})
	return err
}

// rights asks the API server what the caller and the managers may do.
func (l *looker) rights(ctx context.Context, w *World) (err error) {
	w.Yours, err = l.lacking(yours(w), func(r Right) (bool, error) {
		review := &authorizationv1.SelfSubjectAccessReview{}
		review.Spec.ResourceAttributes = r.attributes()
		err := l.cluster.Create(ctx, review)
		return review.Status.Allowed, err
	})
	if err != nil || w.Managers.It == nil {
		w.Theirs = Seen[[]Right]{Hidden: w.Managers.Hidden}
		return err
	}
	w.Theirs, err = l.lacks(ctx, w.Namespace, w.Managers.It.Account, theirs(w.Namespace, w.Name, w.Managers.It.Options))
	return err
}

// lacks are those of some rights that a service account does not have.
func (l *looker) lacks(ctx context.Context, namespace, account string, rights []Right) (Seen[[]Right], error) {
	return l.lacking(rights, func(r Right) (bool, error) {
		review := &authorizationv1.SubjectAccessReview{}
		review.Spec.User = "system:serviceaccount:" + namespace + ":" + account
		review.Spec.Groups = []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"}
		review.Spec.ResourceAttributes = r.attributes()
		err := l.cluster.Create(ctx, review)
		if apierrors.IsForbidden(err) {
			err = notVisible{errors.New("you may not create subjectaccessreviews.authorization.k8s.io; ask for a role with that right")}
		}
		return review.Status.Allowed, err
	})
}

func (l *looker) lacking(rights []Right, allowed func(Right) (bool, error)) (Seen[[]Right], error) {
	lacking := []Right{}
	for _, r := range rights {
		ok, err := allowed(r)
		if err != nil {
			return seen(err, func() []Right { return nil })
		}
		if !ok && !slices.Contains(lacking, r) {
			lacking = append(lacking, r)
		}
	}
	return Seen[[]Right]{It: &lacking}, nil
}
