package doctor

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// late is the part of a certificate's life before whose beginning it should have been renewed: cert-manager and the managers
// themselves do so when a third is left.
const late = 6

// checkBundles holds the bundles of a configuration against the certificate in the Secret or, where it can be seen, the one
// that is served: managers keep serving the old one until it is safe to go over to the new.
func (w *World) checkBundles(hooks []Hook) []Check {
	empty, distrust := []string{}, map[string][]string{}
	for _, h := range hooks {
		name := strings.TrimSuffix(h.Name, ".gatehouse.dev")
		if strings.TrimSpace(h.Bundle) == "" {
			empty = append(empty, name)
		} else if err := w.trust(h.Bundle); err != nil {
			distrust[err.Error()] = append(distrust[err.Error()], name)
		}
	}
	var wrong []Check
	if len(empty) > 0 {
		wrong = append(wrong, fail(fmt.Sprintf("no caBundle in %s, so the API server cannot call the managers", strings.Join(empty, ", ")), w.bundleRemedy()))
	}
	for _, reason := range slices.Sorted(maps.Keys(distrust)) {
		wrong = append(wrong, fail(fmt.Sprintf("the caBundle of %s does not trust the certificate that is %s (%s), so the API server cannot call managers that serve it",
			strings.Join(distrust[reason], ", "), w.source(), reason), w.bundleRemedy()))
	}
	return wrong
}

// trusted says what the bundles were held against.
func (w *World) trusted() string {
	if w.chain() == "" {
		return "the caBundle could not be held against the certificate"
	}
	return "the caBundle trusts the certificate that is " + w.source()
}

// chain is the certificate that the API server meets, as far as can be seen.
func (w *World) chain() string {
	for _, c := range []Seen[string]{w.Certs.Served, w.Certs.Stored} {
		if c.It != nil {
			return *c.It
		}
	}
	return ""
}

func (w *World) source() string {
	if w.Certs.Served.It != nil {
		return "served"
	}
	return "in Secret " + w.Certs.SecretName
}

// trust is nil where a bundle trusts what the API server meets, or where that cannot be seen. Dates and names are checks of
// their own.
func (w *World) trust(bundle string) error {
	chain, err := parse(w.chain())
	if err != nil || len(chain) == 0 {
		return nil //nolint:nilerr // checkCertificate says so
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(bundle)) {
		return errors.New("it holds no certificate")
	}
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	at := w.Now
	if leaf := chain[0]; at.After(leaf.NotAfter) {
		at = leaf.NotAfter
	} else if at.Before(leaf.NotBefore) {
		at = leaf.NotBefore
	}
	_, err = chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: at})
	return err
}

// bundleRemedy is what to do for a bundle, by who writes it.
func (w *World) bundleRemedy() string {
	switch {
	case w.injected():
		return "see that cert-manager's cainjector runs, it writes the bundle from the CA of the Certificate: kubectl get pods -A -l app.kubernetes.io/component=cainjector"
	case w.options().Certificates == selfManaged:
		return fmt.Sprintf("the managers write the bundle: kubectl -n %s logs deployment/%s", w.Namespace, w.Name)
	}
	return "set certificates.caBundle to the CA of the certificate: " + w.upgrade()
}

func (w *World) checkCertificate() []Check {
	const name = "certificate"
	wrong := w.checkIssued()
	stored, served := w.Certs.Stored, w.Certs.Served
	switch {
	case stored.Hidden != "" && served.It == nil && len(wrong) == 0:
		return []Check{hidden(name, stored.Hidden)}
	case stored.It == nil && stored.Hidden == "":
		return []Check{check(name, "", append(wrong, fail("there is no Secret "+w.Certs.SecretName+", so no manager can answer", w.issueRemedy()))...)}
	}
	chain, err := parse(w.chain())
	switch {
	case err != nil || len(chain) == 0 && w.chain() != "":
		wrong = append(wrong, fail("Secret "+w.Certs.SecretName+" holds no certificate under tls.crt", w.issueRemedy()))
	case len(chain) > 0:
		wrong = append(wrong, w.checkDates(chain[0])...)
	}
	if stored.It != nil && served.It != nil && first(*stored.It) != first(*served.It) {
		wrong = append(wrong, warn("the Service shows another certificate than the one in Secret "+w.Certs.SecretName,
			"wait two minutes, a new one reaches the managers that late; if it stays so, kubectl -n "+w.Namespace+" rollout restart deployment/"+w.Name))
	}
	return []Check{check(name, w.certified(chain), wrong...)}
}

// certified says of a good certificate what there is to know.
func (w *World) certified(chain []*x509.Certificate) string {
	if len(chain) == 0 {
		return "issued"
	}
	text := fmt.Sprintf("for %s, valid until %s", strings.Join(chain[0].DNSNames, ", "), chain[0].NotAfter.UTC().Format(time.RFC3339))
	if i := w.Certs.Issued.It; i != nil && i.Renewal != nil {
		text += ", to be renewed " + i.Renewal.UTC().Format(time.RFC3339)
	}
	if w.Certs.Served.It == nil {
		text += " (from Secret " + w.Certs.SecretName + "; the Service cannot be asked from here)"
	}
	return text
}

func (w *World) checkDates(leaf *x509.Certificate) []Check {
	left, life := leaf.NotAfter.Sub(w.Now), leaf.NotAfter.Sub(leaf.NotBefore)
	until := leaf.NotAfter.UTC().Format(time.RFC3339)
	switch {
	case leaf.VerifyHostname(w.serverName()) != nil:
		return []Check{fail(fmt.Sprintf("it is for %s and not for %s", orNone(leaf.DNSNames), w.serverName()), w.issueRemedy())}
	case left <= 0:
		return []Check{fail("it expired at "+until, w.issueRemedy())}
	case left < life/late:
		return []Check{warn("it expires at "+until+" and should have been renewed by now", w.issueRemedy())}
	}
	return nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "no name"
	}
	return strings.Join(names, ", ")
}

// checkIssued judges cert-manager's Certificate.
func (w *World) checkIssued() []Check {
	issued := w.Certs.Issued
	switch {
	case !w.injected() || issued.Hidden != "":
		return nil
	case issued.It == nil:
		return []Check{fail("no Certificate of cert-manager keeps Secret "+w.Certs.SecretName, "see that cert-manager is installed (https://cert-manager.io), then "+w.upgrade())}
	case !issued.It.Ready:
		return []Check{fail(fmt.Sprintf("cert-manager's Certificate %s is not ready: %s", issued.It.Name, orNothing(issued.It.Trouble)), w.issueRemedy())}
	}
	return nil
}

// issueRemedy is what to do for a certificate, by who issues it.
func (w *World) issueRemedy() string {
	switch i := w.Certs.Issued.It; {
	case i != nil:
		return fmt.Sprintf("kubectl -n %s describe certificate %s", w.Namespace, i.Name)
	case w.injected():
		return fmt.Sprintf("see that cert-manager runs: kubectl get pods -A -l app.kubernetes.io/name=cert-manager; then kubectl -n %s get certificates,certificaterequests", w.Namespace)
	case w.options().Certificates == selfManaged:
		return fmt.Sprintf("a manager makes it: kubectl -n %s logs deployment/%s", w.Namespace, w.Name)
	}
	return fmt.Sprintf("put a certificate for %s into Secret %s", w.serverName(), w.Certs.SecretName)
}

// parse reads the certificates of a PEM text.
func parse(text string) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return out, nil
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
}

// first is the certificate that a chain begins with, to compare.
func first(text string) string {
	if chain, err := parse(text); err == nil && len(chain) > 0 {
		return string(chain[0].Raw)
	}
	return ""
}
