package snapshot

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// SetReader reads sets from the API server itself, for those to whom memory is not good enough.
type SetReader struct{ client.Reader }

// Set is nil where there is no set of the name, or where OpenKruiseGame is not installed.
func (r SetReader) Set(ctx context.Context, namespace, name string) (*Set, error) {
	object, err := r.read(ctx, namespace, name)
	if object == nil || err != nil {
		return nil, err
	}
	return ParseSet(object), nil
}

// GameServerSet is Set as it is written, as far as its Ingresses go. One that does not fit into Go's types is an error.
func (r SetReader) GameServerSet(ctx context.Context, namespace, name string) (*gameserver.GameServerSet, error) {
	object, err := r.read(ctx, namespace, name)
	if object == nil || err != nil {
		return nil, err
	}
	set := &gameserver.GameServerSet{}
	return set, runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, set)
}

func (r SetReader) read(ctx context.Context, namespace, name string) (*unstructured.Unstructured, error) {
	object := gameServerSetKind()
	err := r.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, object)
	switch {
	case apierrors.IsNotFound(err), meta.IsNoMatchError(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return object, nil
}

// Complete fills in what a request lacks because its set is not in memory yet.
func (r SetReader) Complete(ctx context.Context, request *policy.Request) error {
	server, isGame := gameserver.Identify(request.Ingress)
	if !isGame || request.Template != nil {
		return nil
	}
	set, err := r.Set(ctx, server.Namespace, server.Set)
	if err != nil {
		return fmt.Errorf("read GameServerSet %s/%s: %w", server.Namespace, server.Set, err)
	}
	if set != nil {
		set.fill(request)
	}
	return nil
}
