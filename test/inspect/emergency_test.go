package inspect_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/cluster"
)

// emergency types what docs/install.md says for an emergency, while no manager answers. Before the first command nobody can
// write an Ingress, and after it everybody can. helm is left out: it is no emergency where that works.
func emergency(t *testing.T, c *cluster.Cluster) {
	var typed int
	_, section, _ := strings.Cut(read(t, "../../docs/install.md"), "## In an emergency")
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(section, -1) {
		line := strings.ReplaceAll(strings.TrimSpace(block[1]), "NAME ", "postio-h5 ")
		if strings.HasPrefix(line, "helm ") {
			continue
		}
		if typed == 0 {
			if err := create(t, c, "before"); err == nil {
				t.Error("no manager answers, and an Ingress was written all the same")
			}
		}
		if output, err := shell(t, c, line); err != nil {
			t.Errorf("%s: %v\n%s", line, err, output)
		}
		if typed++; typed == 1 {
			if err := c.Wait(t.Context(), "the API server to let Ingresses pass", func(context.Context) (bool, error) {
				err := create(t, c, "after")
				return err == nil, err
			}); err != nil {
				t.Error(err)
			}
		}
	}
	if typed < 5 {
		t.Errorf("only %d commands were found", typed)
	}
	if left, err := c.Kubectl(env.Admin, "get", "clusterroles,mutatingwebhookconfigurations,validatingwebhookconfigurations",
		"--selector=app.kubernetes.io/instance=gatehouse", "--output=name", "--ignore-not-found"); err != nil || left != "" {
		t.Errorf("%v, left behind: %s", err, left)
	}
}

// create writes an Ingress of a managed class.
func create(t *testing.T, c *cluster.Cluster, name string) error {
	t.Helper()
	_, err := c.Kubectl(env.Admin, "create", "ingress", name, "--namespace=games", "--class=higress", "--rule="+name+".emergency.example.com/*=probe:80")
	return err
}

// shell types a line as an administrator who has kubectl on his path.
func shell(t *testing.T, c *cluster.Cluster, line string) (string, error) {
	t.Helper()
	bin := t.TempDir()
	if err := os.Symlink(c.Binary("kubectl"), filepath.Join(bin, "kubectl")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", line)
	cmd.Env = []string{"HOME=" + c.Dir(), "KUBECACHEDIR=" + filepath.Join(c.Dir(), "kubectl-cache"), "KUBECONFIG=" + c.Kubeconfig(env.Admin), "PATH=" + bin}
	output, err := cmd.CombinedOutput()
	return string(output), err
}
