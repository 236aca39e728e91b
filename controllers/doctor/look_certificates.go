package doctor

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// dialPatience is how long the Service may take to answer. From outside of the cluster it never does.
const dialPatience = 2 * time.Second

func (l *looker) certificates(ctx context.Context, w *World) (err error) {
	var secret corev1.Secret
	err = l.Get(ctx, types.NamespacedName{Namespace: w.Namespace, Name: w.Certs.SecretName}, &secret)
	if w.Certs.Stored, err = seen(err, func() string { return string(secret.Data[corev1.TLSCertKey]) }); err != nil {
		return err
	}
	served, err := l.served(ctx, w)
	if w.Certs.Served, err = seen(err, func() string { return string(served) }); err != nil || !w.injected() {
		return err
	}
	issued, err := l.issued(ctx, w)
	w.Certs.Issued, err = seen(err, func() Issued { return issued })
	return err
}

// served is what the Service shows.
func (l *looker) served(ctx context.Context, w *World) ([]byte, error) {
	var service corev1.Service
	if err := l.Get(ctx, types.NamespacedName{Namespace: w.Namespace, Name: w.Name}, &service); err != nil {
		return nil, err
	}
	if service.Spec.ClusterIP == "" || service.Spec.ClusterIP == corev1.ClusterIPNone || len(service.Spec.Ports) == 0 {
		return nil, notVisible{errors.New("Service " + w.Name + " has no address")}
	}
	address := net.JoinHostPort(service.Spec.ClusterIP, strconv.Itoa(int(service.Spec.Ports[0].Port)))
	chain, err := l.dial(ctx, address, w.serverName())
	if err != nil {
		return nil, notVisible{fmt.Errorf("%s does not answer from here", address)}
	}
	return chain, nil
}

// dial shakes hands and hands over the chain that the server shows. Whether it is to be trusted is judged afterwards.
func dial(ctx context.Context, address, name string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, dialPatience)
	defer cancel()
	dialer := tls.Dialer{Config: &tls.Config{ServerName: name, InsecureSkipVerify: true}} //nolint:gosec // it is looked at, and nothing is sent
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = connection.Close() }()
	var chain []byte
	if secured, ok := connection.(*tls.Conn); ok {
		for _, c := range secured.ConnectionState().PeerCertificates {
			chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
		}
	}
	return chain, nil
}

// issued is the Certificate that keeps the Secret. Untyped: cert-manager is nobody's dependency at run time.
func (l *looker) issued(ctx context.Context, w *World) (Issued, error) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(schema.GroupVersionKind{Group: "cert-manager.io", Version: "v1", Kind: "CertificateList"})
	if err := l.List(ctx, list, client.InNamespace(w.Namespace)); err != nil {
		return Issued{}, err
	}
	for _, c := range list.Items {
		if name, _, _ := unstructured.NestedString(c.Object, "spec", "secretName"); name == w.Certs.SecretName {
			return issuedOf(&c), nil
		}
	}
	return Issued{}, errGone
}

func issuedOf(c *unstructured.Unstructured) Issued {
	out := Issued{Name: c.GetName()}
	conditions, _, _ := unstructured.NestedSlice(c.Object, "status", "conditions")
	for _, entry := range conditions {
		condition, _ := entry.(map[string]any)
		if condition["type"] != "Ready" {
			continue
		}
		out.Ready = condition["status"] == "True"
		if text, ok := condition["message"].(string); ok && !out.Ready {
			out.Trouble = text
		}
	}
	if text, _, _ := unstructured.NestedString(c.Object, "status", "renewalTime"); text != "" {
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			out.Renewal = &t
		}
	}
	return out
}
