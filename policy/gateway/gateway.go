// Package gateway turns typed traffic settings into the annotations of one gateway and knows, as data, which
// annotations that gateway really reads and which values its parser accepts.
//
// It decides nothing: which setting wins is the engine's business. A gateway is a Dialect; adding a gateway
// means adding one leaf that implements it.
package gateway

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// Kind names a gateway implementation.
type Kind string

// The gateways that Gatehouse can name. Only Higress has a dialect that renders; the others are known so that
// a finding can say which gateway cannot be served.
const (
	Higress Kind = "higress"
	Nginx   Kind = "nginx"
	ALB     Kind = "alb"
)

// KindOfController tells the gateway behind an IngressClass's spec.controller.
func KindOfController(controller string) (Kind, bool) {
	switch controller {
	case "higress.io/higress-controller":
		return Higress, true
	case "k8s.io/ingress-nginx":
		return Nginx, true
	case "ingress.k8s.alibabacloud/alb":
		return ALB, true
	}
	return "", false
}

// Dialect is one gateway: how settings become its annotations, and what it reads.
type Dialect interface {
	// Kind is the gateway this dialect speaks to.
	Kind() Kind
	// Render is the annotations that mean v, and what has to be said about it. The Field of a finding is
	// relative to the settings block ("rateLimit"). Every value returned is one the gateway's parser accepts.
	Render(v Value, vars Vars) (map[string]string, []finding.Finding)
	// SettingOf is the typed setting whose family the full key, with a prefix this gateway reads, belongs to.
	SettingOf(key string) (Setting, bool)
	// Spoils is the setting that a key, which is not read itself, keeps the gateway from reading.
	Spoils(key string) (Setting, bool)
	// Reads tells whether the gateway looks at the full key at all.
	Reads(key string) bool
	// Accepts tells whether the gateway's parser would take the value rather than drop it.
	Accepts(key, value string) bool
	// Twin is the key whose value, if it parses, wins over the one of this key. Whoever sets this key removes the
	// twin, whatever it holds: a value without effect (an access list of typing errors) can still win.
	Twin(key string) (string, bool)
	// Canonical is the key, under the gateway's own prefix, for what this key controls: a key that the gateway reads
	// under a second prefix too stands for the same thing. Any other key is its own.
	Canonical(key string) string
	// CheckRaw judges an annotation that is given as it is, variables expanded, not through a typed setting. A
	// Warning says that it would have no effect, an Error that it must never reach the gateway.
	CheckRaw(key, value string) []finding.Finding
	// IsCanary tells whether the gateway takes an Ingress with these annotations for a canary: it only serves beside
	// another one with the same route.
	IsCanary(annotations map[string]string) bool
	// Harms lists what about an Ingress must never reach the gateway, whoever wrote it.
	Harms(ing *networkingv1.Ingress) []Harm
	// Lint says what of an Ingress's annotations does not do what it seems to, sorted by key. What harms the gateway is not
	// among it: Harms says that.
	Lint(annotations map[string]string) []Remark
	// Upgrade tells what among the annotations of a route breaks a WebSocket upgrade.
	Upgrade(annotations map[string]string) []finding.Finding
}

// For is the dialect of a gateway. For a gateway without one it renders nothing and says so per setting.
func For(k Kind) Dialect {
	if k == Higress {
		return higress{}
	}
	return unsupported{kind: k}
}

// withDialect are the gateways that Gatehouse can speak to.
var withDialect = [...]Dialect{higress{}}

// Touches tells whether a decision for any gateway with a dialect could have set or removed the full key. Keys that are
// not a gateway's (kubernetes.io/ingress.class, those of OpenKruiseGame and of Gatehouse) are in no catalog.
func Touches(key string) bool {
	for _, d := range withDialect {
		if _, spoils := d.Spoils(key); spoils || d.Reads(key) {
			return true
		}
	}
	return false
}
