package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/webhooks/admit"
	"github.com/gatehouse-dev/gatehouse/webhooks/gamepolicy"
	"github.com/gatehouse-dev/gatehouse/webhooks/gameserverset"
	"github.com/gatehouse-dev/gatehouse/webhooks/ingress"
)

// run runs the manager until the context ends and then shuts it down in order.
func run(ctx context.Context, o options, rules policy.Options, log logr.Logger) error {
	tuneGC(log)
	config, err := clusterConfig(o.kubeconfig)
	if err != nil {
		return err
	}
	registry := metrics.Registry
	o.build.register(registry)
	log.Info("starting", "version", o.build.Version, "commit", o.build.Commit)
	snap := snapshot.New(rules, registry, log)
	mgr, err := newManager(config, o, snap, log)
	if err != nil {
		return err
	}
	if err := snap.SetupWithManager(mgr); err != nil {
		return err
	}

	deeds, err := tendHosts(mgr, o, snap, registry, log)
	if err != nil {
		return err
	}
	reporter, err := reportPolicies(mgr, o, snap, deeds.rollout, log)
	if err != nil {
		return err
	}
	deeds.rollout.Observe(reporter.Changed)
	herald, err := sendHerald(mgr, log)
	if err != nil {
		return err
	}
	sets := snapshot.SetReader{Reader: mgr.GetAPIReader()}
	mux := handlers(registry, log,
		endpoint{ingress.MutatePath, "mutate-ingress", ingress.NewMutator(snap, deeds, !o.watchesAll, o.user, log).Mutate},
		endpoint{ingress.ValidatePath, "validate-ingress", ingress.NewValidator(snap, sets, deeds, !o.watchesAll, registry, log, herald).Validate},
		endpoint{gameserverset.ValidatePath, "validate-gameserverset", gameserverset.NewValidator(reviewSets(snap, deeds, sets), log).Validate},
		endpoint{gamepolicy.ValidatePath, "validate-gamepolicy", judgePolicies(o, snap, mgr.GetAPIReader(), log)},
	)

	cert, err := newCertificate(mgr, o, registry, log)
	if err != nil {
		return err
	}
	webhooks, err := listen(o.webhookAddress, mux, cert.Get, log)
	if err != nil {
		return err
	}
	if err := addChecks(mgr, registry, snap, cert, webhooks); err != nil {
		return err
	}
	return supervise(ctx, o.shutdownDelay, mgr, cert, webhooks, log)
}

// endpoint is one webhook; name is its label in metrics and logs.
type endpoint struct {
	path, name string
	decide     admit.Func
}

// handlers are the webhooks.
func handlers(registry prometheus.Registerer, log logr.Logger, endpoints ...endpoint) *http.ServeMux {
	admission := admit.NewMetrics(registry)
	mux := http.NewServeMux()
	for _, e := range endpoints {
		mux.Handle(e.path, admit.NewHandler(e.name, e.decide, admission, log.WithName("admit")))
	}
	return mux
}

// supervise runs the parts. When the context ends the replica first says that it is not ready and goes on answering,
// because endpoints are taken out of Services some time after that; then it waits for the requests in flight; the
// manager with health and metrics goes last.
func supervise(ctx context.Context, delay time.Duration, mgr manager.Manager, cert *certificate, webhooks *server, log logr.Logger) error {
	until, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	parts, until := errgroup.WithContext(until)
	parts.Go(func() error { return mgr.Start(until) })
	parts.Go(func() error { return cert.run(until) })
	parts.Go(webhooks.serve)

	select {
	case <-ctx.Done():
		log.Info("shutting down", "answering for", delay.String())
		webhooks.draining.Store(true)
		select {
		case <-until.Done():
		case <-time.After(delay):
		}
	case <-until.Done(): // a part has failed
	}
	drained := webhooks.drain(context.WithoutCancel(ctx))
	stop()
	if err := errors.Join(parts.Wait(), drained); err != nil {
		return err
	}
	log.Info("shut down")
	return nil
}

func clusterConfig(path string) (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = path
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{}).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("no access to a cluster: %w", err)
	}
	rest.AddUserAgent(config, "gatehouse")
	// Claims are written while somebody's Ingress waits. The API server limits us, by the chart's FlowSchema.
	config.QPS = -1
	return config, nil
}

func newManager(config *rest.Config, o options, snap *snapshot.Snapshot, log logr.Logger) (manager.Manager, error) {
	scheme := runtime.NewScheme()
	if err := snapshot.AddToScheme(scheme); err != nil {
		return nil, err
	}
	// Whoever imports controller-runtime's controllers has registered them already.
	for _, collector := range []prometheus.Collector{
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		var known prometheus.AlreadyRegisteredError
		if err := metrics.Registry.Register(collector); err != nil && !errors.As(err, &known) {
			return nil, err
		}
	}
	return manager.New(config, manager.Options{
		Scheme:                 scheme,
		Logger:                 log,
		Cache:                  snap.CacheOptions(),
		Metrics:                metricsserver.Options{BindAddress: o.metricsAddress},
		HealthProbeBindAddress: o.healthAddress,

		LeaderElection:          o.leaderElect,
		LeaderElectionID:        "gatehouse",
		LeaderElectionNamespace: o.namespace(),
		// The process ends with the manager, so the next replica need not wait for the lease to run out.
		LeaderElectionReleaseOnCancel: true,
	})
}

// addChecks makes the replica ready when it can answer: everything is known and compiled, there is a certificate, the
// webhooks' server shakes hands, and no shutdown has begun.
func addChecks(mgr manager.Manager, registry prometheus.Registerer, snap *snapshot.Snapshot, cert *certificate, webhooks *server) error {
	checks := map[string]healthz.Checker{
		"snapshot": func(*http.Request) error {
			if !snap.Synced() {
				return errors.New("not everything is known of the cluster yet")
			}
			return nil
		},
		"certificate": cert.Ready,
		"webhooks":    webhooks.answers,
		"shutdown":    webhooks.notDraining,
	}
	registerReady(registry, checks)
	for name, check := range checks {
		if err := mgr.AddReadyzCheck(name, reported(name, check, mgr.GetLogger())); err != nil {
			return err
		}
	}
	return mgr.AddHealthzCheck("ping", healthz.Ping)
}

// reported logs a check's outcome whenever it has changed, with the reason.
func reported(name string, check healthz.Checker, log logr.Logger) healthz.Checker {
	var mu sync.Mutex
	before := "not asked yet"
	return func(r *http.Request) error {
		err := check(r)
		reason := ""
		if err != nil {
			reason = err.Error()
		}
		mu.Lock()
		defer mu.Unlock()
		if reason != before {
			before = reason
			log.Info("readiness", "check", name, "ready", err == nil, "reason", reason)
		}
		return err
	}
}
