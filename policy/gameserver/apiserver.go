package gameserver

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// What the API server refuses in an Ingress or Service (kubernetes pkg/apis/networking/validation/validation.go and
// pkg/apis/core/validation), told in terms of the parameter it comes from. Whether something is valid is asked of
// apimachinery, which the API server asks too; only the words are ours.

// classAnnotation must equal spec.ingressClassName when an Ingress is created with both.
const classAnnotation = "kubernetes.io/ingress.class"

// apiServer judges what is the same for every server. Hosts, paths and names are judged per server: see judgeServer.
func (p *parser) apiServer() {
	t := &p.template
	for i, pathType := range t.pathTypes {
		if i > 0 && i >= len(t.paths) {
			break // not used
		}
		p.pathType(pathType)
	}
	if c := t.class; c != nil && len(apivalidation.NameIsDNSSubdomain(c.is, false)) > 0 {
		p.found.error(finding.IngressInvalid, valueField(c.param), "parameter %s: the API server refuses %s as a class name; %s", paramIngressClassName, finding.Quote(c.is), nameHint(c.is))
	}
	if s := t.tlsSecret; s != nil && s.is != "" && len(apivalidation.NameIsDNSSubdomain(s.is, false)) > 0 {
		p.found.error(finding.IngressInvalid, valueField(s.param), "parameter %s: the API server refuses %s as the name of a Secret; %s", paramTLSSecretName, finding.Quote(s.is), nameHint(s.is))
	}
	if h := t.tlsHosts; h != nil {
		for _, host := range h.is {
			if reason := hostProblem(host, false); reason != "" {
				p.found.error(finding.IngressInvalid, valueField(h.param), "parameter %s: the API server refuses the host %s, which %s; hosts are separated by commas without spaces", paramTLSHosts, finding.Quote(host), reason)
			}
		}
	}
	p.annotationRules()
}

func (p *parser) pathType(t positioned[networkingv1.PathType]) {
	known := []string{string(networkingv1.PathTypeExact), string(networkingv1.PathTypePrefix), string(networkingv1.PathTypeImplementationSpecific)}
	if slices.Contains(known, string(t.is)) {
		return
	}
	advice := "use one of " + strings.Join(known, ", ")
	if near, ok := nearest(string(t.is), known); ok {
		advice = "did you mean " + near + "?"
	}
	p.found.error(finding.ParameterPathType, valueField(t.param), "parameter %s: the API server refuses %s; %s", paramPathType, finding.Quote(string(t.is)), advice)
}

func (p *parser) annotationRules() {
	t := &p.template
	for _, key := range slices.Sorted(maps.Keys(t.annotations)) {
		// The case of a key does not matter to the API server: apimachinery pkg/api/validation/objectmeta.go.
		if len(validation.IsQualifiedName(strings.ToLower(key))) > 0 {
			p.found.error(finding.IngressInvalid, valueField(t.annotations[key].param), `parameter %s: the API server refuses %s as an annotation key; a key is letters, digits, "-", "_" and ".", at most 63, after an optional "domain/"`, paramAnnotation, finding.Quote(key))
		}
	}
	if a, ok := t.annotations[classAnnotation]; ok && t.class != nil && a.is != t.class.is {
		p.found.error(finding.IngressInvalid, valueField(a.param), "parameter %s: %s is %s but parameter %s is %s; the API server wants them equal; give only %s", paramAnnotation, classAnnotation, finding.Quote(a.is), paramIngressClassName, finding.Quote(t.class.is), paramIngressClassName)
	}
}

// size: OpenKruiseGame keeps the parameters as JSON in an annotation of every pod (pkg/util/gameserver.go
// GetNewAstsFromGss). What fits there fits into the annotations of an Ingress too.
func (p *parser) size(conf []Param) {
	const others = 1 << 10 // OpenKruiseGame's and Kruise's further annotations of a pod
	data, err := json.Marshal(conf)
	if err != nil || len(data)+others <= apivalidation.TotalAnnotationSizeLimitB {
		return // strings always marshal
	}
	p.found.error(finding.SetInvalid, confField, "the parameters take %d bytes as JSON; they stand in an annotation of each pod, and the API server allows %d in all annotations together", len(data), apivalidation.TotalAnnotationSizeLimitB)
}

func nameHint(s string) string {
	if strings.Contains(s, placeholder) {
		return "OpenKruiseGame replaces <id> in Host and Path only"
	}
	return `a name is lower-case letters, digits, "-" and "."`
}

// hostProblem is why the API server refuses a host, or empty. An empty host is allowed in a rule, not in a TLS entry.
func hostProblem(host string, rule bool) string {
	valid := len(validation.IsDNS1123Subdomain(host)) == 0
	if strings.Contains(host, "*") {
		valid = len(validation.IsWildcardDNS1123Subdomain(host)) == 0
	}
	switch {
	case host == "" && rule, valid && (!rule || !isIP(host)):
		return ""
	case host == "":
		return "is empty"
	case rule && isIP(host):
		return "is an IP address, not a name"
	case strings.Contains(host, placeholder):
		return "has an <id>, which OpenKruiseGame replaces in Host and Path only; use a wildcard certificate"
	case strings.ToLower(host) != host:
		return "has capitals"
	case strings.HasSuffix(host, "."):
		return "ends with a dot"
	case len(host) > validation.DNS1123SubdomainMaxLength:
		return fmt.Sprintf("is longer than %d characters", validation.DNS1123SubdomainMaxLength)
	case strings.Contains(host, "*"):
		return `may have a "*" only as the whole first label`
	}
	return `is no DNS name of lower-case letters, digits, "-" and "."`
}

// pathProblem is why the API server refuses a path of a type, or empty.
func pathProblem(path string, pathType networkingv1.PathType) string {
	strict := pathType == networkingv1.PathTypeExact || pathType == networkingv1.PathTypePrefix
	if !strict && (path == "" || pathType != networkingv1.PathTypeImplementationSpecific) {
		return "" // an unknown type is an Error of its own
	}
	if !strings.HasPrefix(path, "/") {
		return `does not start with "/"`
	}
	if !strict {
		return ""
	}
	for _, sequence := range []string{"//", "/./", "/../", "%2f", "%2F"} {
		if strings.Contains(path, sequence) {
			return "contains " + finding.Quote(sequence)
		}
	}
	for _, suffix := range []string{"/..", "/."} {
		if strings.HasSuffix(path, suffix) {
			return "ends with " + finding.Quote(suffix)
		}
	}
	return ""
}
