package chart

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

// Upgrade renders the chart again with the same values and applies what differs from what is stored. The managers run on.
func (r *Release) Upgrade(ctx context.Context) error {
	return helmWithValues(ctx, r.options, "upgrade")
}

// UpgradeTo upgrades to another chart, or to the same one if it is empty, with further values, which win over those of the
// installation for this once. The managers run on.
func (r *Release) UpgradeTo(ctx context.Context, chart string, values map[string]any) error {
	options := r.options
	options.Chart = cmp.Or(chart, options.Chart)
	options.Values = map[string]any{}
	maps.Copy(options.Values, r.options.Values)
	maps.Copy(options.Values, values)
	return helmWithValues(ctx, options, "upgrade")
}

// helmWithValues gives Helm two values files, the caller's and then ours, which win.
func helmWithValues(ctx context.Context, options Options, command string, flags ...string) error {
	args := append([]string{command, options.Name, options.Chart}, flags...)
	args = append(args, options.HelmFlags...)
	for _, file := range []struct {
		name   string
		values map[string]any
	}{{"values.yaml", options.Values}, {"values-env.yaml", options.ownValues()}} {
		text, err := yaml.Marshal(file.values)
		if err != nil {
			return err
		}
		path := filepath.Join(options.Dir, file.name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return err
		}
		args = append(args, "--values", path)
	}
	_, err := Helm(ctx, options, args...)
	return err
}

// ownValues are what turns Pods into processes of this machine.
func (o Options) ownValues() map[string]any {
	listen := func(port int) string { return fmt.Sprintf("$(POD_IP):%d", port) }
	values := map[string]any{
		"service": map[string]any{"port": o.Port, "clusterIP": o.ClusterIP},
		"listen":  map[string]any{"webhook": listen(o.Port), "metrics": listen(metricsPort), "health": listen(healthPort)},
		"env": []any{map[string]any{
			"name":      "POD_IP",
			"valueFrom": map[string]any{"fieldRef": map[string]any{"fieldPath": "status.podIP"}},
		}},
		"certificates": map[string]any{"mountPath": filepath.Join(o.Dir, "tls")},
	}
	if o.Replicas > 0 {
		values["replicas"] = o.Replicas
	} else if _, chosen := o.Values["activation"]; !chosen {
		values["activation"] = map[string]any{"enabled": false} // nobody will ever answer
	}
	return values
}

// Uninstall stops the managers and removes the chart, in this order, as when its Pods were drained first.
func (r *Release) Uninstall(ctx context.Context) error {
	if err := r.Stop(ctx); err != nil {
		return err
	}
	_, err := r.Helm(ctx, "uninstall", r.Name)
	return err
}

// Helm runs Helm in the release's namespace and returns what it says, as the platform operator whose kubeconfig it is.
func (r *Release) Helm(ctx context.Context, args ...string) (string, error) {
	return Helm(ctx, r.options, args...)
}

// Helm runs the options' Helm in their namespace, for those who have no release yet, or none any more.
func Helm(ctx context.Context, options Options, args ...string) (string, error) {
	options, err := options.complete()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, options.Helm, append(args, "--namespace", options.Namespace, "--kubeconfig", options.Kubeconfig)...)
	// Helm reads its user's settings (HELM_KUBECONTEXT and others) and keeps caches in the home folder: neither here.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(options.Dir, "helm")}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("helm %s: %w: %s", args[0], err, out)
	}
	return string(out), nil
}
