package janitor_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/controllers/gamepods"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

var resource = schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "hostclaims"}

// apiServer keeps everything by the API server's rules, and notes each call.
type apiServer struct {
	mu        sync.Mutex
	claims    map[string]*v1alpha1.HostClaim
	ingresses map[types.NamespacedName]*networkingv1.Ingress
	sets      map[types.NamespacedName]*snapshot.Set
	pods      map[types.NamespacedName]*gamepods.Pod
	version   int
	now       func() time.Time
	calls     []string
	// admit is the validating webhook.
	admit func(*networkingv1.Ingress) error
	// before runs ahead of a call, without the lock: what others do meanwhile. An error is the answer.
	before func(verb, name string) error
}

func (s *apiServer) call(ctx context.Context, verb, name string, do func() error) error {
	s.mu.Lock()
	s.calls = append(s.calls, verb+" "+name)
	s.mu.Unlock()
	if s.before != nil {
		if err := s.before(verb, name); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return do()
}

func (s *apiServer) next() string {
	s.version++
	return strconv.Itoa(s.version)
}

func (s *apiServer) Get(ctx context.Context, name string) (claim *v1alpha1.HostClaim, err error) {
	err = s.call(ctx, "get", name, func() error {
		stored, there := s.claims[name]
		if !there {
			return apierrors.NewNotFound(resource, name)
		}
		claim = stored.DeepCopy()
		return nil
	})
	return claim, err
}

func (s *apiServer) Create(ctx context.Context, claim *v1alpha1.HostClaim) error {
	return s.call(ctx, "create", claim.Name, func() error {
		if _, there := s.claims[claim.Name]; there {
			return apierrors.NewAlreadyExists(resource, claim.Name)
		}
		s.store(claim)
		return nil
	})
}

func (s *apiServer) store(claim *v1alpha1.HostClaim) {
	claim.UID, claim.ResourceVersion, claim.Generation = types.UID("uid-"+s.next()), s.next(), 1
	claim.CreationTimestamp = metav1.NewTime(s.now().Truncate(time.Second))
	claim.Status = v1alpha1.HostClaimStatus{Phase: v1alpha1.HostClaimPending}
	s.claims[claim.Name] = claim.DeepCopy()
}

// current is the stored claim, if the given one is as new.
func (s *apiServer) current(claim *v1alpha1.HostClaim) (*v1alpha1.HostClaim, error) {
	stored, there := s.claims[claim.Name]
	switch {
	case !there:
		return nil, apierrors.NewNotFound(resource, claim.Name)
	case claim.UID == "" || claim.ResourceVersion == "":
		return nil, fmt.Errorf("%s is written without a precondition", claim.Name)
	case stored.UID != claim.UID || stored.ResourceVersion != claim.ResourceVersion:
		return nil, apierrors.NewConflict(resource, claim.Name, fmt.Errorf("it is at %s", stored.ResourceVersion))
	}
	return stored.DeepCopy(), nil
}

func (s *apiServer) Update(ctx context.Context, claim *v1alpha1.HostClaim) error {
	return s.call(ctx, "update", claim.Name, func() error {
		next, err := s.current(claim)
		if err != nil {
			return err
		}
		next.Spec, next.ResourceVersion = *claim.Spec.DeepCopy(), s.next()
		next.Generation++
		s.claims[claim.Name] = next
		next.DeepCopyInto(claim)
		return nil
	})
}

func (s *apiServer) UpdateStatus(ctx context.Context, claim *v1alpha1.HostClaim) error {
	return s.call(ctx, "status", claim.Name, func() error {
		next, err := s.current(claim)
		if err != nil {
			return err
		}
		next.Status, next.ResourceVersion = *claim.Status.DeepCopy(), s.next()
		s.claims[claim.Name] = next
		next.DeepCopyInto(claim)
		return nil
	})
}

func (s *apiServer) Delete(ctx context.Context, claim *v1alpha1.HostClaim) error {
	return s.call(ctx, "delete", claim.Name, func() error {
		if _, err := s.current(claim); err != nil {
			return err
		}
		delete(s.claims, claim.Name)
		return nil
	})
}

func (s *apiServer) Ingresses(ctx context.Context) (list []*networkingv1.Ingress, err error) {
	err = s.call(ctx, "list", "ingresses", func() error {
		list = values(s.ingresses)
		return nil
	})
	return list, err
}

func (s *apiServer) Set(ctx context.Context, namespace, name string) (set *snapshot.Set, err error) {
	err = s.call(ctx, "get set", namespace+"/"+name, func() error {
		set = s.sets[types.NamespacedName{Namespace: namespace, Name: name}]
		return nil
	})
	return set, err
}

func (s *apiServer) Pods(ctx context.Context, namespace, set string) (list []*gamepods.Pod, err error) {
	err = s.call(ctx, "list pods", namespace+"/"+set, func() error {
		for _, pod := range s.pods {
			if pod.Namespace == namespace && pod.Set == set {
				list = append(list, pod)
			}
		}
		return nil
	})
	return list, err
}

func (s *apiServer) Touch(ctx context.Context, pod *gamepods.Pod, at time.Time) error {
	return s.call(ctx, "touch", pod.Namespace+"/"+pod.Name, func() error {
		key := types.NamespacedName{Namespace: pod.Namespace, Name: pod.Name}
		touched := *s.pods[key]
		touched.Retried = at
		s.pods[key] = &touched
		return nil
	})
}

func (s *apiServer) Lift(ctx context.Context, ing *networkingv1.Ingress) error {
	return s.call(ctx, "lift", ing.Namespace+"/"+ing.Name, func() error {
		key := types.NamespacedName{Namespace: ing.Namespace, Name: ing.Name}
		restored, ok := policy.Unquarantine(s.ingresses[key])
		if !ok {
			return fmt.Errorf("%s is not in quarantine", key)
		}
		if err := s.admit(restored); err != nil {
			return err
		}
		s.ingresses[key] = restored
		return nil
	})
}
