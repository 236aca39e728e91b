package install_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/chart"
)

// losses is the variable that asks for the load, and says how many restarts it is to last. About one call in a thousand is
// still lost (EOF) while managers are replaced, so it is not part of every run.
const losses = "RESTARTS"

// before is the version before the present one.
const before = "0.0.9"

// policyCRD is the file of the CRD that the version before lacks something of.
const policyCRD = "files/crds/gatehouse.dev_gamepolicies.yaml"

func TestAnUpgradeBringsNewCRDsAndLosesNoIngress(t *testing.T) {
	c := platform(t)
	// With CRDs that are newer already there would be no change of them.
	c.kubectl(t, "delete", "crd", "gamepolicies.gatehouse.dev", "hostclaims.gatehouse.dev", "--ignore-not-found")
	options := c.several(t)
	options.Chart = changedChart(t, map[string]func(string) string{
		"Chart.yaml":                          func(text string) string { return strings.ReplaceAll(text, "ersion: 0.1.0", "ersion: "+before) },
		policyCRD:                             func(text string) string { return olderCRD(t, text) },
		"files/examples/example-retries.yaml": func(text string) string { return strings.Replace(text, ", "+newField+": Idle", "", 1) },
	})
	options.Values["examples"] = withExamples["examples"] // their CRD comes with them
	options.Manager = filepath.Join(t.TempDir(), "gatehouse")
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-X main.version="+before, "-o", options.Manager, "../..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	release := c.install(t, options)
	c.expectCRD(t, false)
	c.expectExamples(t)
	during := func(do func()) { do() }
	if os.Getenv(losses) != "" {
		during = func(do func()) { c.underLoad(t, "upgraded", do) }
	}
	during(func() {
		upgraded := make(chan error, 1)
		go func() { upgraded <- release.UpgradeTo(t.Context(), chartDir, nil) }()
		// What the Deployment controller does when Helm has written the new template, while Helm goes on.
		if err := release.WaitTemplate(t.Context(), before); err != nil {
			t.Error(err)
		}
		if err := release.Roll(t.Context(), c.manager); err != nil {
			t.Error(err)
		}
		if err := <-upgraded; err != nil {
			t.Error(err)
		}
	})
	c.expectCRD(t, true)
	if got := failurePolicy(c.validating(t, release.Name)); got != "Fail" {
		t.Errorf("failurePolicy is %s", got)
	}
}

// Both managers are replaced again and again, as by `kubectl rollout restart`. 20 times take four minutes.
func TestRestartsLoseNoIngress(t *testing.T) {
	times, err := strconv.Atoi(os.Getenv(losses))
	if err != nil {
		t.Skip("RESTARTS does not say how many times: 20 take four minutes of a machine that does nothing else")
	}
	c := platform(t)
	release := c.install(t, c.several(t))
	c.underLoad(t, "restarted", func() {
		for range times {
			if err := release.Roll(t.Context(), ""); err != nil {
				t.Error(err)
				return
			}
		}
	})
}

// several are the options of a release that may be restarted: two managers, which answer a while longer than the Service
// needs to know that they go.
func (c *cluster) several(t *testing.T) chart.Options {
	t.Helper()
	options := c.options(t)
	options.Replicas = 2
	// As shipped, where it matters.
	if options.Values = map[string]any{"shutdownDelay": "1s"}; os.Getenv(losses) != "" {
		options.Values["shutdownDelay"] = "10s"
	}
	return options
}

// olderCRD lacks a field and a column of the present one.
func olderCRD(t *testing.T, text string) string {
	t.Helper()
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal([]byte(text), &crd); err != nil {
		t.Fatal(err)
	}
	version := &crd.Spec.Versions[0]
	columns := len(version.AdditionalPrinterColumns)
	version.AdditionalPrinterColumns = slices.DeleteFunc(version.AdditionalPrinterColumns, isNewColumn)
	if rollout := version.Schema.OpenAPIV3Schema.Properties["spec"].Properties["rollout"]; rollout.Properties[newField].Type == "" || len(version.AdditionalPrinterColumns) == columns {
		t.Fatalf("the CRD has no rollout.%s, or no column %s", newField, newColumn)
	}
	delete(version.Schema.OpenAPIV3Schema.Properties["spec"].Properties["rollout"].Properties, newField)
	out, err := yaml.Marshal(crd)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// What the version before did not have.
const newField, newColumn = "servers", "Pending"

func isNewColumn(column apiextensionsv1.CustomResourceColumnDefinition) bool {
	return column.Name == newColumn
}

// expectCRD holds whether the API server knows what the upgrade brings.
func (c *cluster) expectCRD(t *testing.T, upgraded bool) {
	t.Helper()
	out, err := c.Kubectl(env.Admin, "get", "crd", "gamepolicies.gatehouse.dev", "-o", "yaml")
	if err != nil {
		t.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal([]byte(out), &crd); err != nil {
		t.Fatal(err)
	}
	version := crd.Spec.Versions[0]
	_, field := version.Schema.OpenAPIV3Schema.Properties["spec"].Properties["rollout"].Properties[newField]
	if column := slices.ContainsFunc(version.AdditionalPrinterColumns, isNewColumn); field != upgraded || column != upgraded {
		t.Errorf("the CRD has the field: %t, the column: %t, want %t", field, column, upgraded)
	}
}
