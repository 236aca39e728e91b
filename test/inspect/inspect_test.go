// Package inspect_test shows what people read when they ask a real cluster: a session with gatehouse, on its own and as a
// plugin of the real kubectl, with the rights of those who type. testdata/given.yaml and testdata/ingresses.yaml are what
// stands before, testdata/commands are typed one after the other, testdata/transcript.txt is all that appears.
package inspect_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/cluster"
	"github.com/gatehouse-dev/gatehouse/test/golden"
)

const (
	// oncall is somebody with the rights of testdata/role.yaml alone.
	oncall env.User = "oncall"
	// doctor is somebody with the rights of testdata/doctor-role.yaml alone.
	doctor env.User = "doctor"
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

// TestOnACluster asks a real cluster, all commands the same one. The doctor comes after that: it finds
// what is broken for it. What is typed in an emergency comes last.
func TestOnACluster(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the control plane")
	}
	c, err := cluster.Start(t.Context(), cluster.Options{
		Env:      env.Options{GameCRDs: true, Out: os.Stderr, Users: []env.Identity{{User: oncall}, {User: doctor}}},
		Replicas: 2,
		Values:   map[string]any{"shutdownDelay": "100ms"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(c.Tails(15))
		}
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := os.Symlink(c.Gatehouse, filepath.Join(c.Dir(), "kubectl-gatehouse")); err != nil {
		t.Fatal(err)
	}
	t.Run("transcript", func(t *testing.T) { transcript(t, c) })
	t.Run("doctor", func(t *testing.T) { examine(t, c) })
	t.Run("emergency", func(t *testing.T) { emergency(t, c) })
}

func transcript(t *testing.T, c *cluster.Cluster) {
	if _, err := c.ApplyFiles(t.Context(), "testdata/role.yaml", "testdata/binding.yaml", "testdata/given.yaml"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second) // what was given reaches the manager's memory in milliseconds
	stand(t, c)
	commands, err := os.ReadFile("testdata/commands")
	if err != nil {
		t.Fatal(err)
	}
	var transcript bytes.Buffer
	for line := range strings.Lines(string(commands)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] != "#" {
			play(t, c, &transcript, env.User(words[0]), words[1:])
		}
	}
	golden.Compare(t, "testdata/transcript.txt", age.ReplaceAll(transcript.Bytes(), []byte("${1}3m")))
}

// age is the last column of the hosts.
var age = regexp.MustCompile(`(?m)^(.*  )([0-9]+m)?[0-9]+s$`)

// stand makes the Ingresses as OpenKruiseGame makes them with Fixed: the garbage collector would take those of Pods that
// there are not. Their hosts are bound when it returns.
func stand(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	uid, err := c.Kubectl(env.Dev, "get", "gameserversets", "postio", "--namespace=games", "--output=jsonpath={.metadata.uid}")
	if err != nil {
		t.Fatal(err)
	}
	ingresses, err := os.ReadFile("testdata/ingresses.yaml")
	if err != nil {
		t.Fatal(err)
	}
	made, err := c.Apply(t.Context(), bytes.ReplaceAll(ingresses, []byte("UID"), []byte(uid)))
	if err != nil {
		t.Fatal(err)
	}
	client, err := c.Client(env.Admin, v1alpha1.AddToScheme)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(t.Context(), "the hosts to be bound", func(ctx context.Context) (bool, error) {
		var claims v1alpha1.HostClaimList
		err := client.List(ctx, &claims)
		bound := 0
		for _, claim := range claims.Items {
			if claim.Status.Phase == v1alpha1.HostClaimBound {
				bound++
			}
		}
		return bound == len(made), err
	}); err != nil {
		t.Fatal(err)
	}
}

// play types a command as a user who has kubectl and the plugin on his path, and writes what a terminal shows.
func play(t *testing.T, c *cluster.Cluster, terminal *bytes.Buffer, user env.User, words []string) {
	t.Helper()
	fmt.Fprintf(terminal, "%s$ %s\n", user, strings.Join(words, " "))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	program := c.Gatehouse
	if words[0] == "kubectl" {
		program = c.Binary("kubectl")
	}
	cmd := exec.CommandContext(ctx, program, words[1:]...)
	cmd.Dir = "testdata"
	cmd.Env = []string{"HOME=" + c.Dir(), "KUBECACHEDIR=" + filepath.Join(c.Dir(), "kubectl-cache"), "KUBECONFIG=" + c.Kubeconfig(user), "PATH=" + c.Dir()}
	cmd.Stdout, cmd.Stderr = terminal, terminal
	var exit *exec.ExitError
	switch err := cmd.Run(); {
	case errors.As(err, &exit):
		fmt.Fprintf(terminal, "(exit code %d)\n", exit.ExitCode())
	case err != nil:
		t.Fatal(err)
	}
	terminal.WriteByte('\n')
}

// What docs/commands.md shows is what appears: on the real API server, or in the golden tests of the commands.
func TestTheDocumentationShowsWhatAppears(t *testing.T) {
	page := read(t, "../../docs/commands.md")
	shown := "\n" + read(t, "testdata/transcript.txt")
	golden, err := filepath.Glob("../../controllers/inspect/testdata/*/*/command")
	if err != nil || len(golden) == 0 {
		t.Fatalf("no golden tests: %v", err)
	}
	for _, file := range golden {
		shown += "\noncall$ gatehouse " + read(t, file) + read(t, filepath.Join(filepath.Dir(file), "out.txt")) + "\n"
	}
	reports, err := filepath.Glob("../../controllers/doctor/testdata/*/out.txt")
	if err != nil || len(reports) == 0 {
		t.Fatalf("no reports of the doctor: %v", err)
	}
	for _, file := range reports {
		shown += "\n$ gatehouse doctor\n" + read(t, file) + "\n"
	}
	blocks := regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(page, -1)
	if len(blocks) == 0 {
		t.Error("no transcript in docs/commands.md")
	}
	shown = strings.ReplaceAll(strings.ReplaceAll(shown, "\noncall$", "\n$"), "\ndev$", "\n$")
	for _, block := range blocks {
		if !strings.Contains(shown, "\n"+block[1]) {
			t.Errorf("this never appears:\n%s", block[1])
		}
	}
	for _, role := range []string{"testdata/role.yaml", "testdata/doctor-role.yaml"} {
		if !strings.Contains(page, read(t, role)) {
			t.Errorf("docs/commands.md shows another role than %s", role)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
