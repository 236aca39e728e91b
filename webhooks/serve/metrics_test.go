package serve

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	apiservermetrics "k8s.io/apiserver/pkg/admission/metrics"
	"k8s.io/component-base/metrics/legacyregistry"

	"github.com/gatehouse-dev/gatehouse/controllers/certificates"
	"github.com/gatehouse-dev/gatehouse/controllers/janitor"
	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/controllers/rollout"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/host"
	"github.com/gatehouse-dev/gatehouse/test/golden"
	"github.com/gatehouse-dev/gatehouse/webhooks/ingress"
)

// recorder remembers what is registered. A registry alone says nothing of metrics that have not counted anything yet.
type recorder struct {
	*prometheus.Registry
	collectors []prometheus.Collector
}

func (r *recorder) Register(c prometheus.Collector) error {
	r.collectors = append(r.collectors, c)
	return r.Registry.Register(c)
}

func (r *recorder) MustRegister(all ...prometheus.Collector) {
	for _, c := range all {
		if err := r.Register(c); err != nil {
			panic(err)
		}
	}
}

// metric is one line of docs/metrics.md.
type metric struct{ name, kind, labels, help string }

var description = regexp.MustCompile(`^Desc\{fqName: ("(?:[^"\\]|\\.)*"), help: ("(?:[^"\\]|\\.)*"), (?:unit: "[^"]*", )?constLabels: \{.*\}, variableLabels: \{(.*)\}\}$`)

// metrics are all that were registered, in the order of their names.
func (r *recorder) metrics(t *testing.T) []metric {
	t.Helper()
	kinds := map[string]string{}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		kinds[family.GetName()] = strings.ToLower(family.GetType().String())
	}
	var all []metric
	for _, collector := range r.collectors {
		for _, desc := range described(collector) {
			part := description.FindStringSubmatch(desc.String())
			if part == nil {
				t.Fatalf("cannot read %s", desc)
			}
			m := metric{labels: part[3]}
			if m.name, err = strconv.Unquote(part[1]); err != nil {
				t.Fatal(err)
			}
			if m.help, err = strconv.Unquote(part[2]); err != nil {
				t.Fatal(err)
			}
			m.kind = cmp.Or(vector(collector), kinds[m.name])
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b metric) int { return cmp.Compare(a.name, b.name) })
	return all
}

func described(c prometheus.Collector) []*prometheus.Desc {
	var out []*prometheus.Desc
	descs := make(chan *prometheus.Desc)
	go func() { c.Describe(descs); close(descs) }()
	for desc := range descs {
		out = append(out, desc)
	}
	return out
}

// vector is the kind of a collector that may not have counted anything yet.
func vector(c prometheus.Collector) string {
	switch c.(type) {
	case *prometheus.CounterVec:
		return "counter"
	case *prometheus.GaugeVec:
		return "gauge"
	case *prometheus.HistogramVec:
		return "histogram"
	}
	return ""
}

// register registers all that a manager does.
func register(registry prometheus.Registerer) {
	log := logr.Discard()
	Build{}.register(registry)
	registerReady(registry, nil)
	certificates.NewServing("", false, registry, time.Now, log).
		Offer(&tls.Certificate{Leaf: &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}})
	handlers(registry, log)
	ingress.NewValidator(nil, nil, nil, true, registry, log, nil)
	ledger.New(nil, nil, nil, host.Terms{}, time.Now, registry, log)
	rollout.New(rollout.Config{Registry: registry, Log: log})
	snapshot.New(policy.DefaultOptions(), registry, log)
	janitor.New(janitor.Config{Registry: registry, Log: log})
	registry.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}

// apiServer are the API server's own metrics of the webhooks that it calls, from its own package: each has to count once.
func apiServer(t *testing.T) []metric {
	t.Helper()
	attributes := admission.NewAttributesRecord(nil, nil, schema.GroupVersionKind{}, "", "", schema.GroupVersionResource{}, "", admission.Create, nil, false, nil)
	counted := apiservermetrics.Metrics
	counted.ObserveWebhook(t.Context(), "x", time.Second, false, attributes, "admit", 200)
	counted.ObserveWebhookRejection(t.Context(), "x", "admit", "CREATE", apiservermetrics.WebhookRejectionCallingWebhookError, 0)
	counted.ObserveWebhookFailOpen(t.Context(), "x", "admit")
	families, err := legacyregistry.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var all []metric
	for _, family := range families {
		if strings.HasPrefix(family.GetName(), "apiserver_admission_webhook_") {
			var labels []string
			for _, label := range family.GetMetric()[0].GetLabel() {
				labels = append(labels, label.GetName())
			}
			all = append(all, metric{family.GetName(), strings.ToLower(family.GetType().String()), strings.Join(labels, ","), family.GetHelp()})
		}
	}
	return all
}

const metricsHeader = `# Metrics

Written by a test from what a manager registers (` + "`make testdata`" + `); the alerts and the dashboard of the chart are held to this page.
All labels are of the metric itself. A ServiceMonitor adds ` + "`namespace`, `pod`, `service`, `container`, `endpoint`, `job` and `instance`" + `.

## Of the managers

At ` + "`/metrics`" + ` on the address that ` + "`listen.metrics`" + ` says. What is said of claims, duplicates and rollouts is said by the leading replica
alone. Besides, there are what controller-runtime counts of itself and what Go's runtime says.

`

func TestTheDocumentationListsEveryMetric(t *testing.T) {
	r := &recorder{Registry: prometheus.NewRegistry()}
	register(r)
	var page bytes.Buffer
	page.WriteString(metricsHeader)
	table(&page, r.metrics(t))
	page.WriteString("\n## Of the API servers\n\nWhat API servers count of the webhooks that they call; `name` is the webhook's, such as `validate-ingress.gatehouse.dev`.\n\n")
	table(&page, apiServer(t))
	golden.Compare(t, "../../docs/metrics.md", page.Bytes())
}

func table(page *bytes.Buffer, metrics []metric) {
	page.WriteString("| metric | kind | labels | |\n|---|---|---|---|\n")
	for _, m := range metrics {
		labels := ""
		if m.labels != "" {
			labels = "`" + strings.ReplaceAll(m.labels, ",", "`, `") + "`"
		}
		fmt.Fprintf(page, "| `%s` | %s | %s | %s |\n", m.name, m.kind, labels, m.help)
	}
}
