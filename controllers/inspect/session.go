package inspect

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

// outside is what the commands have from outside of the process.
type outside struct {
	dial func(clientcmd.ClientConfig) (client.Reader, error)
	now  func() time.Time
}

var theWorld = outside{dial: dial, now: time.Now}

// session is one run of a command.
type session struct {
	*cobra.Command
	options policy.Options
	config  clientcmd.ClientConfig
	outside outside
}

// scope is what -n means to a command.
type scope bool

const (
	inNamespace scope = true
	ofCluster   scope = false
)

// onCluster completes a command that reports on the cluster of a kubeconfig.
func onCluster(command *cobra.Command, of scope, o outside, run func(s *session, args []string) (offline.Report, error)) *cobra.Command {
	rules, overrides := clientcmd.NewDefaultClientConfigLoadingRules(), &clientcmd.ConfigOverrides{}
	offline.Reporting(command, func(command *cobra.Command, args []string, options policy.Options) (offline.Report, error) {
		return run(&session{command, options, clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides), o}, args)
	})
	bind(command.Flags(), of, rules, overrides)
	return command
}

// bind gives a command kubectl's flags for the connection. The help shows those that people use every day.
func bind(flags *pflag.FlagSet, of scope, rules *clientcmd.ClientConfigLoadingRules, overrides *clientcmd.ConfigOverrides) {
	connection := pflag.NewFlagSet("connection", pflag.ContinueOnError)
	connection.StringVar(&rules.ExplicitPath, clientcmd.RecommendedConfigPathFlag, "", "kubeconfig file; kubectl's other flags for the connection (--as, --server, ...) are taken too")
	names := clientcmd.RecommendedConfigOverrideFlags("")
	names.CurrentContext.Description = "context of the kubeconfig"
	names.ContextOverrideFlags.Namespace.Description = "namespace, if not that of the context"
	if of == ofCluster {
		names.ContextOverrideFlags.Namespace.LongName = ""
	}
	clientcmd.BindOverrideFlags(overrides, connection, names)
	shown := []string{clientcmd.RecommendedConfigPathFlag, clientcmd.FlagContext, clientcmd.FlagNamespace}
	connection.VisitAll(func(f *pflag.Flag) { f.Hidden = !slices.Contains(shown, f.Name) })
	flags.AddFlagSet(connection)
}

// connect is a reader with the rights of whoever runs the command.
func (s *session) connect() (client.Reader, error) {
	c, err := s.outside.dial(s.config)
	if err != nil {
		return nil, fmt.Errorf("no access to a cluster: %w", err)
	}
	return reader{c}, nil
}

// namespace is that of -n, else that of the context.
func (s *session) namespace() (string, error) {
	name, _, err := s.config.Namespace()
	if err != nil {
		return "", fmt.Errorf("no access to a cluster: %w", err)
	}
	return name, nil
}

func dial(from clientcmd.ClientConfig) (client.Reader, error) {
	ctrllog.SetLogger(logr.Discard()) // or it complains after a while that nobody has
	config, err := from.ClientConfig()
	if err != nil {
		return nil, err
	}
	rest.AddUserAgent(config, "gatehouse")
	config.QPS, config.Burst = 50, 300 // kubectl's
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	return client.New(config, client.Options{Scheme: scheme})
}

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	builder := runtime.NewSchemeBuilder(snapshot.AddToScheme, corev1.AddToScheme)
	return scheme, builder.AddToScheme(scheme)
}
