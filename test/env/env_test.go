package env_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/env"
)

// asParent makes this test binary start an environment and wait, to be killed.
const asParent = "GATEHOUSE_ENV_AS_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(asParent) == "" {
		os.Exit(m.Run())
	}
	e, err := env.New(context.Background(), env.Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(e.Config(env.Admin).Host, e.Dir())
	select {}
}

func TestEnvironmentsRunBesideEachOther(t *testing.T) {
	t.Parallel()
	one, two := env.Run(t, env.Options{}), env.Run(t, env.Options{})
	if one.HostIP() == two.HostIP() || one.ClusterIP(10) == two.ClusterIP(10) {
		t.Errorf("both have the addresses %s and %s", one.HostIP(), one.ClusterIP(10))
	}
	if err := one.Namespace(t.Context(), "only-in-one", nil); err != nil {
		t.Fatal(err)
	}
	if output, err := two.Kubectl(env.Admin, "get", "namespace", "only-in-one"); err == nil {
		t.Errorf("the other environment has it too:\n%s", output)
	}
}

func TestADeveloperHasNoRightsButHisOwn(t *testing.T) {
	t.Parallel()
	e := env.Run(t, env.Options{GameCRDs: true})
	for _, question := range []struct {
		user    env.User
		allowed bool
		args    string
	}{
		{env.Dev, true, "create gameserversets.game.kruise.io -n games"},
		{env.Dev, true, "patch gameserversets.game.kruise.io/scale -n games"},
		{env.Dev, true, "get ingresses.networking.k8s.io -n games"},
		{env.Dev, false, "update ingresses.networking.k8s.io -n games"},
		{env.Dev, false, "get gameserversets.game.kruise.io -n default"},
		{env.Dev, false, "list namespaces"},
		{env.Operator, true, "patch ingresses.networking.k8s.io -n games"},
		{env.Operator, false, "create ingresses.networking.k8s.io -n games"},
		{env.Operator, false, "create gameserversets.game.kruise.io -n games"},
		{env.Gatehouse, false, "list ingresses.networking.k8s.io -A"},
		{env.OKG, false, "list ingresses.networking.k8s.io -A"},
	} {
		output, _ := e.Kubectl(question.user, append([]string{"auth", "can-i"}, strings.Fields(question.args)...)...)
		answer := output[strings.LastIndex(strings.TrimSpace(output), "\n")+1:]
		if got := strings.HasPrefix(answer, "yes"); got != question.allowed {
			t.Errorf("may %s %s: %s", question.user, question.args, answer)
		}
	}
}

func TestGameCRDsMayComeLater(t *testing.T) {
	t.Parallel()
	e := env.Run(t, env.Options{})
	_, err := e.Kubectl(env.Dev, "get", "gameserversets", "-n", env.GamesNamespace)
	if err == nil || !strings.Contains(err.Error(), "the server doesn't have a resource type") {
		t.Errorf("without CRDs: %v", err)
	}
	if err := e.InstallGameCRDs(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Kubectl(env.Dev, "get", "gameserversets", "-n", env.GamesNamespace); err != nil {
		t.Errorf("with CRDs: %v", err)
	}
}

func TestAFailedStartShowsTheLogOfWhatFailed(t *testing.T) {
	t.Parallel()
	_, err := env.New(t.Context(), env.Options{APIServerFlags: []string{"--no-such-flag"}})
	if err == nil || !strings.Contains(err.Error(), "unknown flag: --no-such-flag") {
		t.Errorf("got %v", err)
	}
}

func TestAnEnvironmentDiesWithItsProcess(t *testing.T) {
	t.Parallel()
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), asParent+"=1")
	parent.Stderr = os.Stderr
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	defer parent.Wait() //nolint:errcheck // it was killed
	var server, dir string
	if _, err := fmt.Fscan(output, &server, &dir); err != nil {
		t.Fatal(err)
	}
	address := strings.TrimPrefix(server, "https://")
	if err := dial(address); err != nil {
		t.Fatalf("before: %v", err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); dial(address) == nil; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("kube-apiserver at %s still answers", address)
		}
	}
	// Its files go with the start of the next one.
	env.Run(t, env.Options{})
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s: %v", dir, err)
	}
}

func dial(address string) error {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return err
	}
	return conn.Close()
}
