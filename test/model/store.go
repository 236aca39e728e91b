package model

import (
	"context"
	"fmt"
	"maps"
	"strconv"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// state is what is stored at one moment. Objects are never changed once they are in it.
type state struct {
	claims    map[string]*v1alpha1.HostClaim
	ingresses map[types.NamespacedName]*networkingv1.Ingress
	sets      map[types.NamespacedName]*snapshot.Set
}

func (s *state) copy() *state {
	return &state{maps.Clone(s.claims), maps.Clone(s.ingresses), maps.Clone(s.sets)}
}

// apiServer is the state with the API server's rules about names, uids and resourceVersions.
type apiServer struct {
	*scheduler
	state   state
	version int
	trace   func(string, ...any)
}

func newAPIServer(s *scheduler) *apiServer {
	return &apiServer{scheduler: s, trace: func(string, ...any) {}, state: state{
		map[string]*v1alpha1.HostClaim{}, map[types.NamespacedName]*networkingv1.Ingress{}, map[types.NamespacedName]*snapshot.Set{},
	}}
}

func (s *apiServer) next() string {
	s.version++
	return strconv.Itoa(s.version)
}

var claimResource = schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "hostclaims"}

// claims is the API server to one actor: each call is a point at which others may go first.
type claims struct {
	*apiServer
	actor *actor
	// heedless leaves out the preconditions of Delete, to show what they are for.
	heedless bool
}

func (c *claims) Get(_ context.Context, name string) (*v1alpha1.HostClaim, error) {
	c.park(c.actor)
	claim, there := c.state.claims[name]
	if !there {
		return nil, apierrors.NewNotFound(claimResource, name)
	}
	return claim.DeepCopy(), nil
}

func (c *claims) Create(_ context.Context, claim *v1alpha1.HostClaim) error {
	c.park(c.actor)
	if _, there := c.state.claims[claim.Name]; there {
		return apierrors.NewAlreadyExists(claimResource, claim.Name)
	}
	claim.UID = types.UID("claim-" + c.next())
	claim.ResourceVersion, claim.Generation = c.next(), 1
	claim.CreationTimestamp = metav1.NewTime(c.now.Truncate(1e9))
	claim.Status = v1alpha1.HostClaimStatus{Phase: v1alpha1.HostClaimPending}
	c.state.claims[claim.Name] = claim.DeepCopy()
	c.trace("create claim %s %s", claim.Name, host.Describe(claim.Spec.Holder))
	return nil
}

// current is the stored claim, if the given one is up to date.
func (c *claims) current(claim *v1alpha1.HostClaim) (*v1alpha1.HostClaim, error) {
	stored, there := c.state.claims[claim.Name]
	switch {
	case !there:
		return nil, apierrors.NewNotFound(claimResource, claim.Name)
	case stored.UID != claim.UID || stored.ResourceVersion != claim.ResourceVersion:
		return nil, apierrors.NewConflict(claimResource, claim.Name, fmt.Errorf("it is at %s", stored.ResourceVersion))
	}
	return stored.DeepCopy(), nil
}

func (c *claims) Update(_ context.Context, claim *v1alpha1.HostClaim) error {
	c.park(c.actor)
	next, err := c.current(claim)
	if err != nil {
		return err
	}
	next.Spec, next.ResourceVersion = *claim.Spec.DeepCopy(), c.next()
	next.Generation++
	c.trace("update claim %s %s", claim.Name, host.Describe(claim.Spec.Holder))
	c.state.claims[claim.Name] = next
	next.DeepCopyInto(claim)
	return nil
}

func (c *claims) UpdateStatus(_ context.Context, claim *v1alpha1.HostClaim) error {
	c.park(c.actor)
	next, err := c.current(claim)
	if err != nil {
		return err
	}
	c.trace("status claim %s %v", claim.Name, claim.Status)
	next.Status, next.ResourceVersion = *claim.Status.DeepCopy(), c.next()
	c.state.claims[claim.Name] = next
	next.DeepCopyInto(claim)
	return nil
}

func (c *claims) Delete(_ context.Context, claim *v1alpha1.HostClaim) error {
	c.park(c.actor)
	if _, err := c.current(claim); err != nil && !c.heedless {
		return err
	}
	delete(c.state.claims, claim.Name)
	c.trace("delete claim %s", claim.Name)
	return nil
}
