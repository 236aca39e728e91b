package doctor

import (
	"cmp"
	"io"
	"slices"
	"time"

	"github.com/spf13/pflag"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy"
)

// instanceLabel is on everything of a release.
const instanceLabel = "app.kubernetes.io/instance"

// defaultOptions are those of the chart.
func defaultOptions() Options {
	classes, gateways := policy.DefaultOptions().Flags()
	return Options{IngressClasses: classes, ClassGateways: gateways, HigressConfig: "higress-system/higress-config", LeaderElect: true}
}

// managerArgs are the arguments of `gatehouse manager`; nil where no container runs it.
func managerArgs(d *appsv1.Deployment) []string {
	for _, c := range d.Spec.Template.Spec.Containers {
		if len(c.Args) > 0 && c.Args[0] == "manager" {
			return c.Args[1:]
		}
	}
	return nil
}

// parseOptions reads the flags that bear on the look, and leaves the others alone. What is not said is what the command has
// without it.
func parseOptions(args []string) Options {
	classes, gateways := policy.DefaultOptions().Flags()
	var o Options
	flags := pflag.NewFlagSet("manager", pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.StringSliceVar(&o.IngressClasses, "ingress-classes", classes, "")
	flags.StringToStringVar(&o.ClassGateways, "class-gateways", gateways, "")
	flags.StringVar(&o.HigressConfig, "higress-config", "higress-system/higress-config", "")
	flags.BoolVar(&o.LeaderElect, "leader-elect", false, "")
	flags.StringVar(&o.Certificates, "certificates", "files", "")
	_ = flags.Parse(args) // the managers have refused what cannot be read
	return o
}

func managersOf(d *appsv1.Deployment) Managers {
	spec := d.Spec.Template.Spec
	m := Managers{
		Replicas: ptr.Deref(d.Spec.Replicas, 1), Ready: d.Status.ReadyReplicas,
		Account: spec.ServiceAccountName, Options: parseOptions(managerArgs(d)), Trouble: stuck(d),
	}
	for _, c := range spec.Containers {
		if len(c.Args) > 0 && c.Args[0] == "manager" {
			m.Image = c.Image
		}
	}
	return m
}

// stuck is what the Deployment's own conditions say is wrong.
func stuck(d *appsv1.Deployment) string {
	for _, c := range d.Status.Conditions {
		failed := c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue
		stopped := c.Type == appsv1.DeploymentProgressing && c.Status == corev1.ConditionFalse
		if failed || stopped {
			return c.Message
		}
	}
	return ""
}

// secretOf is the Secret that the managers mount their certificate from; empty where they mount none.
func secretOf(d *appsv1.Deployment) string {
	for _, v := range d.Spec.Template.Spec.Volumes {
		if v.Secret != nil {
			return v.Secret.SecretName
		}
	}
	return ""
}

// podOf is false for a Pod of the release that is no manager, for instance one of a Job.
func podOf(p *corev1.Pod) (Pod, bool) {
	i := slices.IndexFunc(p.Spec.Containers, func(c corev1.Container) bool { return len(c.Args) > 0 && c.Args[0] == "manager" })
	if i < 0 {
		return Pod{}, false
	}
	out := Pod{Name: p.Name, Image: p.Spec.Containers[i].Image}
	for _, c := range p.Status.Conditions {
		switch {
		case c.Type == corev1.PodReady:
			out.Ready = c.Status == corev1.ConditionTrue
		case c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse:
			out.Trouble = c.Message
		}
	}
	for _, s := range p.Status.ContainerStatuses {
		if s.State.Waiting != nil {
			out.Trouble = cmp.Or(s.State.Waiting.Message, s.State.Waiting.Reason)
		}
	}
	return out, true
}

func renewed(t *metav1.MicroTime) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
