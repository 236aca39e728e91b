// Package chart_test renders the chart with the real Helm and installs it on a real API server with the real
// cert-manager, and looks at what comes out.
package chart_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/certmanager"
	"github.com/gatehouse-dev/gatehouse/test/env/chart"
)

// cluster is a control plane with cert-manager and our chart with one manager. The tests that need one share it: its
// start is most of their time.
type cluster struct {
	*env.Env
	client.Client
	release *chart.Release
	manager string
	closers []func() error
}

// managedClasses are those of the shared cluster; two, because a list of one would not show how it is joined.
var managedClasses = []any{"higress", "higress-canary"}

// running is what TestMain has to stop; nil if no test needed it.
var running *cluster

var shared = sync.OnceValues(func() (*cluster, error) {
	c, err := start(context.Background())
	if err == nil {
		running = c
	}
	return c, err
})

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	code := m.Run()
	if running != nil {
		if err := running.stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

func installed(t *testing.T) *cluster {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a control plane")
	}
	c, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func start(ctx context.Context) (_ *cluster, err error) {
	c := &cluster{}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.stop())
		}
	}()
	// Without garbage collection: the pods that own these Ingresses do not exist.
	if c.Env, err = env.New(ctx, env.Options{GameCRDs: true, Out: os.Stderr}); err != nil {
		return c, err
	}
	c.closers = append(c.closers, func() error { c.Stop(); return nil })
	if c.Client, err = c.Env.Client(env.Admin, cmapi.AddToScheme, v1alpha1.AddToScheme); err != nil {
		return c, err
	}
	stop, err := certmanager.Start(ctx, c.Kubeconfig(env.Admin), c.Config(env.Admin))
	if err != nil {
		return c, err
	}
	c.closers = append(c.closers, stop)
	c.manager = filepath.Join(c.Dir(), "gatehouse")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", c.manager, "../..").CombinedOutput(); err != nil {
		return c, fmt.Errorf("build: %w: %s", err, out)
	}
	options, err := c.options("one")
	if err != nil {
		return c, err
	}
	options.Replicas, options.ClusterIP = 1, c.ClusterIP(50)
	options.Values = map[string]any{"ingressClasses": managedClasses, "shutdownDelay": "100ms"}
	if c.release, err = chart.Install(ctx, options); err != nil {
		return c, err
	}
	c.closers = append(c.closers, func() error { return c.release.Stop(ctx) })
	return c, nil
}

// options are what all installations on this cluster have in common.
func (c *cluster) options(name string) (chart.Options, error) {
	path, err := helmBinary()
	if err != nil {
		return chart.Options{}, err
	}
	dir, err := os.MkdirTemp(c.Dir(), name+"-")
	if err != nil {
		return chart.Options{}, err
	}
	return chart.Options{
		Helm: path, Manager: c.manager, Chart: chartDir,
		Config: c.Config(env.Admin), Kubeconfig: c.Kubeconfig(env.Admin), Dir: dir,
	}, nil
}

func (c *cluster) stop() error {
	var errs []error
	for i := len(c.closers) - 1; i >= 0; i-- {
		errs = append(errs, c.closers[i]())
	}
	return errors.Join(errs...)
}
