package serve_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/env"
)

func TestAReplicaBecomesReadyStepByStepAndFollowsItsCertificate(t *testing.T) {
	e := env.Run(t, env.Options{})
	grant(t, e)
	r := start(t, e, e.ClusterIP(10), "--shutdown-delay=1s")

	eventually(t, "health", func() bool { code, _ := r.get(r.health + "/healthz"); return code == http.StatusOK })
	eventually(t, "nothing is there", func() bool { return r.missing() == "certificate snapshot webhooks" })
	installCRD(t, e)
	eventually(t, "the snapshot is known", func() bool { return r.missing() == "certificate webhooks" })
	first := newPair(t)
	mount(t, r.certs, first)
	t.Logf("ready %s after the certificate was there", eventually(t, "ready", r.ready))

	t.Run("reviews are answered, anything else is refused", func(t *testing.T) {
		review := `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"1","operation":"DELETE"}}`
		for body, want := range map[string]int{
			review: http.StatusOK, "{": http.StatusBadRequest, strings.Replace(review, `"1"`, `""`, 1): http.StatusBadRequest,
			strings.Repeat(" ", 8<<20): http.StatusRequestEntityTooLarge,
		} {
			if code, answer := r.post(body); code != want {
				t.Errorf("%.40q: %d %s, want %d", body, code, answer, want)
			}
		}
		if _, text := r.get("http://" + r.ip + ":8080/metrics"); !strings.Contains(text, `gatehouse_admission_requests_total{verdict="malformed",webhook="mutate-ingress"} 3`) ||
			!strings.Contains(text, "gatehouse_admission_duration_seconds_bucket") || !strings.Contains(text, `gatehouse_policies{accepted="true",mode="Enforce"} 0`) ||
			!strings.Contains(text, "go_goroutines") || !strings.Contains(text, "process_resident_memory_bytes") {
			t.Errorf("metrics:\n%s", text)
		}
	})

	t.Run("the certificate is followed", func(t *testing.T) {
		if got := r.serial(); got != first.serial(t) {
			t.Errorf("serves %s", got)
		}
		last := first
		for range 3 {
			last = newPair(t)
			mount(t, r.certs, last)
			t.Logf("the new certificate is served after %s", eventually(t, "the new certificate", func() bool { return r.serial() == last.serial(t) }))
		}
		mount(t, r.certs, pair{crt: newPair(t).crt, key: newPair(t).key})
		time.Sleep(time.Second)
		if got := r.serial(); got != last.serial(t) || !r.ready() {
			t.Errorf("a pair that does not fit: serves %s, ready %t", got, r.ready())
		}
		must(t, os.Remove(filepath.Join(r.certs, "tls.crt")))
		must(t, os.Remove(filepath.Join(r.certs, "tls.key")))
		time.Sleep(time.Second)
		if got := r.serial(); got != last.serial(t) || !r.ready() {
			t.Errorf("files gone: serves %s, ready %t", got, r.ready())
		}
		must(t, os.RemoveAll(filepath.Join(r.certs, "..data")))
		last = newPair(t)
		mount(t, r.certs, last)
		t.Logf("back after %s", eventually(t, "the files are back", func() bool { return r.serial() == last.serial(t) }))
	})

	t.Run("readiness ends first, then it answers for a while, then it ends with code 0", func(t *testing.T) {
		asked := time.Now()
		r.stop()
		notReady := eventually(t, "not ready", func() bool { return r.missing() == "shutdown" })
		if code, answer := r.post("{"); code != http.StatusBadRequest {
			t.Errorf("while shutting down: %d %s", code, answer)
		}
		<-r.exited
		if took := time.Since(asked); r.code != 0 || took < time.Second || took > 3*time.Second {
			t.Errorf("exit code %d after %s", r.code, took)
		}
		t.Logf("not ready %s after SIGTERM, ended after %s", notReady, time.Since(asked))
		// The certificates above that cannot be read are to be said.
		if errs := r.errors("controller-runtime.certwatcher"); errs != "" {
			t.Errorf("errors in the log:\n%s", errs)
		}
	})
}

func TestAReplicaWaitsForAnAPIServerAndEndsWithoutOne(t *testing.T) {
	e := env.Run(t, env.Options{})
	r := start(t, e, e.ClusterIP(10), "--shutdown-delay=0s") // without rights it gets no further than without an API server
	mount(t, r.certs, newPair(t))
	eventually(t, "the rest is there", func() bool { return r.missing() == "snapshot" })
	review := `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"1","operation":"CREATE","object":{}}}`
	if code, answer := r.post(review); code != http.StatusOK || !strings.Contains(answer, `"allowed":true`) {
		t.Errorf("not synced: %d %s", code, answer)
	}
	if _, text := r.get("http://" + r.ip + ":8080/metrics"); !strings.Contains(text, `gatehouse_admission_requests_total{verdict="unsynced",webhook="mutate-ingress"} 1`) {
		t.Errorf("metrics:\n%s", text)
	}
	r.stop()
	<-r.exited
	if r.code != 0 {
		t.Errorf("exit code %d", r.code)
	}
}
