package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/cluster"
)

// demo is the story with the cluster it plays on.
type demo struct {
	*cluster.Cluster
	out    io.Writer
	number int
}

// patience is how long a step may take. OpenKruiseGame takes one step per game server every five seconds.
const patience = 3 * time.Minute

// The keys of the policy that the steps look at.
const (
	timeoutKey = "higress.io/timeout"
	triesKey   = "higress.io/proxy-next-upstream-tries"
	headerKey  = "higress.io/request-header-control-update"
)

func (d *demo) steps(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		d.threeServers, d.tenServers, d.annotateAway, d.anotherHost, d.editPolicy,
		d.whatCannotWork, d.letWait, d.takeWhileAway, d.giveUp,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) threeServers(ctx context.Context) error {
	d.title("A policy, and the article's game with three servers")
	if err := d.kubectl(env.Operator, "apply", "-f", "test/testdata/postio-gamepolicy.yaml"); err != nil {
		return err
	}
	if err := d.kubectl(env.Dev, "apply", "-f", "test/testdata/postio-gameserverset.yaml"); err != nil {
		return err
	}
	if err := d.expect(ctx, first, 3, policyOf("game%d.postio.example.com", "30")); err != nil {
		return err
	}
	fmt.Fprintln(d.out, "  (webSocket is in the policy too: Higress needs no annotation for it, so there is none.)")
	return nil
}

func (d *demo) tenServers(ctx context.Context) error {
	d.title("Seven more servers")
	if err := d.kubectl(env.Dev, "scale", "gameserverset", "postio", "-n", "games", "--replicas=10"); err != nil {
		return err
	}
	return d.expect(ctx, first, 10, policyOf("game%d.postio.example.com", "30"))
}

func (d *demo) annotateAway(ctx context.Context) error {
	d.title("Somebody takes an override off an Ingress: it is back at once")
	if err := d.kubectl(env.Operator, "annotate", "ingress", "postio-3", "-n", "games", triesKey+"-"); err != nil {
		return err
	}
	if err := d.kubectl(env.Operator, "get", "ingress", "postio-3", "-n", "games",
		"-o", `jsonpath={.metadata.annotations.higress\.io/proxy-next-upstream-tries}{"\n"}`); err != nil {
		return err
	}
	return d.expect(ctx, first, 10, policyOf("game%d.postio.example.com", "30"), 3)
}

func (d *demo) anotherHost(ctx context.Context) error {
	d.title("Another host: OpenKruiseGame replaces its Ingresses with all annotations, and they get them again")
	patch := `[{"op": "replace", "path": "/spec/network/networkConf/4/value", "value": "s<id>.postio.example.com"}]`
	if err := d.kubectl(env.Dev, "patch", "gameserverset", "postio", "-n", "games", "--type=json", "-p", patch); err != nil {
		return err
	}
	return d.expect(ctx, first, 10, policyOf("s%d.postio.example.com", "30"))
}

func (d *demo) editPolicy(ctx context.Context) error {
	d.title("The policy is edited: the servers that run follow, two a second, and its status counts them")
	patch := `{"spec": {"defaults": {"requestTimeout": "60s"}, "rollout": {"maxPerSecond": 2}}}`
	if err := d.kubectl(env.Operator, "patch", "gamepolicy", "postio-h5", "--type=merge", "-p", patch); err != nil {
		return err
	}
	if err := d.waitPending(ctx); err != nil {
		return err
	}
	for _, command := range [][]string{
		{"get", "gamepolicy", "postio-h5"},
		{"wait", "--for=condition=Programmed", "gamepolicy/postio-h5", "--timeout=60s"},
		{"get", "gamepolicy", "postio-h5"},
	} {
		if err := d.kubectl(env.Operator, command...); err != nil {
			return err
		}
	}
	if err := d.expect(ctx, first, 10, policyOf("s%d.postio.example.com", "60")); err != nil {
		return err
	}
	if err := d.kubectl(env.Dev, "scale", "gameserverset", "postio", "-n", "games", "--replicas=12"); err != nil {
		return err
	}
	return d.expect(ctx, first, 12, policyOf("s%d.postio.example.com", "60"))
}

// waitPending waits until the status counts Ingresses that are yet to follow.
func (d *demo) waitPending(ctx context.Context) error {
	return d.Wait(ctx, "the status to count what is pending", func(context.Context) (bool, error) {
		pending, err := d.Kubectl(env.Operator, "get", "gamepolicy", "postio-h5", "-o", "jsonpath={.status.pending}")
		return pending != "" && pending != "0", fmt.Errorf("%q pending: %w", pending, err)
	})
}

func (d *demo) title(text string) {
	d.number++
	fmt.Fprintf(d.out, "\n%d. %s\n\n", d.number, text)
}
