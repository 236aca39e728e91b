package host

import (
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// Any is how rules without a host and default backends are held: they answer for every host that no rule names.
const Any = "*"

// MaxHosts is how many hosts one Ingress may have: each is a claim that its admission may have to write.
const MaxHosts = 32

// Deed names what can be held: a host on a gateway.
type Deed struct {
	// Gateway is the key of the gateway: all classes that one gateway serves have the same.
	Gateway string
	// Host is normalised.
	Host string
}

// DeedOf is the deed that a claim is.
func DeedOf(spec *v1alpha1.HostClaimSpec) Deed { return Deed{Gateway: spec.Class, Host: spec.Host} }

// Deeds are those to normalised hosts on one gateway.
func Deeds(gateway string, hosts []string) []Deed {
	deeds := slices.Grow([]Deed(nil), len(hosts))
	for _, name := range hosts {
		deeds = append(deeds, Deed{Gateway: gateway, Host: name})
	}
	return deeds
}

// Normalize is the one spelling of a host: lower case, without the dot of the DNS root; Any where there is none. A name
// in punycode stays as it is: the API server takes no other form of an international name.
func Normalize(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "" {
		return Any
	}
	return host
}

// IsWildcard tells whether a normalised host stands for more than one name.
func IsWildcard(host string) bool { return host == Any || strings.HasPrefix(host, "*.") }

// Covers tells whether a gateway would serve a host by the wildcard where nothing has that host itself. Envoy lets a
// wildcard stand for any number of labels (config.route.v3.VirtualHost.domains), Kubernetes for one: the wider reading
// counts.
func Covers(wildcard, host string) bool {
	if wildcard == host {
		return false
	}
	if wildcard == Any {
		return true
	}
	suffix, wild := strings.CutPrefix(wildcard, "*")
	return wild && strings.HasSuffix(host, suffix)
}

// Wildcards lists the wildcards that cover a normalised host, the nearest first.
func Wildcards(host string) []string {
	var out []string
	if host == Any {
		return nil
	}
	for rest := strings.TrimPrefix(host, "*."); ; {
		_, after, more := strings.Cut(rest, ".")
		if !more {
			return append(out, Any)
		}
		out, rest = append(out, "*."+after), after
	}
}

// digestLength is that of 130 bits in base32.
const digestLength = 26

var digits = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// maxName is the greatest length of an object's name.
const maxName = 253

// ClaimName is the name of the deed's HostClaim. It is the host followed by the gateway, where that is a legal name from
// which both can be told: an exact host, a gateway whose key has no dot, and not too long. In any other case a digest
// of both ends the name, which no gateway's key can look like in the first form. So two deeds never have the same name.
func (d Deed) ClaimName() string {
	plain := d.Host + "." + d.Gateway
	if !IsWildcard(d.Host) && !strings.Contains(d.Gateway, ".") && !isDigest(d.Gateway) && len(plain) <= maxName {
		return plain
	}
	sum := sha256.Sum256([]byte(d.Gateway + "\x00" + d.Host))
	digest := "x-" + digits.EncodeToString(sum[:])[:digestLength]
	readable := "any-host"
	if d.Host != Any {
		readable = strings.Replace(d.Host, "*", "wildcard", 1)
	}
	readable += "." + d.Gateway
	if most := maxName - len(digest) - 1; len(readable) > most {
		readable = strings.TrimRight(readable[:most], "-.")
	}
	return readable + "." + digest
}

// isDigest tells whether a gateway's key could be taken for the end of a name in the second form.
func isDigest(key string) bool {
	return strings.HasPrefix(key, "x-") && len(key) == digestLength+len("x-")
}

// Of lists the hosts of an Ingress, normalised, sorted, each once: Any for a rule without one and for a default backend.
func Of(ing *networkingv1.Ingress) []string {
	seen := make(map[string]bool, len(ing.Spec.Rules)+1)
	if ing.Spec.DefaultBackend != nil {
		seen[Any] = true
	}
	for i := range ing.Spec.Rules {
		seen[Normalize(ing.Spec.Rules[i].Host)] = true
	}
	return sorted(seen)
}
