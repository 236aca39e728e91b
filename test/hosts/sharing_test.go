package hosts_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/test/env"
)

// oddHosts: what the API server refuses is its business; what it lets through is judged right.
func (g *games) oddHosts(t *testing.T) {
	label := strings.Repeat("a", 63)
	longest := strings.Join([]string{label, label, label, strings.Repeat("b", 61)}, ".")
	const ours = `admission webhook "validate-ingress.gatehouse.dev" denied`
	for what, c := range map[string]struct {
		hosts []string
		want  string // a part of the error; empty if it passes
	}{
		"a port":                      {[]string{"odd1.hosts.test:8080"}, "a lowercase RFC 1123 subdomain must consist of"},
		"an IP address":               {[]string{"192.0.2.1"}, "must be a DNS name, not an IP address"},
		"an underscore":               {[]string{"odd_2.hosts.test"}, "a lowercase RFC 1123 subdomain must consist of"},
		"upper case":                  {[]string{"Odd3.hosts.test"}, "a lowercase RFC 1123 subdomain must consist of"},
		"a trailing dot":              {[]string{"odd4.hosts.test."}, "a lowercase RFC 1123 subdomain must consist of"},
		"letters beyond ASCII":        {[]string{"spiel-größe.hosts.test"}, "a lowercase RFC 1123 subdomain must consist of"},
		"punycode":                    {[]string{"xn--spiel-gre-i2a9f.hosts.test"}, ""},
		"254 characters":              {[]string{"b" + longest}, "must be no more than 253 characters"},
		"253 characters":              {[]string{longest}, ""},
		"253 characters of a game":    {[]string{longest}, ours},
		"32 hosts":                    {numbered("many", 32), ""},
		"33 hosts":                    {numbered("more", 33), ours + ` the request: spec.rules: 33 hosts in one Ingress, of 32 at most; spread them over several [GH`},
		"a host twice":                {[]string{"odd5.hosts.test", "odd5.hosts.test"}, ""},
		"a wildcard":                  {[]string{"*.odd6.hosts.test"}, ""},
		"a wildcard within a name":    {[]string{"odd7.*.hosts.test"}, "a wildcard DNS-1123 subdomain must start with"},
		"one that a server has among": {[]string{"odd8.hosts.test", "arena0.hosts.test"}, `spec.rules[1].host: "arena0.hosts.test" is held by game server games/arena-0 (GameServerSet arena, id 0)`},
	} {
		t.Run(what, func(t *testing.T) {
			ing := ingress(others, "odd", c.hosts...)
			if strings.Contains(what, "of a game") { // the one that stands before it is a web Ingress of the same host
				if err := g.rival.Create(t.Context(), ingress(others, "odd-before", c.hosts...)); err != nil {
					t.Fatal(err)
				}
				defer g.remove(t, "odd-before")
				ing = ownedBySet(ing, "nobody", "nobody-0")
				ing.Namespace = env.GamesNamespace
				g.expect(t, g.admin.Create(t.Context(), ing), c.want)
				return
			}
			err := g.rival.Create(t.Context(), ing)
			g.expect(t, err, c.want)
			if err == nil {
				g.remove(t, "odd")
			}
		})
	}
	if claim, err := g.claim(t.Context(), "odd8.hosts.test"); err != nil || claim != nil {
		t.Errorf("the claim of the host beside the refused one is %v (%v), want it given back", claim, err)
	}
}

func numbered(name string, n int) []string {
	var hosts []string
	for i := range n {
		hosts = append(hosts, fmt.Sprintf("%s%d.hosts.test", name, i))
	}
	return hosts
}

func (g *games) expect(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" && err != nil {
		t.Errorf("refused: %v", err)
	}
	if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("got %v, want %q", err, want)
	}
}

func (g *games) remove(t *testing.T, name string) {
	t.Helper()
	if err := g.rival.Delete(t.Context(), &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Namespace: others, Name: name}}); err != nil {
		t.Error(err)
	}
}

// ownedBySet makes an Ingress look like one that OpenKruiseGame made for a server. The owner does not exist, so the
// garbage collector takes it away after a while: it serves for the answer.
func ownedBySet(ing *networkingv1.Ingress, set, name string) *networkingv1.Ingress {
	yes := true
	ing.Name = name
	for i := range ing.Spec.Rules {
		ing.Spec.Rules[i].HTTP.Paths[0].Backend.Service.Name = name
	}
	ing.OwnerReferences = []metav1.OwnerReference{{
		APIVersion: "game.kruise.io/v1alpha1", Kind: "GameServerSet", Name: set, UID: "00000000-0000-0000-0000-000000000000", Controller: &yes,
	}}
	return ing
}

// sharing goes through those who may stand on one host together, and those who may not.
func (g *games) sharing(t *testing.T) {
	t.Run("web Ingresses of two namespaces, with a warning", func(t *testing.T) {
		g.must(t, g.admin.Create(t.Context(), ingress(env.GamesNamespace, "front", "shop.hosts.test")))
		out, err := g.KubectlInput(rival, webManifest("shop", "shop.hosts.test"), "apply", "-f", "-")
		if err != nil || !strings.Contains(out, `Warning: "shop.hosts.test" is also served by the web Ingresses of namespace games [GH`) {
			t.Errorf("%v\n%s", err, out)
		}
		t.Log(out)
	})
	t.Run("no game under the web Ingress of another namespace", func(t *testing.T) {
		err := g.admin.Create(t.Context(), ownedBySet(ingress(env.GamesNamespace, "", "shop2.hosts.test"), "slip", "slip-0"), client.DryRunAll)
		g.must(t, err)
		g.must(t, g.rival.Create(t.Context(), ingress(others, "shop2", "shop2.hosts.test")))
		g.wait(t, 10*time.Second, "the claim to be known to all managers", func(ctx context.Context) (bool, error) {
			err := g.admin.Create(ctx, ownedBySet(ingress(env.GamesNamespace, "", "shop2.hosts.test"), "slip", "slip-0"))
			return err != nil && strings.Contains(err.Error(), "is held by the web Ingresses of namespace others"), err
		})
	})
	t.Run("an ACME solver on the host of a game of its namespace", func(t *testing.T) {
		solver := solverIngress(env.GamesNamespace, "arena0.hosts.test", "/.well-known/acme-challenge/token-1")
		g.must(t, g.admin.Create(t.Context(), solver))
		g.must(t, g.admin.Delete(t.Context(), solver))
		wide := solverIngress(env.GamesNamespace, "arena0.hosts.test", "/")
		g.expect(t, g.admin.Create(t.Context(), wide), "is held by game server games/arena-0")
		foreign := solverIngress(others, "arena0.hosts.test", "/.well-known/acme-challenge/token-1")
		g.expect(t, g.admin.Create(t.Context(), foreign), "is held by game server games/arena-0")
	})
	t.Run("a rule without host needs hosts.wildcards where a policy has hosts", func(t *testing.T) {
		g.apply(t, env.Operator, `{apiVersion: gatehouse.dev/v1alpha1, kind: GamePolicy, metadata: {name: fenced},
			spec: {targets: {gameServerSetNames: [fenced]}, hosts: {allowed: ["*.fenced.hosts.test"], wildcards: ["*.wild.hosts.test"]}}}`)
		try := func(host string) error {
			return g.admin.Create(t.Context(), ownedBySet(ingress(others, "", host), "fenced", "fenced-0"), client.DryRunAll)
		}
		g.wait(t, 10*time.Second, "the policy to be known to all managers", func(context.Context) (bool, error) {
			for range 6 {
				if err := try("a.elsewhere.hosts.test"); err == nil {
					return false, nil
				}
			}
			return true, nil
		})
		g.expect(t, try("a.fenced.hosts.test"), "")
		g.expect(t, try("*.wild.hosts.test"), "")
		g.expect(t, try("a.elsewhere.hosts.test"), `"a.elsewhere.hosts.test" is not among the hosts that GamePolicy fenced allows`)
		g.expect(t, try("*.fenced.hosts.test"), `"*.fenced.hosts.test" is not among hosts.wildcards`)
		g.expect(t, try(""), "an Ingress rule without host is not among hosts.wildcards")
	})
	t.Run("a key that crashes the gateway is refused to everybody", func(t *testing.T) {
		ing := ingress(others, "crash", "crash.hosts.test")
		ing.Annotations = map[string]string{"match-header-x": "1"}
		err := g.rival.Create(t.Context(), ing)
		g.expect(t, err, "crashes Higress's controller")
		if claim, err := g.claim(t.Context(), "crash.hosts.test"); err != nil || claim != nil {
			t.Errorf("claim %v (%v)", claim, err)
		}
	})
	t.Run("a canary on the host of its primary, id by id", g.canary)
	t.Run("a dry run claims nothing", func(t *testing.T) {
		g.must(t, g.rival.Create(t.Context(), ingress(others, "dry", "dry.hosts.test"), client.DryRunAll))
		if claim, err := g.claim(t.Context(), "dry.hosts.test"); err != nil || claim != nil {
			t.Errorf("claim %v (%v)", claim, err)
		}
	})
}

func (g *games) canary(t *testing.T) {
	g.apply(t, env.Operator, `{apiVersion: gatehouse.dev/v1alpha1, kind: GamePolicy, metadata: {name: arena-next},
		spec: {targets: {gameServerSetNames: [arena-next], namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: games}}},
		overrides: {canary: {of: arena, header: {name: x-next, value: "1"}}}}}`)
	try := func(namespace, host string, id int) error {
		name := fmt.Sprintf("arena-next-%d", id)
		return g.admin.Create(t.Context(), ownedBySet(ingress(namespace, "", host), "arena-next", name), client.DryRunAll)
	}
	g.wait(t, 10*time.Second, "the policy to be known to all managers", func(context.Context) (bool, error) {
		for range 6 {
			if err := try(env.GamesNamespace, "arena0.hosts.test", 0); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	g.expect(t, try(env.GamesNamespace, "arena1.hosts.test", 0), `is held by game server games/arena-1`)
	g.expect(t, try(others, "arena0.hosts.test", 0), `is held by game server games/arena-0`)
	g.expect(t, try(env.GamesNamespace, "nowhere0.hosts.test", 0), `is not served by game server games/arena-0, whose canary this is`)
}

func (g *games) must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func webManifest(name, host string) string {
	return fmt.Sprintf(`{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: %s, namespace: others},
		spec: {ingressClassName: higress, rules: [{host: %s, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: %s, port: {number: 80}}}}]}}]}}`, name, host, name)
}

// solverIngress is what cert-manager makes for an HTTP-01 challenge.
func solverIngress(namespace, host, path string) *networkingv1.Ingress {
	yes := true
	ing := ingress(namespace, "cm-acme-http-solver", host)
	ing.OwnerReferences = []metav1.OwnerReference{{
		APIVersion: "acme.cert-manager.io/v1", Kind: "Challenge", Name: "arena-tls-1", UID: "00000000-0000-0000-0000-000000000000", Controller: &yes,
	}}
	ing.Spec.Rules[0].HTTP.Paths[0].Path = path
	return ing
}
