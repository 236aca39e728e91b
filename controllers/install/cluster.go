package install

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

const (
	// manager is the field manager of everything that is written here.
	manager = "gatehouse-install"
	// requestTimeout is longer than the API server's own patience with two webhooks, so that its explanation arrives.
	requestTimeout = 15 * time.Second
	// pause is between two tries.
	pause = 250 * time.Millisecond
)

// cluster is the access of a Job.
type cluster struct {
	client.Client
	http *http.Client
}

func dial(kubeconfig string) (cluster, error) {
	ctrllog.SetLogger(logr.Discard()) // or it complains after a while that nobody has
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		return cluster{}, fmt.Errorf("no access to a cluster: %w", err)
	}
	rest.AddUserAgent(config, manager)
	config.Timeout, config.WarningHandler = requestTimeout, rest.NoWarnings{}
	transport, err := rest.HTTPClientFor(config)
	if err != nil {
		return cluster{}, err
	}
	c, err := newClient(config, transport)
	return cluster{client.WithFieldOwner(c, manager), transport}, err
}

func newClient(config *rest.Config, transport *http.Client) (client.Client, error) {
	scheme := runtime.NewScheme()
	builder := runtime.NewSchemeBuilder(corev1.AddToScheme, networkingv1.AddToScheme, admissionregistrationv1.AddToScheme, v1alpha1.AddToScheme)
	if err := builder.AddToScheme(scheme); err != nil {
		return nil, err
	}
	return client.New(config, client.Options{HTTPClient: transport, Scheme: scheme})
}

// reconnect has the next request go over a connection of its own, which a load balancer may lead to another API server.
func (c cluster) reconnect() {
	if c.http != nil {
		utilnet.CloseIdleConnectionsFor(c.http.Transport)
	}
}

// final is an error that trying again does not mend.
type final struct{ error }

// Unwrap is the error itself.
func (f final) Unwrap() error { return f.error }

// persist tries until there is no error, or a final one, or no time left, and says whenever the reason changes why it goes
// on. What is returned in the end is the last reason that was not cut off.
func persist(ctx context.Context, out io.Writer, try func(context.Context) error) error {
	var reason error
	err := wait.PollUntilContextCancel(ctx, pause, true, func(ctx context.Context) (bool, error) {
		err := try(ctx)
		var end final
		if err == nil || errors.As(err, &end) {
			return true, err
		}
		if ctx.Err() == nil && (reason == nil || reason.Error() != err.Error()) {
			reason = err
			fmt.Fprintln(out, "not yet:", reason)
		}
		return false, nil
	})
	if err != nil && reason != nil && ctx.Err() != nil {
		return reason
	}
	return err
}
