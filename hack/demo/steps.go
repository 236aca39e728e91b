package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	networkingv1 "k8s.io/api/networking/v1"

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
	if err := d.expect(ctx, 3, policyOf("game%d.postio.example.com", "30")); err != nil {
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
	return d.expect(ctx, 10, policyOf("game%d.postio.example.com", "30"))
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
	return d.expect(ctx, 10, policyOf("game%d.postio.example.com", "30"), 3)
}

func (d *demo) anotherHost(ctx context.Context) error {
	d.title("Another host: OpenKruiseGame replaces its Ingresses with all annotations, and they get them again")
	patch := `[{"op": "replace", "path": "/spec/network/networkConf/4/value", "value": "s<id>.postio.example.com"}]`
	if err := d.kubectl(env.Dev, "patch", "gameserverset", "postio", "-n", "games", "--type=json", "-p", patch); err != nil {
		return err
	}
	return d.expect(ctx, 10, policyOf("s%d.postio.example.com", "30"))
}

func (d *demo) editPolicy(ctx context.Context) error {
	d.title("The policy is edited: new servers differ")
	patch := `{"spec": {"defaults": {"requestTimeout": "60s"}}}`
	if err := d.kubectl(env.Operator, "patch", "gamepolicy", "postio-h5", "--type=merge", "-p", patch); err != nil {
		return err
	}
	if err := d.kubectl(env.Dev, "scale", "gameserverset", "postio", "-n", "games", "--replicas=12"); err != nil {
		return err
	}
	return d.expect(ctx, 12, func(id int, ingress networkingv1.Ingress) error {
		timeout := "30"
		if id >= 10 {
			timeout = "60"
		}
		return policyOf("s%d.postio.example.com", timeout)(id, ingress)
	})
}

// rule says what is wrong with the Ingress of a game server.
type rule func(id int, ingress networkingv1.Ingress) error

// policyOf is the policy of the first step with a timeout, on a host.
func policyOf(host, timeout string) rule {
	return func(id int, ingress networkingv1.Ingress) error {
		if got, want := ingress.Spec.Rules[0].Host, fmt.Sprintf(host, id); got != want {
			return fmt.Errorf("%s has the host %s instead of %s", ingress.Name, got, want)
		}
		for key, want := range map[string]string{
			timeoutKey:                                timeout,
			triesKey:                                  "2",
			"higress.io/proxy-next-upstream":          "error,timeout,http_502",
			"higress.io/proxy-next-upstream-timeout":  "2",
			"higress.io/route-limit-rps":              "50",
			"higress.io/route-limit-burst-multiplier": "3",
			headerKey:                                 fmt.Sprintf("X-Game-Server games/postio/%d", id),
		} {
			if got := ingress.Annotations[key]; got != want {
				return fmt.Errorf("%s has %s: %q instead of %q", ingress.Name, key, got, want)
			}
		}
		return nil
	}
}

// expect waits until the set has n Ingresses that all keep the rule, and shows them, or only those named.
func (d *demo) expect(ctx context.Context, n int, keeps rule, shown ...int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	begin := time.Now()
	var ingresses []networkingv1.Ingress
	err := d.Wait(ctx, fmt.Sprintf("%d Ingresses as the policy wants them", n), func(ctx context.Context) (bool, error) {
		var err error
		if ingresses, err = d.Ingresses(ctx, "games", "postio"); err != nil {
			return false, err
		}
		if len(ingresses) != n {
			return false, fmt.Errorf("there are %d Ingresses", len(ingresses))
		}
		for id, ingress := range ingresses {
			if err := keeps(id, ingress); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		show(d.out, ingresses)
		return err
	}
	fmt.Fprintf(d.out, "\n  after %s:\n", time.Since(begin).Round(100*time.Millisecond))
	if len(shown) > 0 {
		ingresses = slices.DeleteFunc(ingresses, func(i networkingv1.Ingress) bool {
			return !slices.ContainsFunc(shown, func(id int) bool { return i.Name == fmt.Sprintf("postio-%d", id) })
		})
	}
	show(d.out, ingresses)
	return nil
}

func (d *demo) title(text string) {
	d.number++
	fmt.Fprintf(d.out, "\n%d. %s\n\n", d.number, text)
}

// kubectl prints a command and its output as a terminal would, and runs it.
func (d *demo) kubectl(user env.User, args ...string) error {
	fmt.Fprintf(d.out, "  %s$ kubectl %s\n", user, quote(args))
	output, err := d.Kubectl(user, args...)
	for line := range strings.Lines(output) {
		fmt.Fprintf(d.out, "  %s", line)
	}
	return err
}

// quote writes arguments so that a shell reads them back.
func quote(args []string) string {
	quoted := make([]string, len(args))
	for i, arg := range args {
		if quoted[i] = arg; strings.ContainsAny(arg, ` <>{}[]"\$*`) {
			quoted[i] = "'" + arg + "'"
		}
	}
	return strings.Join(quoted, " ")
}
