package install

import (
	"context"
	"fmt"
	"io"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

// Command is `gatehouse install`, which people have no use for: the chart's Jobs run it.
func Command() *cobra.Command {
	command := &cobra.Command{
		Use:    "install",
		Short:  "Complete or test an installation; the chart runs this",
		Hidden: true,
		Args:   offline.NoArgs,
		RunE:   func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(activateCommand(), testCommand())
	return command
}

// common is what both commands take.
type common struct {
	kubeconfig     string
	namespace      string
	ingressClasses []string
	classGateways  map[string]string
	timeout        time.Duration
}

func (c *common) bind(flags *pflag.FlagSet, timeout time.Duration) {
	classes, gateways := policy.DefaultOptions().Flags()
	flags.StringVar(&c.kubeconfig, "kubeconfig", "", "kubeconfig file; without one the usual places, then the pod's service account")
	flags.StringVar(&c.namespace, "probe-namespace", "default", "namespace of the Ingresses in dry runs; not an exempt one")
	flags.StringSliceVar(&c.ingressClasses, "ingress-classes", classes, "managed ingress classes; the first one is probed")
	flags.StringToStringVar(&c.classGateways, "class-gateways", gateways, "gateway of a class (class=gateway) where no IngressClass object tells it")
	flags.DurationVar(&c.timeout, "timeout", timeout, "how long to try")
}

// class is the managed class that is probed.
func (c *common) class() (string, error) {
	if len(c.ingressClasses) == 0 {
		return "", offline.Usage(fmt.Errorf("--ingress-classes: at least one is needed"))
	}
	return c.ingressClasses[0], nil
}

// during runs something until it ends, the time is over or a signal comes: a Pod that is deleted gets SIGTERM.
func during(command *cobra.Command, timeout time.Duration, run func(context.Context, io.Writer) error) error {
	ctx, stop := signal.NotifyContext(command.Context(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return run(ctx, command.OutOrStdout())
}

func activateCommand() *cobra.Command {
	var c common
	var a activation
	var chosen string
	command := &cobra.Command{
		Use:   "activate",
		Short: "Set the chosen failurePolicy once the webhooks answer",
		Args:  offline.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			class, err := c.class()
			if err != nil {
				return err
			}
			a.chosen = admissionregistrationv1.FailurePolicyType(chosen)
			if a.chosen != admissionregistrationv1.Fail && a.chosen != admissionregistrationv1.Ignore {
				return offline.Usage(fmt.Errorf("--failure-policy: %q is neither Fail nor Ignore", chosen))
			}
			if a.configurations == "" || a.namespace == "" {
				return offline.Usage(fmt.Errorf("--webhook-configurations and --release-namespace are needed"))
			}
			connection, err := dial(c.kubeconfig)
			if err != nil {
				return err
			}
			a.cluster, a.probe, a.timeout = connection, probe{namespace: c.namespace, class: class}, c.timeout
			return during(command, c.timeout, a.run)
		},
	}
	c.bind(command.Flags(), 2*time.Minute)
	command.Flags().StringVar(&a.namespace, "release-namespace", "", "namespace of the release, with which its webhook configurations are to go")
	command.Flags().StringVar(&a.configurations, "webhook-configurations", "", "name of both webhook configurations")
	command.Flags().StringVar(&chosen, "failure-policy", string(admissionregistrationv1.Fail), "Fail or Ignore, for "+validateIngress)
	return command
}

func testCommand() *cobra.Command {
	var c common
	var name string
	command := &cobra.Command{
		Use:   "test",
		Short: "Prove that Ingresses are annotated and duplicate hosts refused",
		Args:  offline.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			class, err := c.class()
			if err != nil {
				return err
			}
			options, err := policy.ParseOptions(c.ingressClasses, c.classGateways)
			if err != nil {
				return offline.Usage(err)
			}
			connection, err := dial(c.kubeconfig)
			if err != nil {
				return err
			}
			t := trial{cluster: connection, options: options, name: name, namespace: c.namespace, class: class}
			return during(command, c.timeout, t.run)
		},
	}
	c.bind(command.Flags(), time.Minute)
	command.Flags().StringVar(&name, "name", "gatehouse-test", "name of the objects that are made for the test and removed after it")
	return command
}
