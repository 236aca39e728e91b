package inspect

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/controllers/access"
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

// onCluster completes a command that reports on the cluster of a kubeconfig.
func onCluster(command *cobra.Command, of access.Scope, o outside, run func(s *session, args []string) (offline.Report, error)) *cobra.Command {
	var config clientcmd.ClientConfig
	offline.Reporting(command, func(command *cobra.Command, args []string, options policy.Options) (offline.Report, error) {
		return run(&session{command, options, config, o}, args)
	})
	config = access.Bind(command.Flags(), of)
	return command
}

// connect is a reader with the rights of whoever runs the command.
func (s *session) connect() (client.Reader, error) {
	c, err := s.outside.dial(s.config)
	if err != nil {
		return nil, fmt.Errorf("no access to a cluster: %w", err)
	}
	return access.Reader{Reader: c}, nil
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
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	return access.Dial(from, scheme)
}

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	builder := runtime.NewSchemeBuilder(snapshot.AddToScheme, corev1.AddToScheme)
	return scheme, builder.AddToScheme(scheme)
}
