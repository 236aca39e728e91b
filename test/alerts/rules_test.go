// Package alerts_test runs the alerts of the chart in Prometheus's own engine, and holds every name of a metric in them and in
// the dashboard to docs/metrics.md. It is a module of its own, because Prometheus depends on far more than Gatehouse does. Run it
// with -count=1: go test's cache does not see that files outside of a module have changed.
package alerts_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// rendering is the chart with everything that Prometheus can have, as the tests of the chart hold it.
const rendering = "../chart/testdata/render/monitored/out.yaml"

// promQL is what a Prometheus accepts that has no experimental feature switched on.
var promQL = parser.NewParser(parser.Options{})

// alerts are the rules of the chart's PrometheusRule, after Prometheus's own check of them.
func alerts(t *testing.T) []rulefmt.Rule {
	t.Helper()
	all := rulesOf(t, rendering)
	if len(all) == 0 {
		t.Fatalf("%s has no alerts", rendering)
	}
	return all
}

// rulesOf are the rules of a file with objects, as Prometheus gets them from its operator.
func rulesOf(t *testing.T, file string) []rulefmt.Rule {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []rulefmt.Rule
	for document := range bytes.SplitSeq(text, []byte("---\n")) {
		var object struct {
			Kind string    `yaml:"kind"`
			Spec yaml.Node `yaml:"spec"`
		}
		if err := yaml.Unmarshal(document, &object); err != nil {
			t.Fatal(err)
		}
		if object.Kind != "PrometheusRule" {
			continue
		}
		spec, err := yaml.Marshal(&object.Spec)
		if err != nil {
			t.Fatal(err)
		}
		groups, errs := rulefmt.Parse(spec, false, model.UTF8Validation, promQL, slog.New(slog.DiscardHandler))
		if err := errors.Join(errs...); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, group := range groups.Groups {
			all = append(all, group.Rules...)
		}
	}
	return all
}

// Values change the rules: how many replicas there are to be, and how long before its end a certificate is renewed.
func TestPrometheusAcceptsTheRulesOfEveryRendering(t *testing.T) {
	files, err := filepath.Glob("../chart/testdata/render/*/out.yaml")
	if err != nil {
		t.Fatal(err)
	}
	metrics, with := documented(t), 0
	for _, file := range files {
		rules := rulesOf(t, file)
		if len(rules) > 0 {
			with++
		}
		for _, rule := range rules {
			if wrong, err := unknown(rule.Expr, metrics); err != nil || len(wrong) > 0 {
				t.Errorf("%s: %s: %v %v", file, rule.Alert, wrong, err)
			}
		}
	}
	if with < 4 {
		t.Errorf("only %d of %d renderings have rules", with, len(files))
	}
}

func TestEveryAlertSaysWhatIsWrongHowBadlyAndWhatToDo(t *testing.T) {
	for _, rule := range alerts(t) {
		if rule.Alert == "" {
			t.Errorf("%s is no alert", rule.Record)
		}
		if !slices.Contains([]string{"critical", "warning"}, rule.Labels["severity"]) {
			t.Errorf("%s: severity %q", rule.Alert, rule.Labels["severity"])
		}
		for _, name := range []string{"summary", "description", "runbook_url"} {
			if rule.Annotations[name] == "" {
				t.Errorf("%s has no %s", rule.Alert, name)
			}
		}
		if rule.For == 0 {
			t.Errorf("%s wakes somebody at the first sight of trouble", rule.Alert)
		}
	}
}
