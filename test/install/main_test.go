// Package install_test lives through what an installation lives through, on a real API server with garbage collection, the
// real Helm and the real cert-manager: it comes, is tested, upgraded, restarted, has its certificates renewed, and goes,
// in whatever order.
package install_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/hack/stack"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/certmanager"
	"github.com/gatehouse-dev/gatehouse/test/env/chart"
)

// cluster is a control plane with cert-manager and without Gatehouse: each test installs releases of its own, one after
// the other.
type cluster struct {
	*env.Env
	client.Client
	helm, manager string
	releases      atomic.Int32
	closers       []func() error
}

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

func platform(t *testing.T) *cluster {
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
	if c.Env, err = env.New(ctx, env.Options{
		Controllers: true, GameCRDs: true, Users: []env.Identity{{User: writer}}, Out: os.Stderr,
	}); err != nil {
		return c, err
	}
	c.closers = append(c.closers, func() error { c.Stop(); return nil })
	if err := c.IngressClass(ctx, "higress", env.HigressController); err != nil {
		return c, err
	}
	// The namespace accepts nothing but restricted Pods: those of the hooks run in it.
	if err := c.Namespace(ctx, "gatehouse-system", map[string]string{"pod-security.kubernetes.io/enforce": "restricted"}); err != nil {
		return c, err
	}
	if c.Client, err = c.Env.Client(env.Admin, cmapi.AddToScheme, v1alpha1.AddToScheme); err != nil {
		return c, err
	}
	stop, err := certmanager.Start(ctx, c.Kubeconfig(env.Admin), c.Config(env.Admin))
	if err != nil {
		return c, err
	}
	c.closers = append(c.closers, stop)
	binaries, err := stack.Ensure(ctx, os.Stderr, stack.Helm)
	if err != nil {
		return c, err
	}
	c.helm, c.manager = binaries[stack.Helm], filepath.Join(c.Dir(), "gatehouse")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", c.manager, "../..").CombinedOutput(); err != nil {
		return c, fmt.Errorf("build: %w: %s", err, out)
	}
	return c, nil
}

func (c *cluster) stop() error {
	var errs []error
	for i := len(c.closers) - 1; i >= 0; i-- {
		errs = append(errs, c.closers[i]())
	}
	return errors.Join(errs...)
}

// addresses is how many loopback addresses a release gets: its Service's and those of its Pods.
const addresses = 8

// options are those of a release with one manager, which a test changes as it likes. Every release has addresses of its
// own, because its predecessor's may still be taken.
func (c *cluster) options(t *testing.T) chart.Options {
	t.Helper()
	first := 2 + addresses*int(c.releases.Add(1))
	o := chart.Options{
		Helm: c.helm, Manager: c.manager, Chart: chartDir, Dir: t.TempDir(), Replicas: 1,
		Config: c.Config(env.Admin), Kubeconfig: c.Kubeconfig(env.Admin), ClusterIP: c.ClusterIP(first),
		Values: map[string]any{"shutdownDelay": "100ms"},
	}
	for i := first + 1; i < first+addresses; i++ {
		o.PodIPs = append(o.PodIPs, c.ClusterIP(i))
	}
	return o
}

// install installs a release, which is gone when the test ends, whatever it has done with it.
func (c *cluster) install(t *testing.T, options chart.Options) *chart.Release {
	t.Helper()
	t.Cleanup(func() { c.remove(t, options) })
	release, err := chart.Install(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := release.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(release.Tails())
		}
	})
	return release
}

func (c *cluster) remove(t *testing.T, options chart.Options) {
	t.Helper()
	if _, err := chart.Helm(context.Background(), options, "uninstall", "--ignore-not-found", options.ReleaseName()); err != nil {
		t.Error(err)
	}
}
