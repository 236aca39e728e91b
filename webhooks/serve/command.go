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

	"github.com/gatehouse-dev/gatehouse/controllers/certificates"
	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

// options are what the command line says.
type options struct {
	ingressClasses []string
	classGateways  map[string]string
	certificates   string
	certDir        string
	durations      certificates.Durations
	// webhookConfigurations is the name of both, webhookService the NAMESPACE/NAME under which the API server calls us.
	webhookConfigurations string
	webhookService        string
	webhookAddress        string
	metricsAddress        string
	healthAddress         string
	kubeconfig            string
	shutdownDelay         time.Duration
	logLevel              string
	user                  string
	leaderElect           bool
	webIngresses          string
	watchesAll            bool
	higressConfig         string

	build Build
}

// Command is `gatehouse manager`, what the Deployment of the chart runs.
func Command(build Build) *cobra.Command {
	o := options{build: build}
	command := &cobra.Command{
		Use:   "manager",
		Short: "Run the admission webhooks and controllers",
		Args:  offline.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			log, err := newLogger(command.ErrOrStderr(), o.logLevel)
			if err != nil {
				return offline.Usage(err)
			}
			rules, err := policy.ParseOptions(o.ingressClasses, o.classGateways)
			if err != nil {
				return offline.Usage(err)
			}
			if err := o.check(); err != nil {
				return offline.Usage(err)
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

func (o *options) bind(flags *pflag.FlagSet) {
	classes, gateways := policy.DefaultOptions().Flags()
	flags.StringSliceVar(&o.ingressClasses, "ingress-classes", classes, "managed ingress classes; Ingresses of other classes are left alone")
	flags.StringToStringVar(&o.classGateways, "class-gateways", gateways, "gateway of a class (class=gateway) where no IngressClass object tells it")
	flags.StringVar(&o.certificates, "certificates", fromFiles, "files or self-managed: whether somebody else puts the certificate into --cert-dir, or the managers make it, keep it in Secrets and write the CA into the webhook configurations")
	flags.DurationVar(&o.durations.Certificate, "certificate-duration", 90*24*time.Hour, "how long a self-managed certificate lives")
	flags.DurationVar(&o.durations.RenewBefore, "certificate-renew-before", 30*24*time.Hour, "how long before its end a self-managed certificate is renewed")
	flags.DurationVar(&o.durations.CA, "ca-duration", 10*365*24*time.Hour, "how long a self-managed CA lives")
	flags.StringVar(&o.certDir, "cert-dir", "/etc/gatehouse/tls", "directory with tls.crt and tls.key; they may come later and are reloaded when they change")
	flags.StringVar(&o.webhookConfigurations, "webhook-configurations", "", "name of the mutating and of the validating webhook configuration: a new certificate is served only when their caBundle trusts it; needs --webhook-service")
	flags.StringVar(&o.webhookService, "webhook-service", "", "NAMESPACE/NAME of the Service by which the API server calls the webhooks, and so the name in the certificate")
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

// What --certificates takes.
const (
	fromFiles   = "files"
	selfManaged = "self-managed"
)

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
	if err := o.checkCertificates(); err != nil {
		return err
	}
	_, err := o.higressConfigMap()
	return err
}

func (o *options) checkCertificates() error {
	switch {
	case o.certificates != fromFiles && o.certificates != selfManaged:
		return fmt.Errorf("--certificates: %q is neither %s nor %s", o.certificates, fromFiles, selfManaged)
	case o.certificates == selfManaged && o.webhookConfigurations == "":
		return errors.New("--certificates=self-managed needs --webhook-configurations: nobody else writes the CA there")
	case o.webhookConfigurations != "" && o.webhookService == "":
		return errors.New("--webhook-configurations needs --webhook-service: the name that a certificate must have")
	}
	if _, err := o.service(); err != nil {
		return err
	}
	if o.certificates == selfManaged {
		return o.durations.Check()
	}
	return nil
}

// higressConfigMap is the ConfigMap with Higress's own limits; empty where nobody is to look.
func (o *options) higressConfigMap() (types.NamespacedName, error) {
	return namespacedName("--higress-config", o.higressConfig)
}

// service is the Service in front of the webhooks; empty where nobody needs its name.
func (o *options) service() (types.NamespacedName, error) {
	return namespacedName("--webhook-service", o.webhookService)
}

// namespacedName reads the value of a flag; an empty one is an empty name.
func namespacedName(flag, value string) (types.NamespacedName, error) {
	if value == "" {
		return types.NamespacedName{}, nil
	}
	namespace, name, ok := strings.Cut(value, "/")
	if !ok || namespace == "" || name == "" || strings.Contains(name, "/") {
		return types.NamespacedName{}, fmt.Errorf("%s: %q is not of the form NAMESPACE/NAME", flag, value)
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
