// Package terminal holds what people see in their terminals: sessions with the real kubectl, as unprivileged users, against
// the real API server with Gatehouse installed from its chart. Each folder of testdata is one session: given.yaml is what
// stands before, commands are typed one after the other, transcript.txt is all that appears.
package terminal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/cluster"
	"github.com/gatehouse-dev/gatehouse/test/golden"
)

// web is somebody who may write Ingresses in the namespace web, and nothing else.
const web env.User = "web"

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

// TestTranscripts plays all sessions in one cluster. They are about different sets and hosts.
func TestTranscripts(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the control plane")
	}
	c, err := cluster.Start(t.Context(), cluster.Options{
		Env:    env.Options{GameCRDs: true, Out: os.Stderr, Users: []env.Identity{{User: web}}},
		Values: map[string]any{"shutdownDelay": "100ms"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	if _, err := c.ApplyFiles(t.Context(), "testdata/people.yaml"); err != nil {
		t.Fatal(err)
	}
	sessions, err := filepath.Glob("testdata/*/commands")
	if err != nil || len(sessions) == 0 {
		t.Fatalf("no sessions: %v", err)
	}
	for _, s := range sessions {
		given := filepath.Join(filepath.Dir(s), "given.yaml")
		if _, err := os.Stat(given); err != nil {
			continue
		}
		if _, err := c.ApplyFiles(t.Context(), given); err != nil {
			t.Fatal(err)
		}
	}
	// What was given reaches the manager's memory in milliseconds; nothing that a session shows depends on time otherwise.
	time.Sleep(2 * time.Second)
	for _, s := range sessions {
		dir := filepath.Dir(s)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			golden.Compare(t, filepath.Join(dir, "transcript.txt"), play(t, c, dir))
		})
	}
}

// play types the commands of a session. A line is a user and what he types to kubectl, in words without quotes.
func play(t *testing.T, c *cluster.Cluster, dir string) []byte {
	t.Helper()
	commands, err := os.ReadFile(filepath.Join(dir, "commands"))
	if err != nil {
		t.Fatal(err)
	}
	var transcript bytes.Buffer
	for line := range strings.Lines(string(commands)) {
		words := strings.Fields(line)
		if len(words) < 2 || strings.HasPrefix(words[0], "#") {
			continue
		}
		fmt.Fprintf(&transcript, "%s$ kubectl %s\n", words[0], strings.Join(words[1:], " "))
		if code := kubectl(t, c, dir, env.User(words[0]), &transcript, words[1:]...); code != 0 {
			fmt.Fprintf(&transcript, "(exit code %d)\n", code)
		}
		time.Sleep(200 * time.Millisecond) // as fast as anybody types
	}
	return transcript.Bytes()
}

// kubectl runs in the folder of a session, so that messages name its files as a user's do. Its output is written in the
// order in which a terminal shows it.
func kubectl(t *testing.T, c *cluster.Cluster, dir string, user env.User, terminal *bytes.Buffer, args ...string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.Binary("kubectl"), append([]string{"--kubeconfig=" + c.Kubeconfig(user)}, args...)...)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + c.Dir(), "KUBECACHEDIR=" + filepath.Join(c.Dir(), "kubectl-cache")}
	cmd.Stdout, cmd.Stderr = terminal, terminal
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	t.Fatal(err)
	return -1
}
