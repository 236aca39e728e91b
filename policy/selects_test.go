package policy_test

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// known is a set with the servers 0 to 2, with hosts like g0.postio.test.
func known(t testing.TB, namespace, name string, labels map[string]string, params ...string) policy.KnownSet {
	t.Helper()
	conf := network(append([]string{"Host", "g<id>." + name + ".test", "Path", "/", "PathType", "Prefix", "Port", "80", "IngressClassName", "higress"}, params...)...)
	template, findings := gameserver.ParseNetwork(&gameserver.Network{NetworkType: gameserver.NetworkType, NetworkConf: conf})
	if !template.Makes() {
		t.Fatal(findings)
	}
	return policy.KnownSet{Namespace: namespace, Name: name, Labels: labels, Template: template, IDs: []int{0, 1, 2}}
}

func TestTargetsThatSelectNothingAreNamed(t *testing.T) {
	for name, c := range map[string]struct{ targets, want string }{
		"everything":                 {"{}", ""},
		"all of it there":            {"{ingressClassNames: [higress], namespaceSelector: {matchLabels: {game: postio}}, gameServerSetNames: ['post*'], gameServerIDs: [2], hosts: ['*.postio.test']}", ""},
		"a class not managed":        {"{ingressClassNames: [nginx, alb]}", "spec.targets.ingressClassNames: not managed: nginx, alb; name one that is: higress, internal [GH105]"},
		"one managed is enough":      {"{ingressClassNames: [nginx, higress]}", ""},
		"a namespace label":          {"{namespaceSelector: {matchLabels: {game: postoi}}}", `spec.targets.namespaceSelector: no namespace has "game=postoi" yet [GH105]`},
		"a set's name":               {"{gameServerSetNames: ['postoi*', arena]}", "spec.targets.gameServerSetNames: no GameServerSet has such a name yet [GH105]"},
		"a set's label":              {"{gameServerSetSelector: {matchLabels: {tier: gold}}}", `spec.targets.gameServerSetSelector: no GameServerSet has "tier=gold" yet [GH105]`},
		"several":                    {"{gameServerSetNames: [arena], namespaceSelector: {matchLabels: {game: arena}}}", "spec.targets.namespaceSelector: no namespace has \"game=arena\" yet [GH105]\nspec.targets.gameServerSetNames: no GameServerSet has such a name yet [GH105]"},
		"each, but not together":     {"{gameServerSetNames: [postio], gameServerSetSelector: {matchLabels: {tier: test}}}", "spec.targets: these select no GameServerSet together yet [GH105]"},
		"a namespace without a game": {"{namespaceSelector: {matchExpressions: [{key: game, operator: DoesNotExist}]}}", "spec.targets: these select no GameServerSet together yet [GH105]"},
		"an id":                      {"{gameServerSetNames: [postio], gameServerIDs: ['3-9']}", "spec.targets.gameServerIDs: no selected GameServerSet has such a server yet [GH105]"},
		"a host":                     {"{hosts: ['*.posito.test']}", "spec.targets.hosts: no server of a selected GameServerSet has such a host yet [GH105]"},
		"a class that none has":      {"{ingressClassNames: [internal]}", "spec.targets.ingressClassNames: no selected GameServerSet has such a class yet [GH105]"},
		"an id and another's host":   {"{gameServerIDs: [1], hosts: [g2.postio.test]}", "spec.targets: these select no game server together yet [GH105]"},
	} {
		t.Run(name, func(t *testing.T) {
			p := written(t, "policy", 0, "{defaults: {requestTimeout: 30s}, targets: "+c.targets+"}")
			if got := lines(p.SelectsNothing(knownFleet(t))); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

func TestPoliciesBeforeTheirGamesHearOfWhatTheyName(t *testing.T) {
	fleet := knownFleet(t)
	fleet.Sets = nil
	for targets, want := range map[string]string{
		"{}":                             "",
		"{hosts: [a.test]}":              "",
		"{gameServerIDs: [1]}":           "",
		"{gameServerSetNames: [postio]}": "spec.targets.gameServerSetNames: no GameServerSet has such a name yet [GH105]",
		"{namespaceSelector: {matchLabels: {game: postio}}}": "spec.targets: these select no GameServerSet together yet [GH105]",
	} {
		p := written(t, "policy", 0, "{targets: "+targets+"}")
		if got := lines(p.SelectsNothing(fleet)); got != want {
			t.Errorf("%s: %s, want %s", targets, got, want)
		}
	}
}

func TestSetsWithoutServersSayNothingOfIDsAndHosts(t *testing.T) {
	fleet := knownFleet(t)
	fleet.Sets[0].IDs, fleet.Sets[1].Template = nil, gameserver.Template{}
	p := written(t, "policy", 0, "{targets: {gameServerIDs: [77], hosts: [nowhere.test]}}")
	if got := p.SelectsNothing(fleet); len(got) > 0 {
		t.Error(got)
	}
}

func TestASetOfAClassThatIsNotManagedHasNoServersToSelect(t *testing.T) {
	fleet := knownFleet(t)
	fleet.Sets = append(fleet.Sets, known(t, "shop", "arena", nil, "IngressClassName", "nginx"))
	p := written(t, "policy", 0, "{targets: {gameServerSetNames: [arena]}}")
	const want = "spec.targets: no selected GameServerSet has a managed ingress class: higress, internal [GH105]"
	if got := lines(p.SelectsNothing(fleet)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
