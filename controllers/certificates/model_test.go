package certificates

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/flowcontrol"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

// replicas is a cluster with managers that keep their own certificates, and a clock that the test turns.
type replicas struct {
	t     *testing.T
	api   client.WithWatch
	clock *clock
	list  []*SelfManaged
	// past is what the bundles were a moment ago: an API server may not know better.
	past []view
}

type view struct {
	at      time.Time
	bundles []bundle
}

// lag is how much later than us an API server may learn of a bundle.
const lag = 2 * time.Second

func newReplicas(t *testing.T, n int) *replicas {
	t.Helper()
	scheme := runtime.NewScheme()
	must(t, AddToScheme(scheme))
	r := &replicas{t: t, clock: &clock{noon}, list: make([]*SelfManaged, n)}
	r.api = fake.NewClientBuilder().WithScheme(scheme).WithIndex(&corev1.Secret{}, "metadata.name", func(o client.Object) []string {
		return []string{o.GetName()}
	}).WithObjects(
		&admissionregistrationv1.MutatingWebhookConfiguration{
			ObjectMeta: metav1.ObjectMeta{Name: "gatehouse"},
			Webhooks:   []admissionregistrationv1.MutatingWebhook{{Name: "m.gatehouse.dev"}},
		},
		&admissionregistrationv1.ValidatingWebhookConfiguration{
			ObjectMeta: metav1.ObjectMeta{Name: "gatehouse"},
			Webhooks:   []admissionregistrationv1.ValidatingWebhook{{Name: "v.gatehouse.dev"}, {Name: "w.gatehouse.dev"}},
		}).Build()
	for i := range n {
		r.start(i)
	}
	return r
}

func (r *replicas) start(i int) {
	s := NewServing(testName, true, prometheus.NewRegistry(), r.clock.read, logr.Discard())
	r.list[i] = NewSelfManaged(Config{
		API: r.api, Service: types.NamespacedName{Namespace: "gatehouse-system", Name: "gatehouse"}, Configurations: "gatehouse",
		Durations: Durations{Certificate: 90 * day, RenewBefore: 30 * day, CA: 200 * day}, Serving: s, Now: r.clock.read, Log: logr.Discard(),
	})
	r.list[i].limit = flowcontrol.NewFakeAlwaysRateLimiter() // the real one goes by the real clock
}

func (r *replicas) configuration(kind string) client.Object {
	r.t.Helper()
	var object client.Object = &admissionregistrationv1.MutatingWebhookConfiguration{}
	if kind == validating {
		object = &admissionregistrationv1.ValidatingWebhookConfiguration{}
	}
	must(r.t, r.api.Get(r.t.Context(), client.ObjectKey{Name: "gatehouse"}, object))
	return object
}

// pass has one replica look at everything once, and says whether it did something.
func (r *replicas) pass(i int) bool {
	r.t.Helper()
	m := r.list[i]
	for _, kind := range configurations {
		m.Serving.saw(kind, bundlesOf(r.configuration(kind)))
	}
	_, more, err := m.pass(r.t.Context())
	if err != nil && !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) {
		r.t.Fatal(err)
	}
	m.Serving.step()
	r.remember()
	return more || err != nil
}

// rest lets all replicas do what there is to do.
func (r *replicas) rest() {
	r.t.Helper()
	for n := 0; ; n++ {
		busy := false
		for i := range r.list {
			busy = r.pass(i) || busy
		}
		if !busy {
			return
		}
		if n > 50 {
			r.t.Fatal("it never comes to rest")
		}
	}
}

func (r *replicas) remember() {
	r.t.Helper()
	now := view{at: r.clock.now}
	for _, kind := range configurations {
		now.bundles = append(now.bundles, bundlesOf(r.configuration(kind))...)
	}
	if last := len(r.past) - 1; last >= 0 && slices.EqualFunc(r.past[last].bundles, now.bundles, func(a, b bundle) bool { return bytes.Equal(a.pem, b.pem) }) {
		return
	}
	r.past = append(r.past, now)
}

// broken are the calls that fail: what a replica that is ready serves, and an API server that may lag does not trust.
func (r *replicas) broken() []string {
	r.t.Helper()
	var list []string
	since := r.clock.now.Add(-lag)
	for n, v := range r.past {
		// It may still go by this one unless another has come before it.
		if n+1 < len(r.past) && r.past[n+1].at.Before(since) {
			continue
		}
		for i, m := range r.list {
			if m.Serving.Ready(nil) != nil {
				continue
			}
			for _, b := range v.bundles {
				if c, err := m.Serving.Get(nil); err != nil || !b.trusts(c, testName, r.clock.now) {
					list = append(list, fmt.Sprintf("replica %d by %s", i, b.webhook))
				}
			}
		}
	}
	return list
}

func (r *replicas) serial() string {
	r.t.Helper()
	c, err := r.list[0].Serving.Get(nil)
	must(r.t, err)
	return c.Leaf.SerialNumber.String()
}

func (r *replicas) secret(name string) *corev1.Secret {
	r.t.Helper()
	var s corev1.Secret
	must(r.t, r.api.Get(r.t.Context(), client.ObjectKey{Namespace: "gatehouse-system", Name: name}, &s))
	return &s
}

// TestNoCallFailsForYears turns the clock through the lives of several CAs, with replicas that do their steps in any order,
// start anew and find their Secrets gone.
func TestNoCallFailsForYears(t *testing.T) {
	for seed := range uint64(5) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			r := newReplicas(t, 3)
			r.rest()
			r.clock.now = r.clock.now.Add(time.Minute)
			r.rest()
			serials, cas := map[string]bool{}, map[string]bool{}
			var log []string
			for n := 0; n < 400; n++ {
				what := random.IntN(40)
				log = append(log, fmt.Sprint(r.clock.now.Format("0102 15:04:05.000"), " ", what))
				switch what {
				case 0:
					r.start(random.IntN(len(r.list)))
				case 1:
					must(t, client.IgnoreNotFound(r.api.Delete(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "gatehouse-system", Name: "gatehouse-own-tls"}})))
				case 2:
					if random.IntN(10) == 0 {
						must(t, client.IgnoreNotFound(r.api.Delete(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "gatehouse-system", Name: "gatehouse-own-ca"}})))
					}
				case 3, 4:
					// They look every minute, so nothing is left to do before a long time passes.
					for range 3 {
						r.rest()
						r.clock.now = r.clock.now.Add(settle)
					}
					r.rest()
					r.clock.now = r.clock.now.Add(time.Duration(random.IntN(25*24)) * time.Hour)
					r.past = nil
					r.remember()
				case 5, 6, 7, 8, 9:
					r.clock.now = r.clock.now.Add(time.Duration(random.IntN(5000)) * time.Millisecond)
				default:
					r.pass(random.IntN(len(r.list)))
				}
				if broken := r.broken(); len(broken) > 0 {
					t.Fatalf("step %d, %s: %s", n, r.clock.now, strings.Join(broken, ", ")+"\n"+strings.Join(log[max(0, len(log)-30):], "\n"))
				}
				if c, err := r.list[0].Serving.Get(nil); err == nil {
					serials[c.Leaf.SerialNumber.String()] = true
					cas[string(c.Leaf.AuthorityKeyId)] = true
				}
			}
			t.Logf("%d certificates of %d CAs until %s", len(serials), len(cas), r.clock.now.Format(time.DateOnly))
			if len(serials) < 5 {
				t.Error("nothing was renewed")
			}
		})
	}
}
