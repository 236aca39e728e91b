// Package system is a whole installation: a control plane with the neighbours that were asked for, cert-manager, and
// Gatehouse built from this tree and installed from its chart. The demo, the benchmarks and the end-to-end tests use it.
package system

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/hack/stack"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/certmanager"
	"github.com/gatehouse-dev/gatehouse/test/env/chart"
)

// serviceIP is the place of the webhook's Service among the addresses of the environment.
const serviceIP = 50

// Options say what is started.
type Options struct {
	// Env is the control plane and the neighbours.
	Env env.Options
	// Values are further values for the chart.
	Values map[string]any
	// Out gets the progress; nil is nowhere.
	Out io.Writer
}

// System is a running installation.
type System struct {
	*env.Env
	// Client is the cluster administrator's.
	client.Client
	Release *chart.Release
	// Gatehouse is the path of the binary.
	Gatehouse string

	out     io.Writer
	closers []func() error
}

// Start starts everything and returns when the API server has called the webhook. ctx bounds the start and the life of
// cert-manager's controllers. Where it fails, everything is stopped again.
func Start(ctx context.Context, options Options) (_ *System, err error) {
	if options.Out == nil {
		options.Out = io.Discard
	}
	options.Env.Out = options.Out
	s := &System{out: options.Out}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	if s.Env, err = env.New(ctx, options.Env); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() error { s.Env.Stop(); return nil })
	if s.Client, err = s.Env.Client(env.Admin, cmapi.AddToScheme, v1alpha1.AddToScheme, gameserver.AddToScheme); err != nil {
		return nil, err
	}
	if err := s.IngressClass(ctx, "higress", env.HigressController); err != nil {
		return nil, err
	}
	return s, s.install(ctx, options)
}

func (s *System) install(ctx context.Context, options Options) error {
	begin := time.Now()
	stop, err := certmanager.Start(ctx, s.Kubeconfig(env.Admin), s.Config(env.Admin))
	if err != nil {
		return fmt.Errorf("cert-manager: %w", err)
	}
	s.closers = append(s.closers, stop)
	s.say("cert-manager's controllers run after %s", since(begin))

	root, err := Root(ctx)
	if err != nil {
		return err
	}
	begin = time.Now()
	s.Gatehouse = filepath.Join(s.Dir(), "gatehouse")
	if err := Build(ctx, root, s.Gatehouse); err != nil {
		return err
	}
	s.say("gatehouse built in %s", since(begin))

	helm, err := stack.Ensure(ctx, options.Out, "helm")
	if err != nil {
		return err
	}
	dir := filepath.Join(s.Dir(), "release")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	begin = time.Now()
	s.Release, err = chart.Install(ctx, chart.Options{
		Helm: helm["helm"], Manager: s.Gatehouse, Chart: filepath.Join(root, "charts", "gatehouse"),
		Config: s.Config(env.Admin), Kubeconfig: s.Kubeconfig(env.Admin), Dir: dir,
		Replicas: 1, ClusterIP: s.ClusterIP(serviceIP), Values: options.Values,
	})
	if err != nil {
		return fmt.Errorf("install the chart: %w", err)
	}
	s.closers = append(s.closers, func() error { return s.Release.Stop(context.WithoutCancel(ctx)) })
	s.say("chart installed, certificate issued, webhook called after %s", since(begin))
	return nil
}

// Stop ends every process, gracefully where ours, and removes all files.
func (s *System) Stop() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	s.closers = nil
	return errors.Join(errs...)
}

func (s *System) say(format string, args ...any) {
	fmt.Fprintf(s.out, format+"\n", args...)
}

// Root is the folder of this repository.
func Root(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/gatehouse-dev/gatehouse").Output()
	if err != nil {
		return "", fmt.Errorf("where is this module: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// Build builds the binary as the Dockerfile does.
func Build(ctx context.Context, root, path string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w -X main.version=test", "-o", path, ".")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build gatehouse: %w\n%s", err, out)
	}
	return nil
}

func since(begin time.Time) time.Duration { return time.Since(begin).Round(100 * time.Millisecond) }
