package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/test/env"
)

func (d *demo) whatCannotWork(ctx context.Context) error {
	d.title("What cannot work is said in the terminal, before anything exists")
	for _, part := range []func(context.Context) error{d.brokenManifest, d.copiedHosts, d.templatesThatMeet} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	fmt.Fprintln(d.out, "\n  Who has which host is no secret:")
	if err := d.kubectl(rival, "get", "hostclaims"); err != nil {
		return err
	}
	fmt.Fprintln(d.out, "  (game0 to game9 stay with their servers for ten minutes: a rollout that is held back may bring old hosts back.)")
	return nil
}

func (d *demo) brokenManifest(context.Context) error {
	fmt.Fprintln(d.out, "  A manifest with five mistakes is refused with all of them at once:")
	return d.kubectlRefused(env.Dev, []string{
		`The GameServerSet "arena" is invalid`,
		`parameter Path is missing; without it OpenKruiseGame makes no Ingress; add {name: Path, value: "/"}`,
		`parameter Host: "a<id>-b<id>.example.com" has more than one <id>`,
		`parameter Port: "abc" is no number`,
		`parameter "Pathtype" with value "Prefix": OpenKruiseGame does not know the name and ignores it; did you mean PathType?`,
		`parameter Annotation: "higress.io/request-header-control-add: X-Id: 7" has ": " 2 times`,
	}, "apply", "-f", "test/testdata/broken-gameserverset.yaml")
}

func (d *demo) copiedHosts(context.Context) error {
	fmt.Fprintln(d.out, "\n  Another team has copied the first game's manifest, hosts included:")
	err := d.kubectlRefused(rival, []string{
		`ids 0-2: "s0.postio.example.com" and 2 more are held by GameServerSet games/postio; choose another Host`,
		"kubectl describe hostclaim " + claimOf(0),
	}, "apply", "-f", cloneManifest)
	if err != nil {
		return err
	}
	return d.kubectlSays(rival, []string{"No resources found"}, "get", "gameserversets,pods,ingresses", "-n", clone.namespace)
}

// templatesThatMeet are those of two sets that have no host in common until one of them grows.
func (d *demo) templatesThatMeet(ctx context.Context) error {
	fmt.Fprintln(d.out, "\n  Its other game has hosts of its own and is let in. One of its values the gateway would drop without a word:")
	err := d.kubectlSays(rival, []string{`higress.io/timeout: "60s" is dropped; write 60`, "brawl created"}, "apply", "-f", "hack/demo/brawl.yaml")
	if err != nil {
		return err
	}
	// A dry run shows when it has its claims, and writes nothing. Until then its servers are only to have these hosts.
	const meet = `ids 20-22: "s20.postio.example.com" and 2 more are held by GameServerSet arcade/brawl; choose another Host`
	scale := []string{"scale", "gameserverset", "postio", "-n", "games", "--replicas=25"}
	err = d.Wait(ctx, "the other game to have its hosts", func(context.Context) (bool, error) {
		output, err := d.Kubectl(env.Dev, append(scale, "--dry-run=server")...)
		return strings.Contains(output, meet), err
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(d.out, "\n  Its Host is s2<id>, so its servers 0 to 2 have what servers 20 to 22 of the first game would have:")
	return d.kubectlRefused(env.Dev, []string{meet}, scale...)
}
