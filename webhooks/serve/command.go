package serve

import (
	"errors"
	"fmt"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/policy"
)

// options are what the command line says.
type options struct {
	ingressClasses []string
	classGateways  map[string]string
	certDir        string
	webhookAddress string
	metricsAddress string
	healthAddress  string
	kubeconfig     string
	shutdownDelay  time.Duration
	logLevel       string
	user           string
	leaderElect    bool
	webIngresses   string
	watchesAll     bool
	higressConfig  string
}

// Command is `gatehouse manager`, what the Deployment of the chart runs.
func Command() *cobra.Command {
	var o options
	command := &cobra.Command{
		Use:   "manager",
		Short: "Run the admission webhooks and controllers",
		Args: func(command *cobra.Command, args []string) error {
			if err := cobra.NoArgs(command, args); err != nil {
				return usageError{err}
			}
			return nil
		},
		RunE: func(command *cobra.Command, _ []string) error {
			log, err := newLogger(command.ErrOrStderr(), o.logLevel)
			if err != nil {
				return usageError{err}
			}
			rules, err := policy.ParseOptions(o.ingressClasses, o.classGateways)
			if err != nil {
				return usageError{err}
			}
			if err := o.check(); err != nil {
				return usageError{err}
			}
			ctx, stop := signal.NotifyContext(command.Context(), syscall.SIGTERM, syscall.SIGINT)
			defer stop()
			// The second signal ends the process at once.
			go func() { <-ctx.Done(); stop() }()
			return run(ctx, o, rules, log)
		},
	}
	o.bind(command.Flags())
	return command
}

// usageError is a command line that cannot be meant.
type usageError struct{ error }

// ExitCode is that of bad usage.
func (usageError) ExitCode() int { return 2 }

func (o *options) bind(flags *pflag.FlagSet) {
	classes, gateways := policy.DefaultOptions().Flags()
	flags.StringSliceVar(&o.ingressClasses, "ingress-classes", classes, "managed ingress classes; Ingresses of other classes are left alone")
	flags.StringToStringVar(&o.classGateways, "class-gateways", gateways, "gateway of a class (class=gateway) where no IngressClass object tells it")
	flags.StringVar(&o.certDir, "cert-dir", "/etc/gatehouse/tls", "directory with tls.crt and tls.key; they may come later and are reloaded when they change")
	flags.StringVar(&o.webhookAddress, "webhook-bind-address", ":9443", "address of the webhooks (HTTPS)")
	flags.StringVar(&o.metricsAddress, "metrics-bind-address", ":8080", "address of /metrics (HTTP); 0 turns it off")
	flags.StringVar(&o.healthAddress, "health-bind-address", ":8081", "address of /healthz and /readyz (HTTP); 0 turns them off")
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig file; without one the usual places, then the pod's service account")
	flags.DurationVar(&o.shutdownDelay, "shutdown-delay", 5*time.Second, "how long requests are still accepted after SIGTERM while the replica says that it is not ready")
	flags.StringVar(&o.logLevel, "log-level", "info", "debug, info, warn or error")
	flags.StringVar(&o.user, "service-account", "", "user name of the service account that this process runs as, system:serviceaccount:NAMESPACE:NAME; its own writes are not decided again, and the lease of the leading replica is in its namespace")
	flags.BoolVar(&o.leaderElect, "leader-elect", false, "let one of several replicas tend the host claims; needs --service-account")
	flags.StringVar(&o.webIngresses, "web-ingresses", webShared, "Shared or Exclusive: whether web Ingresses of several namespaces may stand on one host")
	flags.StringVar(&o.higressConfig, "higress-config", "higress-system/higress-config", "NAMESPACE/NAME of the ConfigMap with Higress's own limits, of which authors of policies are warned; empty: no such warnings")
	flags.BoolVar(&o.watchesAll, "gateway-watches-all-classes", false, "the gateway serves Ingresses of any class: nothing can be quarantined, a conflict is refused")
}

// What --web-ingresses takes.
const (
	webShared    = "Shared"
	webExclusive = "Exclusive"
)

// check refuses a command line that cannot be meant. Anything but the full user name of a service account would match no
// request, and nobody would notice.
func (o *options) check() error {
	parts := strings.Split(o.user, ":")
	switch {
	case o.user != "" && (len(parts) != 4 || !strings.HasPrefix(o.user, "system:serviceaccount:")):
		return fmt.Errorf("--service-account: %q is not of the form system:serviceaccount:NAMESPACE:NAME", o.user)
	case o.leaderElect && o.user == "":
		return errors.New("--leader-elect needs --service-account: the lease is in its namespace")
	case o.webIngresses != webShared && o.webIngresses != webExclusive:
		return fmt.Errorf("--web-ingresses: %q is neither %s nor %s", o.webIngresses, webShared, webExclusive)
	}
	_, err := o.higressConfigMap()
	return err
}

// higressConfigMap is the ConfigMap with Higress's own limits; empty where nobody is to look.
func (o *options) higressConfigMap() (types.NamespacedName, error) {
	if o.higressConfig == "" {
		return types.NamespacedName{}, nil
	}
	namespace, name, ok := strings.Cut(o.higressConfig, "/")
	if !ok || namespace == "" || name == "" || strings.Contains(name, "/") {
		return types.NamespacedName{}, fmt.Errorf("--higress-config: %q is not of the form NAMESPACE/NAME", o.higressConfig)
	}
	return types.NamespacedName{Namespace: namespace, Name: name}, nil
}

// namespace is that of the service account.
func (o *options) namespace() string {
	if parts := strings.Split(o.user, ":"); len(parts) == 4 {
		return parts[2]
	}
	return ""
}
