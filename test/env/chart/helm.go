package chart

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

func (r *Release) helmInstall(ctx context.Context) error {
	return r.helmWithValues(ctx, "install", "--create-namespace")
}

// Upgrade renders the chart again with the same values and applies what differs from what is stored. The managers run on.
func (r *Release) Upgrade(ctx context.Context) error { return r.helmWithValues(ctx, "upgrade") }

// helmWithValues gives Helm two values files, the caller's and then ours, which win.
func (r *Release) helmWithValues(ctx context.Context, command string, flags ...string) error {
	args := append([]string{command, r.Name, r.options.Chart, "--namespace", r.Namespace}, flags...)
	for _, file := range []struct {
		name   string
		values map[string]any
	}{{"values.yaml", r.options.Values}, {"values-env.yaml", r.ownValues()}} {
		text, err := yaml.Marshal(file.values)
		if err != nil {
			return err
		}
		path := filepath.Join(r.options.Dir, file.name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return err
		}
		args = append(args, "--values", path)
	}
	return r.helm(ctx, args...)
}

// ownValues are what turns Pods into processes of this machine.
func (r *Release) ownValues() map[string]any {
	listen := func(port int) string { return fmt.Sprintf("$(POD_IP):%d", port) }
	values := map[string]any{
		"service": map[string]any{"port": r.options.Port, "clusterIP": r.options.ClusterIP},
		"listen":  map[string]any{"webhook": listen(r.options.Port), "metrics": listen(metricsPort), "health": listen(healthPort)},
		"env": []any{map[string]any{
			"name":      "POD_IP",
			"valueFrom": map[string]any{"fieldRef": map[string]any{"fieldPath": "status.podIP"}},
		}},
		"certificates": map[string]any{"mountPath": filepath.Join(r.options.Dir, "tls")},
	}
	if r.options.Replicas > 0 {
		values["replicas"] = r.options.Replicas
	}
	return values
}

// Uninstall stops the managers and removes the chart, in this order, as when its Pods were drained first.
func (r *Release) Uninstall(ctx context.Context) error {
	if err := r.Stop(ctx); err != nil {
		return err
	}
	return r.helm(ctx, "uninstall", r.Name, "--namespace", r.Namespace)
}

func (r *Release) helm(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, r.options.Helm, append(args, "--kubeconfig", r.options.Kubeconfig)...)
	// Helm reads its user's settings (HELM_KUBECONTEXT and others) and keeps caches in the home folder: neither here.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(r.options.Dir, "helm")}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("helm %s: %w: %s", args[0], err, out)
	}
	return nil
}
