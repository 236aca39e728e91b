package doctor

import (
	"context"
	"net"
	"slices"
	"strconv"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	chart "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
	"github.com/gatehouse-dev/gatehouse/controllers/survey"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// injectAnnotation has cert-manager write a CA into the bundles of a webhook configuration.
const injectAnnotation = "cert-manager.io/inject-ca-from"

func (l *looker) definitions(ctx context.Context, w *World) error {
	for _, file := range []string{chart.GamePolicyCRD, chart.HostClaimCRD} {
		wanted, err := embedded(file)
		if err != nil {
			return err
		}
		crd, err := l.definition(ctx, wanted.Name, wanted)
		if err != nil {
			return err
		}
		w.CRDs = append(w.CRDs, crd)
	}
	return nil
}

// definition compares a CRD where it is known how it should be.
func (l *looker) definition(ctx context.Context, name string, wanted *apiextensionsv1.CustomResourceDefinition) (CRD, error) {
	var standing apiextensionsv1.CustomResourceDefinition
	err := l.Get(ctx, types.NamespacedName{Name: name}, &standing)
	found, err := seen(err, func() Definition {
		var d Definition
		for _, c := range standing.Status.Conditions {
			if c.Type == apiextensionsv1.Established {
				d.Established = c.Status == apiextensionsv1.ConditionTrue
			}
			if c.Type == apiextensionsv1.NamesAccepted && c.Status == apiextensionsv1.ConditionFalse {
				d.Trouble = c.Message
			}
		}
		v := version(&standing, v1alpha1.GroupVersion.Version) // OpenKruiseGame's is called the same
		d.Served = v != nil && v.Served
		if wanted != nil {
			d.Difference = compare(&standing, wanted)
		}
		return d
	})
	return CRD{name, found}, err
}

func (l *looker) hooks(ctx context.Context, w *World) error {
	key := types.NamespacedName{Name: w.Name}
	var mutating admissionregistrationv1.MutatingWebhookConfiguration
	var validating admissionregistrationv1.ValidatingWebhookConfiguration
	var err error
	if w.Mutating, err = seen(l.Get(ctx, key, &mutating), func() Hooks {
		h := Hooks{Injector: mutating.Annotations[injectAnnotation]}
		for _, m := range mutating.Webhooks {
			h.Webhooks = append(h.Webhooks, hookOf(m.Name, m.FailurePolicy, m.ClientConfig))
		}
		return h
	}); err != nil {
		return err
	}
	w.Validating, err = seen(l.Get(ctx, key, &validating), func() Hooks {
		h := Hooks{Injector: validating.Annotations[injectAnnotation]}
		for _, v := range validating.Webhooks {
			h.Webhooks = append(h.Webhooks, hookOf(v.Name, v.FailurePolicy, v.ClientConfig))
		}
		return h
	})
	return err
}

// activation reads the Job that has not succeeded yet.
func (l *looker) activation(ctx context.Context, w *World) (err error) {
	var job batchv1.Job
	err = l.Get(ctx, types.NamespacedName{Namespace: w.Namespace, Name: activationJob(w.Name)}, &job)
	w.Activation, err = seen(err, func() Activation {
		var a Activation
		for _, c := range job.Spec.Template.Spec.Containers {
			for _, arg := range c.Args {
				if chosen, ok := strings.CutPrefix(arg, "--failure-policy="); ok {
					a.Chosen = chosen
				}
			}
		}
		a.Failed = slices.ContainsFunc(job.Status.Conditions, func(c batchv1.JobCondition) bool {
			return c.Type == batchv1.JobFailed && c.Status == corev1.ConditionTrue
		})
		return a
	})
	return err
}

func hookOf(name string, fails *admissionregistrationv1.FailurePolicyType, calls admissionregistrationv1.WebhookClientConfig) Hook {
	h := Hook{Name: name, FailurePolicy: string(ptr.Deref(fails, admissionregistrationv1.Fail)), Bundle: string(calls.CABundle)}
	if s := calls.Service; s != nil {
		h.Service = s.Namespace + "/" + net.JoinHostPort(s.Name, strconv.Itoa(int(ptr.Deref(s.Port, 443))))
	}
	return h
}

// game reads what there is of OpenKruiseGame.
func (l *looker) game(ctx context.Context, w *World) error {
	for _, name := range []string{"gameserversets.game.kruise.io", "gameservers.game.kruise.io"} {
		crd, err := l.definition(ctx, name, nil)
		if err != nil {
			return err
		}
		w.Game.CRDs = append(w.Game.CRDs, crd)
	}
	key, err := objectName("--okg", w.Game.Deployment)
	if err != nil {
		return err
	}
	var deployment appsv1.Deployment
	err = l.Get(ctx, key, &deployment)
	if w.Game.Manager, err = seen(err, func() Manager {
		m := Manager{Replicas: ptr.Deref(deployment.Spec.Replicas, 1), Ready: deployment.Status.ReadyReplicas, Account: deployment.Spec.Template.Spec.ServiceAccountName}
		for _, c := range deployment.Spec.Template.Spec.Containers {
			m.Image = c.Image
		}
		return m
	}); err != nil || w.Game.Manager.It == nil {
		return err
	}
	w.Game.Lacks, err = l.lacks(ctx, key.Namespace, w.Game.Manager.It.Account, games())
	return err
}

func (l *looker) higress(ctx context.Context, w *World) error {
	from := w.options().HigressConfig
	if from == "" {
		return nil
	}
	key, err := objectName("higressConfig", from)
	if err != nil {
		return err
	}
	var config corev1.ConfigMap
	err = l.Get(ctx, key, &config)
	w.Higress, err = seen(err, func() string { return config.Data[survey.HigressKey] })
	return err
}
