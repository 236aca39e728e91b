package chart

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

// helmInstall writes two values files, the caller's and then ours, which win.
func (r *Release) helmInstall(ctx context.Context) error {
	ours := map[string]any{
		"service": map[string]any{"port": r.options.Port, "clusterIP": r.options.ClusterIP},
		"listen": map[string]any{
			"webhook": fmt.Sprintf("$(POD_IP):%d", r.options.Port),
			"metrics": fmt.Sprintf("$(POD_IP):%d", metricsPort),
			"health":  fmt.Sprintf("$(POD_IP):%d", healthPort),
		},
		"env": []any{map[string]any{
			"name":      "POD_IP",
			"valueFrom": map[string]any{"fieldRef": map[string]any{"fieldPath": "status.podIP"}},
		}},
		"certificates": map[string]any{"mountPath": filepath.Join(r.options.Dir, "tls")},
	}
	if r.options.Replicas > 0 {
		ours["replicas"] = r.options.Replicas
	}
	args := []string{"install", r.Name, r.options.Chart, "--namespace", r.Namespace, "--create-namespace"}
	for _, file := range []struct {
		name   string
		values map[string]any
	}{{"values.yaml", r.options.Values}, {"values-env.yaml", ours}} {
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
