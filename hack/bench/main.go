// Command bench prints the figures of the admission path, measured on a real control plane whose etcd syncs its writes,
// with the chart installed as it ships: what Gatehouse adds to the creation and the update of an Ingress compared with a
// pair of webhooks that decide nothing and with the bare write of a claim, in an empty and in a large cluster; which
// updates reach it at all; how much memory a manager takes and how long it takes to become ready.
//
// A figure beyond its target is printed as MISSED and does not fail the run: a shared machine is no judge.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime/pkg/log"
)

// settings are the sizes of the measurement.
type settings struct {
	rounds, requests, policies int
	// existing are the numbers of Ingresses, each with its claim and its Pod, beside which is measured. They grow.
	existing sizes
	// environment is set for the manager, to try out what the Go runtime makes of it.
	environment string
	// rolloutsOnly leaves the other measurements out.
	rolloutsOnly bool
}

// sizes is a flag: numbers with commas between them.
type sizes []int

func (s *sizes) String() string {
	texts := make([]string, len(*s))
	for i, n := range *s {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, ",")
}

func (s *sizes) Set(text string) error {
	*s = nil
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || len(*s) > 0 && n <= (*s)[len(*s)-1] {
			return fmt.Errorf("%q: want numbers that grow, such as 0,1000,10000", text)
		}
		*s = append(*s, n)
	}
	return nil
}

func (s settings) check() error {
	if servers := len(s.existing) * s.rounds * s.requests; s.rounds < 1 || s.requests < 1 || servers > maxServers {
		return fmt.Errorf("%d sizes × %d rounds × %d requests: want 1 to %d servers", len(s.existing), s.rounds, s.requests, maxServers)
	}
	return nil
}

func main() {
	s := settings{existing: sizes{0, 1_000, 10_000}}
	flag.IntVar(&s.rounds, "rounds", 5, "rounds of latency at each size; the median of their ratios counts")
	flag.IntVar(&s.requests, "requests", 500, "requests per round, verb and webhook")
	flag.IntVar(&s.policies, "policies", 100, "GamePolicies in the cluster, of which one selects the Ingresses")
	flag.Var(&s.existing, "existing", "numbers of Ingresses in the cluster when latency is measured; memory is at the last")
	flag.BoolVar(&s.rolloutsOnly, "rollouts", false, "nothing but rollouts, beside the last of the numbers")
	flag.StringVar(&s.environment, "env", "", "variable for the manager, such as GOGC=400")
	noop := flag.String("noop", "", "internal: serve the webhooks that decide nothing, with the files in this directory")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctrl.SetLogger(logr.Discard())
	klog.SetLogger(logr.Discard())
	err := s.check()
	switch {
	case *noop != "":
		err = serveNoop(ctx, *noop)
	case err == nil:
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
	fmt.Printf("Ready after %s. etcd syncs each write. %d GamePolicies; one sets a timeout, a rate limit, retries and a header per server.\n",
		since(begin), s.policies)
	measures := []func(context.Context) error{b.latencies, b.memory, b.calls, b.rollouts}
	if s.rolloutsOnly {
		measures = []func(context.Context) error{b.fillAll, b.rollouts}
	}
	for _, measure := range measures {
		if err := measure(ctx); err != nil {
			return err
		}
	}
	fmt.Printf("\nAll of it took %s.\n", since(begin))
	return nil
}

func since(begin time.Time) time.Duration { return time.Since(begin).Round(time.Second) }
