// Package structure holds the rules that keep the rooms of the repository apart: who may import whom, and that every
// package says what it is responsible for.
package structure

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"strings"
	"testing"
)

const module = "github.com/gatehouse-dev/gatehouse/"

// goPackage is what `go list -json` says of a package.
type goPackage struct {
	ImportPath, Doc string
	Imports, Deps   []string
	GoFiles         []string
}

// forbidden lists, per room, what it must not depend on, directly or through others, and why.
var forbidden = []struct{ room, imports, why string }{
	{"policy/...", "k8s.io/client-go/rest", "policy/ decides and never talks to a cluster"},
	{"policy/...", "k8s.io/client-go/kubernetes", "policy/ decides and never talks to a cluster"},
	{"policy/...", "sigs.k8s.io/controller-runtime/...", "policy/ decides and never talks to a cluster"},
	{"policy/...", module + "webhooks/...", "policy/ decides; who answers the API server is not its business"},
	{"policy/...", module + "controllers/...", "policy/ decides; who keeps it true is not its business"},
	{"controllers/...", module + "webhooks/...", "controllers keep decisions true without the request path"},
	{"controllers/certificates", module + "policy/...", "certificates are needed whatever the policies say"},
	{"webhooks/admit", module + "controllers/...", "the wire format of admission knows no controllers"},
	{"webhooks/ingress", module + "controllers/...", "an adapter declares the interfaces it needs; webhooks/serve wires them"},
	{"webhooks/gameserverset", module + "controllers/...", "an adapter declares the interfaces it needs; webhooks/serve wires them"},
	{"webhooks/gamepolicy", module + "controllers/...", "an adapter declares the interfaces it needs; webhooks/serve wires them"},
	{"policy/gateway", module + "policy/gameserver", "the leaves of policy/ do not know each other"},
	{"policy/gateway", module + "policy/api/...", "a gateway renders the neutral model, whatever the API version"},
	{"policy/gameserver", module + "policy/gateway", "the leaves of policy/ do not know each other"},
	{"policy/gameserver", module + "policy/api/...", "game servers are OpenKruiseGame's, not our API's"},
	{"policy/finding", module + "policy/...", "the vocabulary of findings belongs to everybody"},
	{"policy/api/...", module + "policy/...", "the API is imported by others and drags nothing along"},
	{"controllers/access", module + "controllers/...", "how one gets at a cluster does not depend on what for"},
	{".", module + "test/...", "test code does not ship"},
	{"webhooks/...", module + "test/...", "test code does not ship"},
	{"controllers/...", module + "test/...", "test code does not ship"},
	{"policy/...", module + "test/...", "test code does not ship"},
	{"webhooks/...", "github.com/cert-manager/cert-manager/...", "certificates come from a directory, whoever issues them"},
}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	packages := list(t)
	for _, rule := range forbidden {
		matched := false
		for _, p := range packages {
			if !within(module+rule.room, p.ImportPath) {
				continue
			}
			matched = true
			// Our own rooms must not be reached through others either; what a library drags along is its own affair.
			deps := p.Imports
			if strings.HasPrefix(rule.imports, module) {
				deps = p.Deps
			}
			for _, dep := range deps {
				if dep != p.ImportPath && within(rule.imports, dep) && !sameRoom(rule.room, dep) {
					t.Errorf("%s depends on %s: %s", p.ImportPath, dep, rule.why)
				}
			}
		}
		if !matched {
			t.Errorf("rule %q matches no package: the room has moved, or the rule is dead", rule.room)
		}
	}
}

func TestEveryPackageSaysWhatItIsResponsibleFor(t *testing.T) {
	for _, p := range list(t) {
		if len(p.GoFiles) > 0 && p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

func TestTopLevelIsTheAgreedOne(t *testing.T) {
	rooms := map[string]bool{"policy": true, "webhooks": true, "controllers": true, "charts": true, "hack": true, "test": true}
	for _, p := range list(t) {
		rest, ok := strings.CutPrefix(p.ImportPath, module)
		if top, _, _ := strings.Cut(rest, "/"); ok && !rooms[top] {
			t.Errorf("%s stands outside the rooms", p.ImportPath)
		}
	}
}

// within tells whether a package is the one named, or below it where the name ends in /...
func within(pattern, importPath string) bool {
	pattern = path.Clean(pattern)
	if root, ok := strings.CutSuffix(pattern, "/..."); ok {
		return importPath == root || strings.HasPrefix(importPath, root+"/")
	}
	return importPath == pattern
}

// sameRoom exempts a room that forbids what lies beside it from its own packages.
func sameRoom(room, dep string) bool { return within(module+room, dep) }

func list(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Doc,Imports,Deps,GoFiles", module+"...")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var packages []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
