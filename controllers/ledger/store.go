package ledger

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// Store is the API server, as far as claims go. Errors are those of k8s.io/apimachinery/pkg/api/errors.
type Store interface {
	// Get reads a claim from the API server itself, not from a cache.
	Get(ctx context.Context, name string) (*v1alpha1.HostClaim, error)
	// Create fails with AlreadyExists if there is a claim of the name. It fills in what the API server sets.
	Create(ctx context.Context, claim *v1alpha1.HostClaim) error
	// Update writes the spec, and fails with Conflict if the claim's resourceVersion is not the given one.
	Update(ctx context.Context, claim *v1alpha1.HostClaim) error
	// UpdateStatus writes the status with the same precondition.
	UpdateStatus(ctx context.Context, claim *v1alpha1.HostClaim) error
	// Delete fails with Conflict if uid or resourceVersion are not the given ones.
	Delete(ctx context.Context, claim *v1alpha1.HostClaim) error
}

// NewStore makes a Store of a client that writes and a reader that asks the API server each time.
func NewStore(writer client.Client, reader client.Reader) Store { return &store{writer, reader} }

type store struct {
	writer client.Client
	reader client.Reader
}

func (s *store) Get(ctx context.Context, name string) (*v1alpha1.HostClaim, error) {
	claim := &v1alpha1.HostClaim{}
	if err := s.reader.Get(ctx, types.NamespacedName{Name: name}, claim); err != nil {
		return nil, err
	}
	return claim, nil
}

func (s *store) Create(ctx context.Context, claim *v1alpha1.HostClaim) error {
	return s.writer.Create(ctx, claim)
}

func (s *store) Update(ctx context.Context, claim *v1alpha1.HostClaim) error {
	return s.writer.Update(ctx, claim)
}

func (s *store) UpdateStatus(ctx context.Context, claim *v1alpha1.HostClaim) error {
	return s.writer.Status().Update(ctx, claim)
}

func (s *store) Delete(ctx context.Context, claim *v1alpha1.HostClaim) error {
	return s.writer.Delete(ctx, claim, client.Preconditions{UID: &claim.UID, ResourceVersion: &claim.ResourceVersion})
}
