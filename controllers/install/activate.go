package install

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// rounds is how many proofs in a row are asked for, each over connections of its own. A cluster may have several API
// servers, each with a memory of its own of the webhook configurations and a way of its own to the managers, and a load
// balancer before them: the rounds find one that cannot reach the managers, not all of the time, but most of it. One that
// merely knows the configuration later than the others does no harm: caBundle and failurePolicy stand in one object, and
// what is set is set on exactly the version whose bundle was there during the proof, so whoever knows of Fail knows the
// bundle too.
const rounds = 5

// activation makes the webhooks of a release as strict as they are to be.
type activation struct {
	cluster
	probe probe
	// namespace of the release, and the name of both configurations.
	namespace, configurations string
	chosen                    admissionregistrationv1.FailurePolicyType
	timeout                   time.Duration
}

// run ties the configurations to the namespace first: whatever becomes of the rest, they do not outlive it.
func (a *activation) run(ctx context.Context, out io.Writer) error {
	if err := persist(ctx, out, a.tie); err != nil {
		return a.explain(err)
	}
	fmt.Fprintf(out, "the webhook configurations %s go when namespace %s goes\n", a.configurations, a.namespace)
	if err := persist(ctx, out, a.activate); err != nil {
		return a.explain(err)
	}
	fmt.Fprintf(out, "the API server calls both webhooks for Ingresses with success; failurePolicy of %s is %s\n", validateIngress, a.chosen)
	return persist(ctx, out, a.disown)
}

// activate sets the failurePolicy on the version of the configuration that stood while both webhooks answered.
func (a *activation) activate(ctx context.Context) error {
	config, err := a.validating(ctx)
	if err != nil {
		return err
	}
	for range rounds {
		a.reconnect()
		if err := errors.Join(a.probe.mutator(ctx, a.cluster), a.probe.validator(ctx, a.cluster)); err != nil {
			return err
		}
	}
	before := config.DeepCopy()
	webhook := find(config)
	if webhook == nil {
		return final{fmt.Errorf("ValidatingWebhookConfiguration %s has no webhook %s", a.configurations, validateIngress)}
	}
	if webhook.FailurePolicy != nil && *webhook.FailurePolicy == a.chosen {
		return nil
	}
	webhook.FailurePolicy = &a.chosen
	return a.write(ctx, config, before)
}

func (a *activation) validating(ctx context.Context) (*admissionregistrationv1.ValidatingWebhookConfiguration, error) {
	config := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	return config, a.read(ctx, config)
}

// read gets one of the configurations. That there is none is final: Helm makes them before it runs this.
func (a *activation) read(ctx context.Context, config client.Object) error {
	err := a.Get(ctx, client.ObjectKey{Name: a.configurations}, config)
	if apierrors.IsNotFound(err) {
		return final{fmt.Errorf("%w: was the release uninstalled meanwhile?", err)}
	}
	return err
}

// write patches what differs, and nothing if anybody has written the object since it was read: the injector of the
// caBundle is at work at the same time.
func (a *activation) write(ctx context.Context, object, before client.Object) error {
	return a.Patch(ctx, object, client.StrategicMergeFrom(before, client.MergeFromWithOptimisticLock{}))
}

func find(config *admissionregistrationv1.ValidatingWebhookConfiguration) *admissionregistrationv1.ValidatingWebhook {
	for i := range config.Webhooks {
		if config.Webhooks[i].Name == validateIngress {
			return &config.Webhooks[i]
		}
	}
	return nil
}

// explain is the last that Helm shows of a failure: what stands now, and where to look.
func (a *activation) explain(err error) error {
	var end final
	if errors.As(err, &end) {
		return err
	}
	stands := "unknown"
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	if config, err := a.validating(ctx); err == nil {
		if webhook := find(config); webhook != nil && webhook.FailurePolicy != nil {
			stands = string(*webhook.FailurePolicy)
		}
	}
	return fmt.Errorf(`given up after %s: %w
failurePolicy of %s stays %s%s
What to look at:
  kubectl -n %s get pods,certificates,secrets          is a manager ready, is the certificate issued?
  kubectl -n %s logs deployment/%s          what does the manager wait for?
  kubectl get validatingwebhookconfiguration %s -o yaml          is caBundle filled?
  Can the API server reach Service %s in %s? A NetworkPolicy or a firewall of the control plane may be in between.
Then run helm upgrade again`, a.timeout, err, validateIngress, stands, meaning[stands],
		a.namespace, a.namespace, a.configurations, a.configurations, a.configurations, a.namespace)
}

// meaning says what a failurePolicy does while no manager answers.
var meaning = map[string]string{
	string(admissionregistrationv1.Ignore): ": Ingresses are admitted without Gatehouse, and no host is guarded",
	string(admissionregistrationv1.Fail):   ", as it was before: Ingresses of managed classes are refused while no manager answers",
}

// tie gives both configurations an owner that takes them along when it goes.
func (a *activation) tie(ctx context.Context) error {
	var namespace corev1.Namespace
	if err := a.Get(ctx, client.ObjectKey{Name: a.namespace}, &namespace); err != nil {
		return err
	}
	for _, config := range []client.Object{
		&admissionregistrationv1.MutatingWebhookConfiguration{}, &admissionregistrationv1.ValidatingWebhookConfiguration{},
	} {
		if err := a.read(ctx, config); err != nil {
			return err
		}
		before := config.DeepCopyObject().(client.Object) // every client.Object copies to one
		if own(config, &namespace) {
			if err := a.write(ctx, config, before); err != nil {
				return err
			}
		}
	}
	return nil
}
