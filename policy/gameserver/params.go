package gameserver

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// NetworkType is the plugin that makes Ingresses. The others make Services, ports of nodes or load balancers.
const NetworkType = "Kubernetes-Ingress"

// The parameters of the plugin (OpenKruiseGame cloudprovider/kubernetes/ingress.go).
const (
	paramHost             = "Host"
	paramPath             = "Path"
	paramPathType         = "PathType"
	paramPort             = "Port"
	paramIngressClassName = "IngressClassName"
	paramTLSHosts         = "TlsHosts"
	paramTLSSecretName    = "TlsSecretName"
	paramAnnotation       = "Annotation"
	paramFixed            = "Fixed"
	// paramAllowNotReady is read elsewhere (pkg/util/gameserver.go IsAllowNotReadyContainers), for every plugin.
	paramAllowNotReady = "AllowNotReadyContainers"
)

var paramNames = []string{
	paramHost, paramPath, paramPathType, paramPort, paramIngressClassName,
	paramTLSHosts, paramTLSSecretName, paramAnnotation, paramFixed, paramAllowNotReady,
}

// networkTypes are the plugins of OpenKruiseGame 1.0, as their Name methods under cloudprovider/ say.
var networkTypes = []string{
	NetworkType, "Kubernetes-HostPort", "Kubernetes-NodePort",
	"AlibabaCloud-AutoNLBs", "AlibabaCloud-EIP", "AlibabaCloud-Multi-NLBs", "AlibabaCloud-NATGW", "AlibabaCloud-NLB",
	"AlibabaCloud-NLB-SharedPort", "AlibabaCloud-SLB", "AlibabaCloud-SLB-SharedPort",
	"AmazonWebServices-NLB", "HwCloud-ELB", "JdCloud-EIP", "JdCloud-NLB", "TencentCloud-CLB", "Volcengine-CLB", "Volcengine-EIP",
}

// nearest is the word that a misspelt one was probably meant to be: equal but for case and for what is no letter, or
// at most two typing errors away (one for short words).
func nearest(misspelt string, words []string) (string, bool) {
	if len(misspelt) > 64 {
		return "", false
	}
	plain := letters(misspelt)
	best, distance := "", 3
	for _, w := range words {
		d := finding.TypingErrors(plain, letters(w))
		if d < distance && (d < 2 || len(w) > 5) {
			best, distance = w, d
		}
	}
	return best, best != ""
}

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}
