package certificates

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// fieldOwner is the name under which the bundles are written.
const fieldOwner = client.FieldOwner("gatehouse-certificates")

var errOverwritten = errors.New("somebody else keeps writing the caBundle of the webhook configurations; find out who: kubectl get validatingwebhookconfigurations -o yaml --show-managed-fields")

// world is what was read for a pass: the objects, and what they mean.
type world struct {
	ca, serving    *corev1.Secret // nil where there is none
	configurations []client.Object
	state          state
}

func (m *SelfManaged) read(ctx context.Context) (world, error) {
	var (
		w   = world{ca: &corev1.Secret{}, serving: &corev1.Secret{}}
		err error
	)
	if w.ca, err = get(ctx, m.API, m.caKey(), w.ca); err != nil {
		return w, err
	}
	if w.serving, err = get(ctx, m.API, m.servingKey(), w.serving); err != nil {
		return w, err
	}
	key := types.NamespacedName{Name: m.Configurations}
	mutating, err := get(ctx, m.API, key, &admissionregistrationv1.MutatingWebhookConfiguration{})
	if err != nil {
		return w, err
	}
	validating, err := get(ctx, m.API, key, &admissionregistrationv1.ValidatingWebhookConfiguration{})
	if err != nil {
		return w, err
	}
	if mutating != nil {
		w.configurations = append(w.configurations, mutating)
	}
	if validating != nil {
		w.configurations = append(w.configurations, validating)
	}
	w.state = state{ca: readAuthority(w.ca, m.Now()), dnsName: DNSName(m.Service)}
	if w.serving != nil {
		// One that cannot be read is replaced.
		w.state.serving, _ = pair{w.serving.Data[corev1.TLSCertKey], w.serving.Data[corev1.TLSPrivateKeyKey]}.parse()
		w.state.vouched = readCertificates(w.serving.Data[trustedKey])
	}
	for _, c := range w.configurations {
		for _, b := range bundlesOf(c) {
			w.state.bundles = append(w.state.bundles, readCertificates(b.pem))
		}
	}
	return w, nil
}

// get reads an object; nil where there is none.
func get[T client.Object](ctx context.Context, api client.Reader, key types.NamespacedName, into T) (found T, err error) {
	if err := api.Get(ctx, key, into); err != nil {
		return found, client.IgnoreNotFound(err)
	}
	return into, nil
}

// DNSName is the name by which an API server calls a Service.
func DNSName(service types.NamespacedName) string {
	return service.Name + "." + service.Namespace + ".svc"
}

// writeCA does what the plan says with the CA's Secret.
func (m *SelfManaged) writeCA(ctx context.Context, w world, p plan, now time.Time) error {
	var (
		data    = map[string][]byte{}
		since   = w.state.ca.since
		trusted = p.trusted
		done    string
	)
	switch p.change {
	case create, prepare:
		made, err := newCA(m.caKey().Name, now, m.Durations.CA)
		if err != nil {
			return err
		}
		trusted = with(trusted, readCertificates(made.crt)...)
		if p.change == create {
			data[corev1.TLSCertKey], data[corev1.TLSPrivateKeyKey], since, done = made.crt, made.key, now, "made a CA"
		} else {
			data[nextCertKey], data[nextKeyKey], done = made.crt, made.key, "made the next CA"
		}
	case promote:
		data[corev1.TLSCertKey], data[corev1.TLSPrivateKeyKey] = w.ca.Data[nextCertKey], w.ca.Data[nextKeyKey]
		data[nextCertKey], data[nextKeyKey] = nil, nil
		since, done = now, "the next CA signs from now on"
	case adopt:
		trusted = with(trusted, w.state.ca.signing.Leaf)
		since, done = now, "took over the CA that is there"
	case withdraw:
		done = "trusting less CAs"
	case none:
		return nil
	}
	data[trustedKey] = encode(trusted)
	return m.writeSecret(ctx, w.ca, m.caKey(), data, map[string]string{changedAnnotation: since.UTC().Format(time.RFC3339Nano)}, done)
}

// writeLeaf issues a certificate.
func (m *SelfManaged) writeLeaf(ctx context.Context, w world, now time.Time) error {
	signing := w.state.ca.signing
	made, err := newLeaf(signing, w.state.dnsName, now, m.Durations.Certificate)
	if err != nil {
		return err
	}
	return m.writeSecret(ctx, w.serving, m.servingKey(), map[string][]byte{
		corev1.TLSCertKey: made.crt, corev1.TLSPrivateKeyKey: made.key, trustedKey: encode([]*x509.Certificate{signing.Leaf}),
	}, nil, "issued a certificate")
}

// writeSecret creates a Secret, or changes the one that was read as long as nobody else has. Keys without a value go, others
// stay as they are. The log names the Secret and never what is in it.
func (m *SelfManaged) writeSecret(ctx context.Context, was *corev1.Secret, key types.NamespacedName, data map[string][]byte, annotations map[string]string, done string) error {
	secret := &corev1.Secret{Type: corev1.SecretTypeTLS}
	if was != nil {
		secret = was.DeepCopy()
	}
	secret.Namespace, secret.Name = key.Namespace, key.Name
	if secret.Data == nil {
		secret.Data = map[string][]byte{}
	}
	for name, value := range data {
		secret.Data[name] = value
		if value == nil {
			delete(secret.Data, name)
		}
	}
	if secret.Annotations == nil {
		secret.Annotations = map[string]string{}
	}
	maps.Copy(secret.Annotations, annotations)
	var err error
	if was != nil {
		err = m.API.Update(ctx, secret, fieldOwner)
	} else {
		err = m.API.Create(ctx, secret, fieldOwner)
	}
	if err == nil {
		m.Log.Info(done, "secret", key.String())
	}
	return err
}

// publish writes the bundles that differ, and nothing else of the configurations: whoever applies these says nothing of the
// bundles, so that neither side ever undoes what the other did.
func (m *SelfManaged) publish(ctx context.Context, w world, trusted []*x509.Certificate) error {
	text := encode(trusted)
	var errs []error
	for _, before := range w.configurations {
		after := before.DeepCopyObject().(client.Object)
		if !fill(after, trusted, text) {
			continue
		}
		if !m.limit.TryAccept() {
			return errOverwritten
		}
		patch := client.StrategicMergeFrom(before, client.MergeFromWithOptimisticLock{})
		if err := m.API.Patch(ctx, after, patch, fieldOwner); err != nil {
			errs = append(errs, err)
			continue
		}
		m.Log.Info("wrote the CA bundle", "configuration", fmt.Sprintf("%T", before), "certificates", len(trusted))
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// fill sets the bundles that hold something else, and tells whether there were any.
func fill(configuration client.Object, trusted []*x509.Certificate, text []byte) bool {
	filled := false
	set := func(bundle *[]byte) {
		if !same(readCertificates(*bundle), trusted) {
			*bundle, filled = text, true
		}
	}
	switch c := configuration.(type) {
	case *admissionregistrationv1.MutatingWebhookConfiguration:
		for i := range c.Webhooks {
			set(&c.Webhooks[i].ClientConfig.CABundle)
		}
	case *admissionregistrationv1.ValidatingWebhookConfiguration:
		for i := range c.Webhooks {
			set(&c.Webhooks[i].ClientConfig.CABundle)
		}
	}
	return filled
}
