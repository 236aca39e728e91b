// Command bench prints the figures of the admission path, measured on a real control plane with the chart installed as
// it ships: what Gatehouse adds to the creation and the update of an Ingress compared with a webhook that decides
// nothing, and how much memory a manager takes in a large cluster.
//
// A figure beyond its target is printed as MISSED and does not fail the run: a shared machine is no judge.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime/pkg/log"
)

// settings are the sizes of the measurement.
type settings struct {
	rounds, requests, policies int
	ingresses, sets            int
	// environment is set for the manager, to try out what the Go runtime makes of it.
	environment string
}

func main() {
	var s settings
	flag.IntVar(&s.rounds, "rounds", 5, "rounds of latency; the median of their ratios counts")
	flag.IntVar(&s.requests, "requests", 1000, "requests per round, verb and webhook")
	flag.IntVar(&s.policies, "policies", 100, "GamePolicies in the cluster, of which one selects the Ingresses")
	flag.IntVar(&s.ingresses, "ingresses", 10_000, "Ingresses in the cluster when memory is measured")
	flag.IntVar(&s.sets, "sets", 1_000, "GameServerSets in the cluster when memory is measured")
	flag.StringVar(&s.environment, "env", "", "variable for the manager, such as GOGC=400")
	noop := flag.String("noop", "", "internal: serve the webhook that decides nothing, with the files in this directory")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctrl.SetLogger(logr.Discard())
	klog.SetLogger(logr.Discard())
	var err error
	if *noop != "" {
		err = serveNoop(ctx, *noop)
	} else {
		err = run(ctx, s)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) (err error) {
	begin := time.Now()
	fmt.Println("Starting a control plane and installing the chart.")
	b, err := newBench(ctx, s)
	if err != nil {
		return err
	}
	defer func() {
		if stopped := b.Stop(); err == nil {
			err = stopped
		}
	}()
	fmt.Printf("Ready after %s. %d GamePolicies; one sets a timeout, a rate limit, retries and a header per server.\n\n", time.Since(begin).Round(time.Second), s.policies)
	if err := b.latency(ctx); err != nil {
		return err
	}
	return b.memory(ctx)
}
