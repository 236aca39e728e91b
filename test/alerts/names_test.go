package alerts_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// targetLabels are those that a ServiceMonitor gives to everything that is collected from a Pod.
var targetLabels = []string{"namespace", "pod", "service", "container", "endpoint", "job", "instance"}

// documented are the labels of every metric of docs/metrics.md, which a test holds to what managers and API servers have.
func documented(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([a-z]+) \\| ([^|]*) \\|").FindAllStringSubmatch(string(text), -1) {
		own := strings.FieldsFunc(row[3], func(r rune) bool { return strings.ContainsRune("`, ", r) })
		if row[2] != "histogram" {
			all[row[1]] = own
			continue
		}
		all[row[1]+"_bucket"] = append([]string{"le"}, own...)
		all[row[1]+"_sum"], all[row[1]+"_count"] = own, own
	}
	if len(all) < 20 {
		t.Fatalf("only %d metrics are documented", len(all))
	}
	return all
}

// unknown lists what a query names that is not there: metrics, and labels that none of them has.
func unknown(query string, metrics map[string][]string) ([]string, error) {
	expr, err := promQL.ParseExpr(query)
	if err != nil {
		return nil, err
	}
	var wrong []string
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		switch node := node.(type) {
		case *parser.VectorSelector:
			own, known := metrics[node.Name]
			if !known {
				wrong = append(wrong, node.Name)
				return nil
			}
			for _, matcher := range node.LabelMatchers {
				if matcher.Name != model.MetricNameLabel && !slices.Contains(append(own, targetLabels...), matcher.Name) {
					wrong = append(wrong, node.Name+"{"+matcher.Name+"}")
				}
			}
		case *parser.AggregateExpr:
			wrong = append(wrong, ungrouped(node.Grouping, node.Expr, metrics)...)
		case *parser.BinaryExpr:
			if node.VectorMatching != nil {
				wrong = append(wrong, ungrouped(node.VectorMatching.MatchingLabels, node, metrics)...)
			}
		}
		return nil
	})
	return wrong, nil
}

// ungrouped are labels that some metric within does not have.
func ungrouped(names []string, within parser.Node, metrics map[string][]string) []string {
	var wrong []string
	parser.Inspect(within, func(node parser.Node, _ []parser.Node) error {
		if selector, is := node.(*parser.VectorSelector); is {
			for _, name := range names {
				if !slices.Contains(append(metrics[selector.Name], targetLabels...), name) {
					wrong = append(wrong, selector.Name+" by "+name)
				}
			}
		}
		return nil
	})
	return wrong
}

func TestAlertsAskForNothingThatNobodyMeasures(t *testing.T) {
	metrics := documented(t)
	for _, rule := range alerts(t) {
		wrong, err := unknown(rule.Expr, metrics)
		if err != nil || len(wrong) > 0 {
			t.Errorf("%s: %v %v", rule.Alert, wrong, err)
		}
	}
	for query, want := range map[string]string{
		"gatehouse_unheard > 0":                                          "gatehouse_unheard",
		`gatehouse_ready{policy="a"}`:                                    "gatehouse_ready{policy}",
		`sum by (policy) (gatehouse_ready)`:                              "gatehouse_ready by policy",
		`gatehouse_rollout_paused and on (policy) gatehouse_policies`:    "gatehouse_policies by policy",
		`rate(gatehouse_admission_duration_seconds[5m])`:                 "gatehouse_admission_duration_seconds",
		`sum by (le) (rate(gatehouse_admission_requests_total{}[5m]))`:   "gatehouse_admission_requests_total by le",
		`sum by (le) (gatehouse_admission_duration_seconds_bucket) == 1`: "",
	} {
		if wrong, err := unknown(query, metrics); err != nil || strings.Join(wrong, " ") != want {
			t.Errorf("%s: %q, want %q (%v)", query, wrong, want, err)
		}
	}
}

type panel struct {
	ID          int
	Title       string
	Description string
	Type        string
	GridPos     struct{ X, Y, W, H int }
	Targets     []struct{ Expr string }
}

func TestTheDashboardAsksForNothingThatNobodyMeasures(t *testing.T) {
	text, err := os.ReadFile("../../charts/gatehouse/files/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct{ Panels []panel }
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	metrics, ids, queries := documented(t), map[int]bool{}, 0
	variables := strings.NewReplacer("$__rate_interval", "5m", "$namespace", "gatehouse-system")
	for _, p := range dashboard.Panels {
		if ids[p.ID] {
			t.Errorf("%s: another panel has the id %d", p.Title, p.ID)
		}
		ids[p.ID] = true
		if p.Type != "row" && (p.Description == "" || len(p.Targets) == 0) {
			t.Errorf("%s has no description, or asks for nothing", p.Title)
		}
		for _, target := range p.Targets {
			queries++
			wrong, err := unknown(variables.Replace(target.Expr), metrics)
			if err != nil || len(wrong) > 0 {
				t.Errorf("%s: %v %v", p.Title, wrong, err)
			}
		}
	}
	if queries < 15 {
		t.Errorf("%d queries in all", queries)
	}
	for i, p := range dashboard.Panels {
		for _, q := range dashboard.Panels[:i] {
			a, b := p.GridPos, q.GridPos
			if a.X+a.W > 24 || a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
				t.Errorf("%s lies over %s, or beyond the edge", p.Title, q.Title)
			}
		}
	}
}
