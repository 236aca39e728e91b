package host_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// fixed are the parties of the tables below, in the order of their columns.
var fixed = []struct {
	name  string
	party host.Party
}{
	{"zero", zero},
	{"one", one},
	{"mate", mate}, // postio-1 as well, of a set that shares the host
	{"arena", server("games", "arena", 0)},
	{"far", server("other", "postio", 0)},
	{"beta", canary("games", "beta", 0, "postio")},
	{"beta1", canary("games", "beta", 1, "postio")},
	{"web", web("games")},
	{"acme", solver("games")},
	{"webfar", web("other")},
	{"acmefar", solver("other")},
}

// checkTable compares a table, of which each row begins with its name, with what answer says of each column.
func checkTable(t *testing.T, table string, answer func(row string, column host.Party) string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(table), "\n")
	names := strings.Fields(lines[0])
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		if len(names) != len(fixed) || len(cells) != len(fixed)+1 {
			t.Fatalf("%d columns in %q", len(cells)-1, line)
		}
		for i, column := range fixed {
			if got := answer(cells[0], column.party); names[i] != column.name || got != cells[i+1] {
				t.Errorf("%s, %s: %s, want %s", cells[0], column.name, got, cells[i+1])
			}
		}
	}
}

// own: the party is the holder or part of it. fit: it is let in. A dot: neither.
func TestWhomADeedCovers(t *testing.T) {
	specs := map[string]*v1alpha1.HostClaimSpec{
		"server": spec(zero), "set": spec(mate), "far": spec(server("other", "postio", 0)),
		"web": spec(web("games")), "web+zero": with(spec(web("games")), guest(zero)), "web+set": with(spec(web("games")), guest(mate)),
		"web+others": with(spec(web("games")), shared), "beta": spec(server("games", "beta", 0)),
	}
	checkTable(t, `
           zero  one   mate  arena far   beta  beta1 web   acme  webfar acmefar
server     own   .     .     .     .     fit   .     .     fit   .      .
set        own   own   own   .     .     fit   fit   .     fit   .      .
far        .     .     .     .     own   .     .     .     .     .      fit
web        .     .     .     .     .     .     .     own   own   .      .
web+zero   own   .     .     .     .     fit   .     own   own   .      .
web+set    own   own   own   .     .     fit   fit   own   own   .      .
web+others .     .     .     .     .     .     .     own   own   .      .
beta       .     .     .     .     .     own   .     .     fit   .      .
`, func(row string, p host.Party) string {
		switch s := specs[row]; {
		case host.Owns(s, p):
			if !host.Fits(s, p) {
				return "own without fit"
			}
			return "own"
		case host.Fits(s, p):
			return "fit"
		}
		return "."
	})
}

// x: the party of the column must not stand on a host where that of the row does.
func TestWhoMustNotStandWhereAnotherDoes(t *testing.T) {
	parties := map[string]host.Party{}
	for _, p := range fixed {
		parties[p.name] = p.party
	}
	conflicts := func(terms host.Terms) func(string, host.Party) string {
		return func(row string, p host.Party) string {
			if host.Conflicts(p, parties[row], game, terms) {
				return "x"
			}
			return "."
		}
	}
	checkTable(t, `
         zero  one   mate  arena far   beta  beta1 web   acme  webfar acmefar
zero     .     x     .     x     x     .     x     x     .     x      x
one      x     .     .     x     x     x     .     x     .     x      x
mate     .     .     .     x     x     .     .     x     .     x      x
arena    x     x     x     .     x     x     x     x     .     x      x
far      x     x     x     x     .     x     x     x     x     x      .
beta     .     x     x     x     x     .     x     x     .     x      x
beta1    x     .     .     x     x     x     .     x     .     x      x
web      .     .     .     .     x     .     .     .     .     .      .
acme     .     .     .     .     x     .     .     .     .     .      .
webfar   x     x     x     x     .     x     x     .     .     .      .
acmefar  x     x     x     x     .     x     x     .     .     .      .
`, conflicts(host.Terms{}))
	checkTable(t, `
         zero  one   mate  arena far   beta  beta1 web   acme  webfar acmefar
web      .     .     .     .     x     .     .     .     .     x      x
acme     .     .     .     .     x     .     .     .     .     x      x
webfar   x     x     x     x     .     x     x     x     x     .      .
`, conflicts(host.Terms{ExclusiveWeb: true}))
}
