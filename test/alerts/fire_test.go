package alerts_test

import (
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"
)

// world is what was collected: series, with their values once a minute in the notation of Prometheus's tests.
type world map[string]string

// in writes the namespace and a Pod of a replica into a series' labels.
func in(metric string, replica int, more string) string {
	return fmt.Sprintf(`%s{namespace="gatehouse-system",pod="gatehouse-%d"%s}`, metric, replica, more)
}

const (
	validator = `,webhook="validate-ingress"`
	failing   = `apiserver_admission_webhook_rejection_count{instance="api-0",name="validate-ingress.gatehouse.dev",type="validating",operation="CREATE",error_type="calling_webhook_error",rejection_code="0"}`
	passing   = `apiserver_admission_webhook_fail_open_count{instance="api-0",name="mutate-ingress.gatehouse.dev",type="admit"}`
)

// healthy is two hours of an installation in which nothing is wrong, though not everything is perfect: a refusal of somebody
// else's webhook, one mishap, a slow answer in ten thousand, a rollout at work.
func healthy() world {
	w := world{
		in("gatehouse_host_claims", 0, `,state="Bound"`):                                                                                "40x120",
		in("gatehouse_host_duplicates", 0, ""):                                                                                          "0x120",
		in("gatehouse_rollout_paused", 0, `,policy="postio-h5"`):                                                                        "0x120",
		in("gatehouse_rollout_pending", 0, `,policy="postio-h5"`):                                                                       "90-1x120",
		`apiserver_admission_webhook_rejection_count{name="deny.example.com",error_type="calling_webhook_error"}`:                       "0+60x120",
		`apiserver_admission_webhook_rejection_count{name="validate-ingress.gatehouse.dev",error_type="no_error",rejection_code="403"}`: "0+60x120",
		failing: "0x50 1x70",
		passing: "0x120",
	}
	for replica := range 2 {
		w[in("gatehouse_ready", replica, "")] = "1x120"
		w[in("gatehouse_certificate_expiry_timestamp_seconds", replica, "")] = fmt.Sprintf("%dx120", int((31 * 24 * time.Hour).Seconds()))
		w[in("gatehouse_policies", replica, `,mode="Enforce",accepted="true"`)] = "3x120"
		w[in("gatehouse_policies", replica, `,mode="Enforce",accepted="false"`)] = "0x120"
		w[in("gatehouse_admission_requests_total", replica, validator+`,verdict="allowed"`)] = "0+6000x120"
		w[in("gatehouse_admission_requests_total", replica, validator+`,verdict="error"`)] = "0+1x120"
		maps.Copy(w, answers(replica, 10))
	}
	return w
}

// answers are 10,000 a minute, of which some take between 2 and 4 s.
func answers(replica, slow int) world {
	w := world{}
	for le, fast := range map[string]bool{"0.001": true, "1": true, "2": true, "4": false, "+Inf": false} {
		each := 10000
		if fast {
			each -= slow
		}
		w[in("gatehouse_admission_duration_seconds_bucket", replica, validator+`,le="`+le+`"`)] = fmt.Sprintf("0+%dx120", each)
	}
	return w
}

func nobody() world {
	w := healthy()
	maps.DeleteFunc(w, func(series, _ string) bool { return strings.HasPrefix(series, "gatehouse_") })
	return w
}

// with is the healthy installation but for some series.
func with(changed world) world {
	w := healthy()
	for series := range changed {
		if _, known := w[series]; !known {
			panic("there is no series " + series)
		}
	}
	maps.Copy(w, changed)
	return w
}

// A case with a misspelt series could only show that nothing fires.
func TestTheHealthyInstallationHasTheMetricsThatThereAre(t *testing.T) {
	metrics := documented(t)
	for series := range healthy() {
		if wrong, err := unknown(series, metrics); err != nil || len(wrong) > 0 {
			t.Errorf("%s: %v %v", series, wrong, err)
		}
	}
}

func TestAlertsFireWhenTheyHaveToAndNotBefore(t *testing.T) {
	ready := func(first, second string) world {
		return with(world{in("gatehouse_ready", 0, ""): first, in("gatehouse_ready", 1, ""): second})
	}
	without := func(metric string) world {
		w := healthy()
		maps.DeleteFunc(w, func(series, _ string) bool { return strings.HasPrefix(series, metric) })
		return w
	}
	const ours = `namespace="gatehouse-system"`
	for name, c := range map[string]struct {
		world world
		at    time.Duration
		// want are the alerts that fire, with their labels besides severity, and what their descriptions say.
		want map[string]string
	}{
		"nothing is wrong": {healthy(), 2 * time.Hour, nil},

		"no manager is collected":      {nobody(), 10 * time.Minute, map[string]string{`GatehouseAbsent{` + ours + `}`: "No new Ingress of the classes higress can be written"}},
		"not for a moment":             {nobody(), 2 * time.Minute, nil},
		"no manager is ready":          {ready("1x10 0x110", "0x120"), 15 * time.Minute, map[string]string{`GatehouseAbsent{` + ours + `}`: "New game servers stay without a route"}},
		"one of two is not ready":      {ready("1x120", "1x10 0x110"), 25 * time.Minute, map[string]string{`GatehouseReplicasNotReady{` + ours + `}`: "Only 1 of 2 managers are ready"}},
		"one of two is not collected":  {with(world{in("gatehouse_ready", 1, ""): "1x10 _x110"}), 30 * time.Minute, map[string]string{`GatehouseReplicasNotReady{` + ours + `}`: "Only 1 of 2"}},
		"one of two is being replaced": {ready("1x120", "1x10 0x5 1x100"), 18 * time.Minute, nil},
		"nobody leads":                 {without("gatehouse_host_claims"), 15 * time.Minute, map[string]string{`GatehouseNoLeader{` + ours + `}`: "Hosts that become free are not handed on"}},
		"the leader is another one":    {without("gatehouse_host_claims"), 9 * time.Minute, nil},

		"a certificate is not renewed": {
			with(world{in("gatehouse_certificate_expiry_timestamp_seconds", 1, ""): fmt.Sprintf("%dx120", int((9 * 24 * time.Hour).Seconds()))}), 20 * time.Minute,
			map[string]string{`GatehouseCertificateExpiring{` + ours + `}`: "ends in 8d 23h 40m 0s"},
		},
		"a certificate is about to be renewed": {
			with(world{in("gatehouse_certificate_expiry_timestamp_seconds", 1, ""): fmt.Sprintf("%dx120", int((11 * 24 * time.Hour).Seconds()))}), 2 * time.Hour, nil,
		},

		"calls are refused for want of an answer": {with(world{failing: "0+3x120"}), 15 * time.Minute, map[string]string{`GatehouseWebhookFailing{name="validate-ingress.gatehouse.dev"}`: "0.05 calls of validate-ingress.gatehouse.dev fail each second"}},
		"calls pass for want of an answer":        {with(world{passing: "0+6x120"}), 15 * time.Minute, map[string]string{`GatehouseWebhookFailing{name="mutate-ingress.gatehouse.dev"}`: "0.10 calls"}},
		"one call in an hour fails":               {with(world{passing: "0x20 1x100"}), 26 * time.Minute, nil},

		"one request in fifty is not decided": {
			with(world{in("gatehouse_admission_requests_total", 0, validator+`,verdict="error"`): "0+240x120"}), 20 * time.Minute,
			map[string]string{`GatehouseAdmissionErrors{` + ours + `,webhook="validate-ingress"}`: "% of the requests to validate-ingress end without a decision"},
		},
		"one answer in fifty is slow": {
			with(answers(0, 400)), 20 * time.Minute,
			map[string]string{`GatehouseAdmissionSlow{` + ours + `,webhook="validate-ingress"}`: "The API server waits 2 s for the mutating and 3 s for the validating webhook, OpenKruiseGame 8 s"},
		},
		"one answer in two hundred is slow": {with(answers(0, 90)), 20 * time.Minute, nil},

		"a rollout is paused": {
			with(world{in("gatehouse_rollout_paused", 0, `,policy="postio-h5"`): "0x5 1x115"}), 20 * time.Minute,
			map[string]string{`GatehouseRolloutPaused{` + ours + `,policy="postio-h5"}`: "on behalf of GamePolicy postio-h5 fail one after the other"},
		},
		"a rollout was paused for a while": {with(world{in("gatehouse_rollout_paused", 0, `,policy="postio-h5"`): "0x5 1x9 0x100"}), 20 * time.Minute, nil},
		"a policy is not accepted": {
			with(world{in("gatehouse_policies", 1, `,mode="Enforce",accepted="false"`): "2x120"}), 10 * time.Minute,
			map[string]string{`GatehousePolicyNotAccepted{mode="Enforce",` + ours + `}`: "2 GamePolicies of mode Enforce do nothing"},
		},
		"two servers have one host": {
			with(world{in("gatehouse_host_duplicates", 0, ""): "0x5 1x115"}), 15 * time.Minute,
			map[string]string{`GatehouseDuplicateHosts{` + ours + `}`: "1 Ingresses stand on a host"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := fire(t, alerts(t), c.world, c.at)
			for alert, text := range c.want {
				if description, fires := got[alert]; !fires || !strings.Contains(description, text) {
					t.Errorf("%s does not fire, or does not say %q", alert, text)
				}
			}
			if len(got) != len(c.want) {
				t.Errorf("%d alerts are to fire, and these do: %q", len(c.want), got)
			}
		})
		fired[name] = slices.Collect(maps.Keys(c.want))
	}
	for _, rule := range alerts(t) {
		if !slices.ContainsFunc(slices.Concat(slices.Collect(maps.Values(fired))...), func(alert string) bool { return strings.HasPrefix(alert, rule.Alert+"{") }) {
			t.Errorf("no case in which %s fires", rule.Alert)
		}
	}
}

// fired are the alerts of each case.
var fired = map[string][]string{}

// fire evaluates the rules once a minute and returns the descriptions of the alerts that fire at the end.
func fire(t *testing.T, all []rulefmt.Rule, w world, until time.Duration) map[string]string {
	t.Helper()
	var load strings.Builder
	load.WriteString("load 1m\n")
	for series, values := range w {
		fmt.Fprintf(&load, "  %s %s\n", series, values)
	}
	storage := promqltest.LoadedStorage(t, load.String())
	defer func() { _ = storage.Close() }()
	query := rules.EngineQueryFunc(promqltest.NewTestEngine(t, false, 0, 100000), storage)
	got := map[string]string{}
	for _, rule := range all {
		expr, err := promQL.ParseExpr(rule.Expr)
		if err != nil {
			t.Fatal(err)
		}
		alert := rules.NewAlertingRule(rule.Alert, expr, time.Duration(rule.For), 0,
			labels.FromMap(rule.Labels), labels.FromMap(rule.Annotations), labels.EmptyLabels(), "", true, slog.New(slog.DiscardHandler))
		for at := time.Unix(0, 0).UTC(); !at.After(time.Unix(0, 0).Add(until)); at = at.Add(time.Minute) {
			if _, err := alert.Eval(t.Context(), 0, at, query, &url.URL{}, 0); err != nil {
				t.Fatalf("%s: %v", rule.Alert, err)
			}
		}
		for _, active := range alert.ActiveAlerts() {
			if active.State == rules.StateFiring {
				own := labels.NewBuilder(active.Labels).Del("severity", labels.AlertName).Labels()
				got[rule.Alert+strings.ReplaceAll(own.String(), ", ", ",")] = active.Annotations.Get("description")
			}
		}
	}
	return got
}
