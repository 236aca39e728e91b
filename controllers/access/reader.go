package access

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// Reader reads with the rights of a person, and says in a sentence what keeps it from reading.
type Reader struct{ client.Reader }

// Get implements client.Reader.
func (r Reader) Get(ctx context.Context, key client.ObjectKey, into client.Object, options ...client.GetOption) error {
	return tell("get", key.Namespace, r.Reader.Get(ctx, key, into, options...))
}

// List implements client.Reader.
func (r Reader) List(ctx context.Context, into client.ObjectList, options ...client.ListOption) error {
	var o client.ListOptions
	o.ApplyOptions(options)
	return tell("list", o.Namespace, r.Reader.List(ctx, into, options...))
}

// told is an error in other words.
type told struct {
	error
	text string
}

func (t told) Error() string { return t.text }

// Unwrap is what the API server said.
func (t told) Unwrap() error { return t.error }

func tell(verb, namespace string, err error) error {
	var missing *meta.NoKindMatchError
	switch {
	case apierrors.IsForbidden(err):
		where := "in the whole cluster"
		if namespace != "" {
			where = "in namespace " + namespace
		}
		return told{err, "you may not " + verb + " " + resource(err) + " " + where + "; ask for a role with that right"}
	case errors.As(err, &missing) && missing.GroupKind.Group == v1alpha1.GroupVersion.Group:
		return told{err, "the cluster knows no " + missing.GroupKind.Kind + "; Gatehouse is not installed there"}
	}
	return err
}

// resource is what an error is about, as roles name it.
func resource(err error) string {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return "this"
	}
	details := status.Status().Details
	if details.Group == "" {
		return details.Kind
	}
	return details.Kind + "." + details.Group
}
