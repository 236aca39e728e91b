package gamepolicies_test

import (
	"strings"
	"testing"
	"time"
)

const base = "{priority: 100, targets: {gameServerSetNames: ['postio*']}, defaults: {requestTimeout: 30s}}"

func TestAnOperatorReadsWhatBecomesOfHisPolicy(t *testing.T) {
	p := start(t)

	t.Run("before the games", func(t *testing.T) {
		p := platform{p.Cluster, t}
		p.expect("a policy for everything", `
gamepolicy.gatehouse.dev/everything created
`, p.apply(gamePolicy("everything", "{defaults: {retry: {attempts: 0}}}")))
		p.expect("a policy for a set that there is not", `
Warning: base: spec.targets.gameServerSetNames: no GameServerSet has such a name yet [GH105]
gamepolicy.gatehouse.dev/base created
`, p.apply(gamePolicy("base", base)))
	})

	time.Sleep(time.Second) // so that what comes now is younger: a creationTimestamp has whole seconds
	p.run("postio", 12)
	p.settled(gamePolicy("postio", "{overrides: {requestTimeout: 60s}}"), "12 of 12 game Ingresses would change")

	t.Run("beside others", func(t *testing.T) {
		p := platform{p.Cluster, t}
		p.expect("one priority", `
Warning: postio: spec.priority: GamePolicy base has 100 too, is older and wins defaults.requestTimeout; set another [GH104]
gamepolicy.gatehouse.dev/postio created
`, p.apply(gamePolicy("postio", "{priority: 100, targets: {gameServerSetNames: [postio]}, defaults: {requestTimeout: 60s}}")))
		p.expect("another priority", `
gamepolicy.gatehouse.dev/postio configured
`, p.apply(gamePolicy("postio", "{priority: 101, targets: {gameServerSetNames: [postio]}, defaults: {requestTimeout: 60s}}")))
		p.expect("another set", `
Warning: GamePolicy lobby: 2 warnings
Warning: lobby: none of 12 game Ingresses would change [GH106]
Warning: lobby: spec.targets.gameServerSetNames: no GameServerSet has such a name yet [GH105]
gamepolicy.gatehouse.dev/lobby created (server dry run)
`, p.dryRun(gamePolicy("lobby", "{priority: 100, targets: {gameServerSetNames: [lobby]}, defaults: {requestTimeout: 60s}}")))
		p.expect("a trial", `
Warning: trial: spec.priority: GamePolicy base has 100 too, is older and would win defaults.requestTimeout; set another [GH104]
gamepolicy.gatehouse.dev/trial created
`, p.apply(gamePolicy("trial", "{priority: 100, mode: Audit, defaults: {requestTimeout: 60s}}")))
	})

	t.Run("a directory of them", func(t *testing.T) {
		p := platform{p.Cluster, t}
		const spec = "{priority: 300, targets: {gameServerSetNames: [postio]}, overrides: {retry: {attempts: 0}}}"
		output := p.apply(gamePolicy("a", spec) + "\n---\n" + gamePolicy("b", spec) + "\n---\n" + gamePolicy("c", spec))
		p.expect("each hears of those before it", `
gamepolicy.gatehouse.dev/a created
Warning: b: spec.priority: GamePolicy a has 300 too, is first by name and wins overrides.retry; set another [GH104]
gamepolicy.gatehouse.dev/b created
Warning: GamePolicy c: 2 warnings
Warning: c: spec.priority: GamePolicy a has 300 too, is first by name and wins overrides.retry; set another [GH104]
Warning: c: spec.priority: GamePolicy b has 300 too, is first by name and wins overrides.retry; set another [GH104]
gamepolicy.gatehouse.dev/c created
`, strings.ReplaceAll(output, "is older", "is first by name")) // where they are not of one second
	})

	t.Run("targets that select nothing", func(t *testing.T) {
		p := platform{p.Cluster, t}
		p.expect("several of them", `
Warning: GamePolicy nobody: 4 warnings
Warning: nobody: spec.targets.ingressClassNames: not managed: nginx; name one that is: higress [GH105]
Warning: nobody: spec.targets.namespaceSelector: no namespace has "game=postoi" yet [GH105]
Warning: nobody: spec.targets.gameServerSetNames: no GameServerSet has such a name yet [GH105]
Warning: nobody: spec.targets.gameServerSetSelector: no GameServerSet has "tier=gold" yet [GH105]
gamepolicy.gatehouse.dev/nobody created
`, p.apply(gamePolicy("nobody", "{targets: {ingressClassNames: [nginx], namespaceSelector: {matchLabels: {game: postoi}}, gameServerSetNames: [postoi], gameServerSetSelector: {matchLabels: {tier: gold}}}}")))
		p.expect("a host that no server has", `
Warning: nobody: spec.targets.hosts: no server of a selected GameServerSet has such a host yet [GH105]
gamepolicy.gatehouse.dev/nobody configured
`, p.apply(gamePolicy("nobody", "{targets: {gameServerSetNames: [postio], hosts: ['*.posito.example.com']}}")))
	})

	t.Run("the limits of Higress", func(t *testing.T) {
		p := platform{p.Cluster, t}
		const asks = "{priority: 5, overrides: {webSocket: {enabled: true, idleTimeout: 10m}, requestTimeout: 2m}}"
		p.expect("without a ConfigMap", `
Warning: limits: spec.overrides.webSocket.idleTimeout: 10m, but Higress cuts at 180 s (downstream.idleTimeout); ping [GH506]
gamepolicy.gatehouse.dev/limits created
`, p.apply(gamePolicy("limits", asks)))
		p.provide(higressConfig("{idleTimeout: 60, routeTimeout: 90}"))
		again := gamePolicy("limits", strings.Replace(asks, "5", "6", 1))
		p.settled(again, "none of 12 game Ingresses would change")
		p.expect("with one", `
Warning: GamePolicy limits: 3 warnings
Warning: limits: none of 12 game Ingresses would change [GH106]
Warning: limits: spec.overrides.requestTimeout: 2m gives way to 90 s of downstream.routeTimeout; set that to 0 [GH507]
Warning: limits: spec.overrides.webSocket.idleTimeout: 10m, but Higress cuts at 60 s (downstream.idleTimeout); ping [GH506]
gamepolicy.gatehouse.dev/limits configured (server dry run)
`, p.dryRun(again))
		p.provide(higressConfig("{idleTimeout: 600s}"))
		p.expect("with one that Higress ignores", `
Warning: limits: ConfigMap higress-system/higress-config is ignored by Higress: downstream.idleTimeout takes no string [GH508]
gamepolicy.gatehouse.dev/limits configured
`, p.apply(gamePolicy("limits", "{priority: 6, overrides: {requestTimeout: 2m}}")))
		p.provide(higressConfig("{idleTimeout: 0}"))
		p.expect("with one that never cuts", `
gamepolicy.gatehouse.dev/limits configured
`, p.apply(gamePolicy("limits", "{priority: 7, overrides: {webSocket: {enabled: true, idleTimeout: 24h}}}")))
	})

	t.Run("what the gateway cannot express", func(t *testing.T) {
		p := platform{p.Cluster, t}
		p.expect("a weight below one in a hundred", `
Warning: canary: spec.overrides.canary.weight: 1 of 1000 becomes 0 of 100; Higress takes whole percents and rounds down [GH501]
gamepolicy.gatehouse.dev/canary created
`, p.apply(gamePolicy("canary", "{priority: 8, targets: {gameServerSetNames: ['*io']}, overrides: {canary: {of: lobby, weight: 1, weightTotal: 1000}}}")))
	})

	t.Run("a dry run", func(t *testing.T) {
		p := platform{p.Cluster, t}
		p.expect("of a new policy", `
Warning: some: 5 of 12 game Ingresses would change, e.g. games/postio-1 [GH106]
gamepolicy.gatehouse.dev/some created (server dry run)
`, p.dryRun(gamePolicy("some", "{priority: 200, targets: {gameServerIDs: ['1-5']}, overrides: {requestTimeout: 10s}}")))
		p.expect("of a trial", `
Warning: some: in mode Warn none would change; enforced, 5 of 12 game Ingresses, e.g. games/postio-1 [GH106]
gamepolicy.gatehouse.dev/some created (server dry run)
`, p.dryRun(gamePolicy("some", "{priority: 200, mode: Warn, targets: {gameServerIDs: ['1-5']}, overrides: {requestTimeout: 10s}}")))
		p.expect("of one that keeps what stands", `
Warning: some: 5 of 12 game Ingresses would differ if created anew (rollout.existing Never), e.g. games/postio-1 [GH106]
gamepolicy.gatehouse.dev/some created (server dry run)
`, p.dryRun(gamePolicy("some", "{priority: 200, rollout: {existing: Never}, targets: {gameServerIDs: ['1-5']}, overrides: {requestTimeout: 10s}}")))
	})
}
