package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

const (
	articlePolicy = "../testdata/postio-gamepolicy.yaml"
	articleSet    = "../testdata/postio-gameserverset.yaml"
)

// articleAnnotations is what the article's policy means for server id in Higress's language.
func articleAnnotations(id int) map[string]string {
	return map[string]string{
		"higress.io/timeout":                       "30",
		"higress.io/route-limit-rps":               "50",
		"higress.io/route-limit-burst-multiplier":  "3",
		"higress.io/request-header-control-update": fmt.Sprintf("X-Game-Server games/postio/%d", id),
		"higress.io/proxy-next-upstream":           "error,timeout,http_502",
		"higress.io/proxy-next-upstream-tries":     "2",
		"higress.io/proxy-next-upstream-timeout":   "2",
	}
}

// TestTheArticlesGame is the main job, step by step as the demo shows it.
func TestTheArticlesGame(t *testing.T) {
	s := stack(t)
	kubectl(t, s, env.Operator, "apply", "-f", articlePolicy)
	waitDecided(t, s, "postio", "higress.io/timeout", "30")
	kubectl(t, s, env.Dev, "apply", "-f", articleSet)
	expectServers(t, s, 3)
	comparePreview(t, s)

	kubectl(t, s, env.Dev, "scale", "-n", env.GamesNamespace, "gameserverset/postio", "--replicas=10")
	expectServers(t, s, 10)

	t.Run("an override annotated away is back at once", func(t *testing.T) {
		kubectl(t, s, env.Admin, "annotate", "-n", env.GamesNamespace, "ingress/postio-3", "higress.io/proxy-next-upstream-tries-")
		expect(t, get(t, s, "postio-3"), articleAnnotations(3))
	})
	t.Run("a default that the author overwrites is the author's", func(t *testing.T) {
		kubectl(t, s, env.Admin, "annotate", "-n", env.GamesNamespace, "ingress/postio-4", "higress.io/timeout=90", "--overwrite")
		want := articleAnnotations(4)
		want["higress.io/timeout"] = "90"
		expect(t, get(t, s, "postio-4"), want)
		kubectl(t, s, env.Admin, "annotate", "-n", env.GamesNamespace, "ingress/postio-4", "higress.io/timeout-")
		expect(t, get(t, s, "postio-4"), articleAnnotations(4))
	})
	t.Run("a new Host template makes OKG replace the Ingresses, annotations and all", func(t *testing.T) { changeHost(t, s) })
	t.Run("an edited policy reaches new servers and those that there are", func(t *testing.T) {
		edited := strings.Replace(read(t, articlePolicy), "requestTimeout: 30s", "requestTimeout: 45s", 1)
		applyPolicy(t, s, edited, "postio", "higress.io/timeout", "45")
		kubectl(t, s, env.Dev, "scale", "-n", env.GamesNamespace, "gameserverset/postio", "--replicas=11")
		if _, err := s.WaitIngresses(t.Context(), env.GamesNamespace, "postio", 11); err != nil {
			t.Fatal(err)
		}
		waitTimeouts(t, s, "45", 11)
		for id := range 11 {
			want := articleAnnotations(id)
			want["higress.io/timeout"] = "45"
			expect(t, get(t, s, fmt.Sprintf("postio-%d", id)), want)
		}
	})
	t.Run("without the policy they are what their author wrote", func(t *testing.T) {
		kubectl(t, s, env.Operator, "delete", "gamepolicy", "postio-h5")
		waitTimeouts(t, s, "", 11)
		for id := range 11 {
			ing := get(t, s, fmt.Sprintf("postio-%d", id))
			expect(t, ing, map[string]string{})
			if _, left := ing.Annotations[policy.AppliedAnnotation]; left || ing.Annotations["game.kruise.io/ingress-hash"] == "" {
				t.Errorf("annotations %v", ing.Annotations)
			}
		}
	})
	kubectl(t, s, env.Dev, "delete", "-n", env.GamesNamespace, "gameserverset/postio")
}

// waitTimeouts waits until all Ingresses of the article's game have the timeout.
func waitTimeouts(t *testing.T, s *installation, timeout string, n int) {
	t.Helper()
	wait(t, s, "the timeout "+timeout, func(ctx context.Context) (bool, error) {
		list, err := s.Ingresses(ctx, env.GamesNamespace, "postio")
		followed := 0
		for i := range list {
			if list[i].Annotations[timeoutKey] == timeout {
				followed++
			}
		}
		return followed == n && len(list) == n, errors.Join(err, fmt.Errorf("%d of %d have it", followed, len(list)))
	})
}

func expectServers(t *testing.T, s *installation, n int) {
	t.Helper()
	ingresses, err := s.WaitIngresses(t.Context(), env.GamesNamespace, "postio", n)
	if err != nil {
		t.Fatal(err)
	}
	for id := range ingresses {
		ing := &ingresses[id]
		if want := fmt.Sprintf("game%d.postio.example.com", id); ing.Spec.Rules[0].Host != want {
			t.Errorf("%s serves %s, want %s", ing.Name, ing.Spec.Rules[0].Host, want)
		}
		if ing.Annotations["game.kruise.io/ingress-hash"] == "" {
			t.Errorf("%s has lost OpenKruiseGame's hash", ing.Name)
		}
		expect(t, ing, articleAnnotations(id))
	}
}

// changeHost edits the set. Kruise rolls the new network configuration out to the Pods in place, and OpenKruiseGame then
// replaces each Ingress by a PUT that knows nothing of what was injected.
func changeHost(t *testing.T, s *installation) {
	before := get(t, s, "postio-2")
	kubectl(t, s, env.Dev, "patch", "-n", env.GamesNamespace, "gameserverset/postio", "--type=json",
		`--patch=[{"op":"replace","path":"/spec/network/networkConf/4/value","value":"play<id>.postio.example.com"}]`)
	wait(t, s, "all ten servers to have their new host", func(ctx context.Context) (bool, error) {
		list, err := s.Ingresses(ctx, env.GamesNamespace, "postio")
		moved := 0
		for i := range list {
			if list[i].Spec.Rules[0].Host == fmt.Sprintf("play%d.postio.example.com", i) {
				moved++
				expect(t, &list[i], articleAnnotations(i))
			}
		}
		return moved == 10, fmt.Errorf("%d have it: %w", moved, err)
	})
	after := get(t, s, "postio-2")
	if before.UID != after.UID || before.Annotations["game.kruise.io/ingress-hash"] == after.Annotations["game.kruise.io/ingress-hash"] {
		t.Errorf("no PUT of the same Ingress was seen: %s %v, then %s %v", before.UID, before.Annotations, after.UID, after.Annotations)
	}
}

// comparePreview holds `gatehouse preview` against what stands in the cluster.
func comparePreview(t *testing.T, s *installation) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), s.Gatehouse, "preview", "-f", articlePolicy, "-f", articleSet, "-o", "json").Output()
	if err != nil {
		t.Fatalf("preview: %v\n%s", err, out)
	}
	var preview struct {
		Ingresses []struct {
			Name        string
			Annotations map[string]string
		}
	}
	if err := json.Unmarshal(out, &preview); err != nil {
		t.Fatal(err)
	}
	shown, stored := map[string]map[string]string{}, map[string]map[string]string{}
	for _, ing := range preview.Ingresses {
		shown[ing.Name] = ing.Annotations
		stored[ing.Name] = maps.Clone(get(t, s, ing.Name).Annotations)
		delete(stored[ing.Name], "game.kruise.io/ingress-hash") // OpenKruiseGame's own, over a dump of its Go structs
	}
	if len(shown) != 3 {
		t.Errorf("preview shows %d Ingresses, want 3", len(shown))
	}
	if diff := cmp.Diff(stored, shown); diff != "" {
		t.Errorf("preview differs (-cluster +preview):\n%s", diff)
	}
}

// TestWhatTheAuthorWroteInTheGameServerSet uses OpenKruiseGame's own Annotation parameter.
func TestWhatTheAuthorWroteInTheGameServerSet(t *testing.T) {
	s := stack(t)
	applyPolicy(t, s, policyText("authored", "authored", `
defaults: {requestTimeout: 30s, rateLimit: {requestsPerSecond: 50}}
overrides: {retry: {attempts: 2}}`), "authored", "higress.io/timeout", "30")
	set := strings.NewReplacer("name: postio", "name: authored", "game<id>.postio", "authored<id>", "replicas: 3", "replicas: 1",
		"    networkConf:\n", `    networkConf:
    - {name: Annotation, value: "higress.io/timeout: 60s"}
    - {name: Annotation, value: "higress.io/route-limit-rpm: 100"}
    - {name: Annotation, value: "nginx.ingress.kubernetes.io/proxy-next-upstream-tries: 9"}
`).Replace(read(t, articleSet))
	kubectlInput(t, s, env.Dev, set, "apply", "-f", "-")
	ingresses, err := s.WaitIngresses(t.Context(), env.GamesNamespace, "authored", 1)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, &ingresses[0], map[string]string{
		"higress.io/timeout":                   "30",  // Higress drops 60s, so the default stands
		"higress.io/route-limit-rpm":           "100", // the author has spoken
		"higress.io/proxy-next-upstream-tries": "2",   // overridden; the twin, which would win, is gone
	})
	kubectl(t, s, env.Operator, "delete", "gamepolicy", "authored")
	waitDecided(t, s, "authored", "higress.io/timeout", "")
	kubectl(t, s, env.Admin, "label", "-n", env.GamesNamespace, "ingress/authored-0", "touched=yes")
	expect(t, get(t, s, "authored-0"), map[string]string{
		"higress.io/timeout": "60s", "higress.io/route-limit-rpm": "100", "nginx.ingress.kubernetes.io/proxy-next-upstream-tries": "9",
	})
	kubectl(t, s, env.Dev, "delete", "-n", env.GamesNamespace, "gameserverset/authored")
}

func get(t *testing.T, s *installation, name string) *networkingv1.Ingress {
	t.Helper()
	ing := &networkingv1.Ingress{}
	if err := s.Get(t.Context(), types.NamespacedName{Namespace: env.GamesNamespace, Name: name}, ing); client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	return ing
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
