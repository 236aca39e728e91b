// Package alerts_test runs the alerts of the chart in Prometheus's own engine, and holds every name of a metric in them and in
// the dashboard to docs/metrics.md. It is a module of its own, because Prometheus depends on far more than Gatehouse does.
package alerts_test

import (
	"bytes"
	"log/slog"
	"os"
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
	groups, errs := rulefmt.Parse(groupsOf(t), false, model.UTF8Validation, promQL, slog.New(slog.DiscardHandler))
	for _, err := range errs {
		t.Error(err)
	}
	if groups == nil {
		t.FailNow()
	}
	var all []rulefmt.Rule
	for _, group := range groups.Groups {
		all = append(all, group.Rules...)
	}
	if len(all) == 0 {
		t.Fatalf("%s has no alerts", rendering)
	}
	return all
}

// groupsOf are the groups of the PrometheusRule, as Prometheus gets them from its operator.
func groupsOf(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(rendering)
	if err != nil {
		t.Fatal(err)
	}
	for document := range bytes.SplitSeq(text, []byte("---\n")) {
		var object struct {
			Kind string    `yaml:"kind"`
			Spec yaml.Node `yaml:"spec"`
		}
		if err := yaml.Unmarshal(document, &object); err != nil {
			t.Fatal(err)
		}
		if object.Kind == "PrometheusRule" {
			text, err := yaml.Marshal(&object.Spec)
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
	}
	t.Fatalf("%s has no PrometheusRule", rendering)
	return nil
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
