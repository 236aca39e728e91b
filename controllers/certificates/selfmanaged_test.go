package certificates

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func TestReplicasThatStartTogetherServeWhatTheFirstHasMade(t *testing.T) {
	r := newReplicas(t, 3)
	// Each has read that there is nothing before the first one writes.
	var read []world
	for _, m := range r.list {
		w, err := m.read(t.Context())
		must(t, err)
		read = append(read, w)
	}
	won := 0
	for i, m := range r.list {
		if m.writeCA(t.Context(), read[i], plan{change: create}, r.clock.now) == nil {
			won++
		}
	}
	if won != 1 {
		t.Errorf("%d of 3 have made the CA", won)
	}
	r.rest()
	for i, m := range r.list {
		c, err := m.Serving.Get(nil)
		must(t, err)
		if got := c.Leaf.SerialNumber.String(); got != r.serial() {
			t.Errorf("replica %d serves another certificate than the first", i)
		}
		must(t, m.Serving.Ready(nil))
	}
	if broken := r.broken(); len(broken) > 0 {
		t.Errorf("not trusted: %v", broken)
	}
	if s := r.secret("gatehouse-own-tls"); s.Type != corev1.SecretTypeTLS {
		t.Errorf("the Secret is of type %s", s.Type)
	}
}

func TestTheFirstCertificateIsMadeBeforeAnyConfigurationIsThere(t *testing.T) {
	r := newReplicas(t, 1)
	for _, kind := range configurations {
		must(t, r.api.Delete(t.Context(), r.configuration(kind)))
	}
	for range 3 {
		_, _, err := r.list[0].pass(t.Context())
		must(t, err)
	}
	r.serial() // it is served
}

func TestABundleThatIsBlankedIsRepairedAndNothingElseIsTouched(t *testing.T) {
	r := newReplicas(t, 1)
	r.rest()
	c := r.configuration(validating).(*admissionregistrationv1.ValidatingWebhookConfiguration)
	full := c.Webhooks[0].ClientConfig.CABundle
	c.Webhooks[0].ClientConfig.CABundle = nil
	c.Webhooks[1].ClientConfig.CABundle = []byte("-----BEGIN NOTHING-----")
	c.Webhooks[1].TimeoutSeconds = new(int32)
	must(t, r.api.Update(t.Context(), c))
	if !r.pass(0) {
		t.Error("it does nothing")
	}
	c = r.configuration(validating).(*admissionregistrationv1.ValidatingWebhookConfiguration)
	for _, w := range c.Webhooks {
		if !bytes.Equal(w.ClientConfig.CABundle, full) {
			t.Errorf("%s holds %q", w.Name, w.ClientConfig.CABundle)
		}
	}
	if c.Webhooks[1].TimeoutSeconds == nil {
		t.Error("somebody else's field is gone")
	}
	if r.pass(0) {
		t.Error("it goes on writing")
	}
}

func TestWhoKeepsWritingTheBundlesIsNotFoughtWith(t *testing.T) {
	r := newReplicas(t, 1)
	r.rest()
	m := NewSelfManaged(r.list[0].Config)
	var err error
	for range publishBurst + 1 {
		c := r.configuration(mutating).(*admissionregistrationv1.MutatingWebhookConfiguration)
		c.Webhooks[0].ClientConfig.CABundle = nil
		must(t, r.api.Update(t.Context(), c))
		_, _, err = m.pass(t.Context())
	}
	if err == nil || !strings.Contains(err.Error(), "somebody else keeps writing the caBundle") {
		t.Errorf("after %d writes in a row: %v", publishBurst+1, err)
	}
}

// The CA may come from elsewhere, and the bundles hold that of the mode before: certificates of both may be served.
func TestWhatSomebodyElseHasMadeIsTakenOver(t *testing.T) {
	r := newReplicas(t, 1)
	made, err := newCA("cert-manager's", noon.Add(-time.Hour), 150*day)
	must(t, err)
	made2, err := newLeaf(parsed(t, made), testName, noon.Add(-time.Hour), 90*day)
	must(t, err)
	for name, p := range map[string]pair{"gatehouse-own-ca": made, "gatehouse-own-tls": made2} {
		must(t, r.api.Create(t.Context(), &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: "gatehouse-system", Name: name, Annotations: map[string]string{"cert-manager.io/issuer-name": "x"}},
			Data:       map[string][]byte{"tls.crt": p.crt, "tls.key": p.key, "ca.crt": made.crt, "other": []byte("kept")},
		}))
	}
	strange, err := newCA("in the bundle alone", noon, 150*day)
	must(t, err)
	m := r.configuration(mutating).(*admissionregistrationv1.MutatingWebhookConfiguration)
	m.Webhooks[0].ClientConfig.CABundle = append(bytes.Clone(made.crt), strange.crt...)
	must(t, r.api.Update(t.Context(), m))
	r.rest()
	if got, want := r.serial(), parsed(t, made2).Leaf.SerialNumber.String(); got != want {
		t.Error("another certificate is served than the one that is there")
	}
	s := r.secret("gatehouse-own-ca")
	if !bytes.Equal(s.Data["tls.key"], made.key) || string(s.Data["other"]) != "kept" || s.Annotations["cert-manager.io/issuer-name"] == "" {
		t.Error("the CA is not kept as it was")
	}
	if n := len(readCertificates(s.Data[trustedKey])); n != 2 {
		t.Errorf("%d CAs are trusted, want that of the Secret and that of the bundle", n)
	}
	r.past = nil
	r.remember()
	if broken := r.broken(); len(broken) > 0 {
		t.Errorf("not trusted: %v", broken)
	}
}

func TestNoKeyIsEverLogged(t *testing.T) {
	r := newReplicas(t, 1)
	var text strings.Builder
	log := funcr.New(func(prefix, args string) { text.WriteString(prefix + args + "\n") }, funcr.Options{Verbosity: 10})
	m := r.list[0]
	m.Log, m.Serving.log = log, log
	keys := map[string]bool{}
	for range 40 {
		r.rest()
		for _, name := range []string{"gatehouse-own-ca", "gatehouse-own-tls"} {
			for key, value := range r.secret(name).Data {
				if strings.HasSuffix(key, ".key") {
					keys[string(value)] = true
				}
			}
		}
		r.clock.now = r.clock.now.Add(5 * day)
	}
	// A Secret that nobody can read is no reason to print it.
	s := r.secret("gatehouse-own-tls")
	s.Data["tls.crt"] = s.Data["tls.key"]
	must(t, r.api.Update(t.Context(), s))
	r.rest()
	if len(keys) < 4 || !strings.Contains(text.String(), "issued a certificate") {
		t.Fatalf("%d keys, log:\n%s", len(keys), text.String())
	}
	for key := range keys {
		middle := strings.Split(key, "\n")[1]
		if strings.Contains(text.String(), middle) || strings.Contains(text.String(), base64.StdEncoding.EncodeToString([]byte(key))[:60]) {
			t.Fatal("a key is in the log")
		}
	}
}

func TestAnObjectIsFollowedByItsName(t *testing.T) {
	r := newReplicas(t, 1)
	seen := make(chan client.Object, 100)
	go func() {
		_ = follow(t.Context(), r.api, &corev1.SecretList{}, types.NamespacedName{Namespace: "gatehouse-system", Name: "wanted"}, func(o client.Object) { seen <- o })
	}()
	next := func() client.Object {
		select {
		case o := <-seen:
			return o
		case <-time.After(10 * time.Second):
			t.Fatal("nothing is seen")
			return nil
		}
	}
	if next() != nil {
		t.Error("it is there before it is")
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "gatehouse-system", Name: "wanted"}}
	must(t, r.api.Create(t.Context(), secret))
	if o := next(); o == nil || o.GetName() != "wanted" {
		t.Errorf("seen: %v", o)
	}
	must(t, r.api.Delete(t.Context(), secret))
	if next() != nil {
		t.Error("still there after it is gone")
	}
}

func TestASecretThatCannotSignIsReplaced(t *testing.T) {
	serving, err := newLeaf(signer(t, "ca", noon), testName, noon, usual.Certificate)
	must(t, err)
	ended, err := newCA("ended", noon.Add(-usual.CA), usual.CA)
	must(t, err)
	good, err := newCA("good", noon, 150*day)
	must(t, err)
	for name, p := range map[string]pair{
		"no CA": serving, "one that has run out": ended, "nonsense": {[]byte("x"), []byte("y")}, "somebody else's key": {good.crt, ended.key},
	} {
		r := newReplicas(t, 1)
		must(t, r.api.Create(t.Context(), &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: "gatehouse-system", Name: "gatehouse-own-ca"}, Data: map[string][]byte{"tls.crt": p.crt, "tls.key": p.key},
		}))
		r.rest()
		if key := r.secret("gatehouse-own-ca").Data["tls.key"]; bytes.Equal(key, p.key) {
			t.Errorf("%s: it is kept", name)
		}
		r.serial() // a certificate is served
	}
}
