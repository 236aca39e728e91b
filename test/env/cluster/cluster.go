// Package cluster puts the whole thing together as a platform operator has it: the real control plane with the real
// neighbours (test/env), cert-manager (test/env/certmanager) and our chart with its managers (test/env/chart).
package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/gatehouse-dev/gatehouse/hack/stack"
	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/certmanager"
	"github.com/gatehouse-dev/gatehouse/test/env/chart"
)

// Options say what the cluster consists of.
type Options struct {
	// Env is the control plane and the neighbours; what the chart needs of them is added.
	Env env.Options
	// Replicas is the number of managers, 1 if 0.
	Replicas int
	// Values are values for the chart.
	Values map[string]any
	// ManagerEnv are variables (NAME=value) for the managers.
	ManagerEnv []string
}

// Cluster is a running control plane with Gatehouse installed.
type Cluster struct {
	*env.Env
	Release *chart.Release
	// Gatehouse is the path of gatehouse, built from this tree.
	Gatehouse string

	closers         []func() error
	stopCertManager func() error
}

// serviceIP and podIP number the loopback addresses of the release; the replicas' follow one another.
const (
	serviceIP = 10
	podIP     = 11
)

// Start starts everything and returns when the API server calls the webhook with success.
func Start(ctx context.Context, options Options) (_ *Cluster, err error) {
	c := &Cluster{}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Stop())
		}
	}()
	options.Env.Controllers = true
	if c.Env, err = env.New(ctx, options.Env); err != nil {
		return nil, err
	}
	c.closers = append(c.closers, func() error { c.Env.Stop(); return nil })
	if err := c.IngressClass(ctx, "higress", env.HigressController); err != nil {
		return nil, err
	}
	// Not ctx: it bounds the start, and the controllers are to live longer.
	stop, err := certmanager.Start(context.WithoutCancel(ctx), c.Kubeconfig(env.Admin), c.Config(env.Admin))
	if err != nil {
		return nil, err
	}
	c.stopCertManager = stop
	c.closers = append(c.closers, stop)
	if err := c.install(ctx, options); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Cluster) install(ctx context.Context, options Options) error {
	root, err := stack.Root()
	if err != nil {
		return err
	}
	binaries, err := stack.Ensure(ctx, cmp.Or[io.Writer](options.Env.Out, io.Discard), "helm")
	if err != nil {
		return err
	}
	c.Gatehouse = filepath.Join(c.Dir(), "gatehouse")
	o := chart.Options{
		Helm: binaries["helm"], Manager: c.Gatehouse, Chart: filepath.Join(root, "charts", "gatehouse"),
		Config: c.Config(env.Admin), Kubeconfig: c.Kubeconfig(env.Admin), Dir: filepath.Join(c.Dir(), "release"),
		Replicas: max(options.Replicas, 1), ClusterIP: c.ClusterIP(serviceIP),
		Values: options.Values, Env: options.ManagerEnv,
	}
	for i := range o.Replicas {
		o.PodIPs = append(o.PodIPs, c.ClusterIP(podIP+i))
	}
	if err := os.Mkdir(o.Dir, 0o700); err != nil {
		return err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", o.Manager, ".")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the manager: %w\n%s", err, output)
	}
	if c.Release, err = chart.Install(ctx, o); err != nil {
		return err
	}
	c.closers = append(c.closers, func() error { return c.Release.Stop(context.WithoutCancel(ctx)) })
	return nil
}

// StopCertManager ends cert-manager's controllers: from then on nobody issues certificates or writes bundles.
func (c *Cluster) StopCertManager() error { return c.stopCertManager() }

// Stop ends the managers as a kubelet would, and everything else after them. An error says that one did not end well.
func (c *Cluster) Stop() error {
	var errs []error
	for i := len(c.closers) - 1; i >= 0; i-- {
		errs = append(errs, c.closers[i]())
	}
	c.closers = nil
	return errors.Join(errs...)
}
