package install_test

import (
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/test/env/chart"
)

const hook = `
apiVersion: batch/v1
kind: Job
metadata:
  name: after
  namespace: {{ .Release.Namespace }}
  annotations: {helm.sh/hook: post-install, helm.sh/hook-delete-policy: hook-succeeded}
spec:
  backoffLimit: 1
  template:
    spec:
      {{- $pod := dict "root" . "account" (include "gatehouse.serviceAccount" .) "name" "hook" "args" (list "WHAT") }}
      {{- include "gatehouse.hookPod" $pod | nindent 6 }}
`

// The tests of hooks are worth what their node is worth: Helm waits for an exit code, and gets it.
func TestHelmGetsTheExitCodesOfHooks(t *testing.T) {
	c := platform(t)
	withHook := func(what string) chart.Options {
		o := c.options(t)
		o.Replicas = 0
		o.Chart = changedChart(t, map[string]func(string) string{
			"templates/hook.yaml": func(string) string { return strings.ReplaceAll(hook, "WHAT", what) },
		})
		return o
	}
	job := client.ObjectKey{Namespace: "gatehouse-system", Name: "after"}

	good := withHook("version")
	release := c.install(t, good)
	if log := release.HookLog("after"); strings.Count(log, "gatehouse dev") != 1 {
		t.Errorf("the hook wrote %q", log)
	}
	if err := c.Get(t.Context(), job, &batchv1.Job{}); !apierrors.IsNotFound(err) {
		t.Errorf("the Job after its success: %v, want it gone", err)
	}
	if err := release.Uninstall(t.Context()); err != nil {
		t.Fatal(err)
	}

	bad := withHook("bogus")
	t.Cleanup(func() { c.remove(t, bad) })
	_, err := chart.Install(t.Context(), bad)
	if err == nil {
		t.Fatal("the installation does not fail with its hook")
	}
	for _, want := range []string{"failed post-install", `unknown command "bogus"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\ndoes not tell %q", err, want)
		}
	}
	var stands batchv1.Job
	if err := c.Get(t.Context(), job, &stands); err != nil {
		t.Fatal(err)
	}
	if stands.Status.Failed != 2 {
		t.Errorf("%d attempts of a Job that may try again once", stands.Status.Failed)
	}
	if err := c.Delete(t.Context(), &stands, client.PropagationPolicy("Background")); err != nil {
		t.Error(err)
	}
}
