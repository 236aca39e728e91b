// Package certmanager runs cert-manager's own controllers and its cainjector in the calling process, against any API
// server: Issuers of kind selfSigned and CA issue, and webhook configurations get their caBundle.
package certmanager

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
)

// Start installs cert-manager's CRDs and runs the controllers until stop is called or ctx ends. It needs both forms of
// access because cert-manager's controllers read a kubeconfig file only, and its injector a rest.Config only; the user
// must be allowed to do what cert-manager does.
//
// Logs go to the logr.Logger of ctx, to nowhere if it has none. While an Issuer waits for its CA, lines at error level
// such as `secrets "..." not found` are normal. controller-runtime's global logger is the caller's business: without
// ctrl.SetLogger it prints a complaint after 30 s.
//
// Every start leaves about 35 goroutines behind, cert-manager's event broadcasters: start it once per process.
func Start(ctx context.Context, kubeconfig string, cfg *rest.Config) (stop func() error, err error) {
	log, err := logr.FromContext(ctx)
	if err != nil {
		log = logr.Discard()
	}
	log = log.WithName("cert-manager")
	if err := installCRDs(ctx, cfg); err != nil {
		return nil, fmt.Errorf("cert-manager's CRDs: %w", err)
	}

	ctx, cancel := context.WithCancel(logr.NewContext(ctx, log))
	loops, err := newControllers(ctx, kubeconfig)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("cert-manager's controllers: %w", err)
	}
	injector, err := newInjector(ctx, cfg, log)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("cert-manager's cainjector: %w", err)
	}

	var (
		group sync.WaitGroup
		mu    sync.Mutex
		errs  []error
	)
	for name, run := range loops {
		group.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				log.Error(err, "controller ended", "controller", name)
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	group.Go(func() {
		if err := injector.Start(ctx); err != nil {
			log.Error(err, "cainjector ended")
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, fmt.Errorf("cainjector: %w", err))
		}
	})
	return func() error {
		cancel()
		group.Wait()
		mu.Lock()
		defer mu.Unlock()
		return errors.Join(errs...)
	}, nil
}
