// Command demo shows the main job of Gatehouse on a real control plane with the real OpenKruiseGame: what a GamePolicy
// says comes out on the Ingresses of game servers, and stays there; what cannot work is refused in the terminal; and a host
// belongs to one game server, whatever others try. Each step prints the kubectl command that a person would type and what
// came of it, and fails if that is not what it should be.
//
// With KEEP=1 it leaves everything running in the background and prints how to use and stop it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/gatehouse-dev/gatehouse/hack/stack"
	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/cluster"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	keep := os.Getenv("KEEP") != "" && os.Getenv("KEEP") != "0"
	if keep && !inBackground() {
		return runInBackground(ctx)
	}
	// The paths in the commands are those of the repository.
	root, err := stack.Root()
	if err != nil {
		return err
	}
	if err := os.Chdir(root); err != nil {
		return err
	}
	// cert-manager's controllers run in this process and have much to say while the certificates come about.
	ctrl.SetLogger(logr.Discard())
	klog.SetLogger(logr.Discard())
	return play(ctx, os.Stdout, keep)
}

// play starts the cluster, goes through all steps and stops it.
func play(ctx context.Context, out io.Writer, keep bool) (err error) {
	begin := time.Now()
	fmt.Fprintln(out, "Starting etcd, kube-apiserver, Kruise, OpenKruiseGame, cert-manager and Gatehouse on loopback addresses.")
	fmt.Fprintln(out, "The first time they are built from their Go modules, which takes about 15 minutes on 2 cores.")
	c, err := cluster.Start(ctx, cluster.Options{
		Env:    env.Options{Game: true, Out: out, Users: []env.Identity{{User: rival}}},
		Values: map[string]any{"shutdownDelay": "0s"},
	})
	if err != nil {
		return err
	}
	defer func() {
		if stopped := c.Stop(); err == nil {
			err = stopped
		}
	}()
	if _, err := c.ApplyFiles(ctx, "hack/demo/rival.yaml"); err != nil {
		return err
	}
	fmt.Fprintf(out, "Everything is running after %s.\n%s\n", time.Since(begin).Round(time.Second), introduction)

	d := &demo{Cluster: c, out: out}
	if err := d.steps(ctx); err != nil {
		return fmt.Errorf("%w\n%s", err, c.Tails(5))
	}
	fmt.Fprintf(out, "\nAll steps came out as they should, after %s.\n", time.Since(begin).Round(time.Second))
	if keep {
		return d.stay(ctx)
	}
	return nil
}

const introduction = `operator$ is the platform operator, who may write GamePolicies; dev$ a game developer, who has rights in the namespace
games alone; rival$ the developer of another team, with rights in the namespace arcade alone; admin$ the cluster's administrator.`
