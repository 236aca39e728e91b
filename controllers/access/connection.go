package access

import (
	"slices"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
)

// Scope is what -n means to a command.
type Scope bool

// The scopes of commands: one has a namespace by kubectl's rules, the other asks the cluster as a whole, and is free to
// have a flag -n of its own.
const (
	InNamespace Scope = true
	OfCluster   Scope = false
)

// Bind gives a command kubectl's flags for the connection. The help shows those that people use every day.
func Bind(flags *pflag.FlagSet, of Scope) clientcmd.ClientConfig {
	rules, overrides := clientcmd.NewDefaultClientConfigLoadingRules(), &clientcmd.ConfigOverrides{}
	connection := pflag.NewFlagSet("connection", pflag.ContinueOnError)
	connection.StringVar(&rules.ExplicitPath, clientcmd.RecommendedConfigPathFlag, "", "kubeconfig file; kubectl's other flags for the connection (--as, --server, ...) are taken too")
	names := clientcmd.RecommendedConfigOverrideFlags("")
	names.CurrentContext.Description = "context of the kubeconfig"
	names.ContextOverrideFlags.Namespace.Description = "namespace, if not that of the context"
	if of == OfCluster {
		names.ContextOverrideFlags.Namespace.LongName = ""
	}
	clientcmd.BindOverrideFlags(overrides, connection, names)
	shown := []string{clientcmd.RecommendedConfigPathFlag, clientcmd.FlagContext, clientcmd.FlagNamespace}
	connection.VisitAll(func(f *pflag.Flag) { f.Hidden = !slices.Contains(shown, f.Name) })
	flags.AddFlagSet(connection)
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides)
}

// Dial is a client for the kinds of a scheme, with the rights that the flags give.
func Dial(from clientcmd.ClientConfig, scheme *runtime.Scheme) (client.Client, error) {
	ctrllog.SetLogger(logr.Discard()) // or it complains after a while that nobody has
	config, err := from.ClientConfig()
	if err != nil {
		return nil, err
	}
	rest.AddUserAgent(config, "gatehouse")
	config.QPS, config.Burst = 50, 300 // kubectl's
	return client.New(config, client.Options{Scheme: scheme})
}
