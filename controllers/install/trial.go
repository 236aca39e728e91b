package install

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// trial is the chart's test. It makes a policy that is about nobody's game servers and a claim of nobody's host, has the
// API server say in dry runs what would become of Ingresses under them, and takes both away again. No Ingress ever exists,
// so no gateway sees anything of it.
type trial struct {
	cluster
	options policy.Options
	// name of the policy and of the GameServerSet, which does not exist, that it is about.
	name, namespace, class string
}

const (
	// timeoutKey is the annotation that trialTimeout becomes on Higress.
	timeoutKey   = "higress.io/timeout"
	trialTimeout = 61 * time.Second
	trialSeconds = "61"
)

func (t *trial) run(ctx context.Context, out io.Writer) (err error) {
	kind, err := t.gateway(ctx)
	if err != nil {
		return err
	}
	made := []client.Object{t.policy(), t.claim(kind)}
	defer func() { err = errors.Join(err, t.clean(made)) }()
	for _, object := range made {
		if err := persist(ctx, out, func(ctx context.Context) error { return t.make(ctx, object) }); err != nil {
			return err
		}
	}
	if kind == string(gateway.Higress) {
		if err := persist(ctx, out, t.annotated); err != nil {
			return fmt.Errorf("the Ingress of a game server is not annotated: %w", err)
		}
		fmt.Fprintf(out, "annotated: a dry run of Ingress %s/%s-0 comes back with %s: %q of GamePolicy %[2]s\n", t.namespace, t.name, timeoutKey, trialSeconds)
	} else {
		fmt.Fprintf(out, "not annotated: class %s is served by %q, for which Gatehouse has no annotations yet\n", t.class, kind)
	}
	var refusal error
	err = persist(ctx, out, func(ctx context.Context) (err error) { refusal, err = t.refused(ctx); return err })
	if err != nil {
		return fmt.Errorf("a second game server on a host is not refused: %w", err)
	}
	fmt.Fprintf(out, "refused: %v\n", refusal)
	return nil
}

// gateway is the key under which the class's hosts are claimed.
func (t *trial) gateway(ctx context.Context) (string, error) {
	var class networkingv1.IngressClass
	var known []networkingv1.IngressClass
	err := t.Get(ctx, client.ObjectKey{Name: t.class}, &class)
	if err == nil {
		known = append(known, class)
	}
	ing := gameIngress(t.namespace, t.name, first, t.class)
	return policy.NewClasses(t.options, known).Of(ing).Key(), client.IgnoreNotFound(err)
}

// make creates an object. A policy that a test before has not been able to remove is replaced; a claim is as good as a new one.
func (t *trial) make(ctx context.Context, object client.Object) error {
	fresh := object.DeepCopyObject().(client.Object) // every client.Object copies to one
	err := t.Create(ctx, fresh)
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	if _, claim := object.(*v1alpha1.HostClaim); claim {
		return nil
	}
	return errors.Join(fmt.Errorf("%w: a test before has left it, it is replaced", err), client.IgnoreNotFound(t.Delete(ctx, object)))
}

// clean removes what was made, also when the time is over. Where the name of the claim is a digest, which the chart cannot
// compute, there is no right to delete it: the leading manager does.
func (t *trial) clean(made []client.Object) error {
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	var errs []error
	for _, object := range made {
		err := client.IgnoreNotFound(t.Delete(ctx, object))
		if _, claim := object.(*v1alpha1.HostClaim); claim && apierrors.IsForbidden(err) {
			continue
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s is left behind, delete it: %w", object.GetName(), err))
		}
	}
	return errors.Join(errs...)
}

// annotated asks until the policy has reached the replica that answers.
func (t *trial) annotated(ctx context.Context) error {
	t.reconnect()
	ing := gameIngress(t.namespace, t.name, first, t.class, t.host(first))
	if err := t.Create(ctx, ing, client.DryRunAll); err != nil {
		return err
	}
	if source := policy.Recorded(ing.Annotations)[timeoutKey]; ing.Annotations[timeoutKey] != trialSeconds || source.Policy != t.name {
		return fmt.Errorf("the dry run of Ingress %s/%s comes back with %s: %q, the record names GamePolicy %q", ing.Namespace, ing.Name, timeoutKey, ing.Annotations[timeoutKey], source.Policy)
	}
	return nil
}

// refused asks until the claim has reached the replica that answers, and returns what it said.
func (t *trial) refused(ctx context.Context) (refusal, err error) {
	t.reconnect()
	ing := gameIngress(t.namespace, t.name, second, t.class, t.host(second))
	err = t.Create(ctx, ing, client.DryRunAll)
	switch {
	case err == nil:
		return nil, fmt.Errorf("the dry run of Ingress %s/%s with %s was admitted", ing.Namespace, ing.Name, t.host(second))
	case apierrors.IsForbidden(err) && strings.Contains(err.Error(), validateIngress) && strings.Contains(err.Error(), string(finding.HostTaken)):
		return err, nil
	}
	return nil, err
}
