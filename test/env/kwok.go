package env

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/hack/stack"
)

// nodeName is the one node of an environment with pods. It has room for a million.
const nodeName = "node-0"

// startKWOK starts KWOK, which says of every Pod on the fake node that it runs.
func (e *Env) startKWOK(ctx context.Context) error {
	config, err := kwokStages(ctx)
	if err != nil {
		return err
	}
	if err := writeFiles(e.Dir(), map[string][]byte{"kwok.yaml": config}); err != nil {
		return err
	}
	kwok, err := e.Start(Command{Name: "kwok", Path: e.Binary("kwok"), Args: []string{
		"--kubeconfig=" + e.Kubeconfig(Admin), "--config=" + e.path("kwok.yaml"),
		"--manage-all-nodes=true",
		"--node-port=0", // no server: it would play kubelet's, which nobody calls here
	}})
	if err != nil {
		return err
	}
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{
		Name:        nodeName,
		Labels:      map[string]string{corev1.LabelHostname: nodeName, corev1.LabelOSStable: "linux"},
		Annotations: map[string]string{"kwok.x-k8s.io/node": "fake"},
	}}
	if err := e.create(ctx, node); err != nil {
		return err
	}
	c, err := e.Client(Admin)
	if err != nil {
		return err
	}
	return e.Wait(ctx, "the fake node to be ready", func(ctx context.Context) (bool, error) {
		if err := c.Get(ctx, client.ObjectKeyFromObject(node), node); err != nil {
			return false, err
		}
		for _, condition := range node.Status.Conditions {
			if condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue {
				return true, nil
			}
		}
		return false, nil
	}, kwok)
}

//go:embed manifests/kwok-ready-again.yaml
var readyAgain []byte

// kwokStages joins the stages that KWOK ships as samples and our own; it ends at once without any.
func kwokStages(ctx context.Context) ([]byte, error) {
	dir, err := stack.ModuleDir(ctx, stack.KWOK)
	if err != nil {
		return nil, err
	}
	config := bytes.NewBuffer(bytes.Clone(readyAgain))
	for _, stage := range []string{
		"node/fast/node-initialize", "node/heartbeat/node-heartbeat",
		"pod/fast/pod-ready", "pod/fast/pod-complete", "pod/fast/pod-delete",
	} {
		content, err := os.ReadFile(filepath.Join(dir, "kustomize", "stage", filepath.FromSlash(stage)+".yaml"))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(config, "---\n%s\n", content)
	}
	return config.Bytes(), nil
}
