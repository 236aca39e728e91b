package host

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// Party is who asks for a host: a game server by its Ingress, or the web Ingresses of a namespace.
type Party struct {
	// Namespace is that of the Ingress.
	Namespace string
	// Set and ID name the game server; Set is empty where the Ingress is no game server's.
	Set string
	ID  int
	// SharedHost is the normalised host that all servers of the set have by its template, empty if each has its own.
	SharedHost string
	// CanaryOf is the set on whose server of the same id this one stands as a canary, empty if it is none.
	CanaryOf string
	// Solver: the Ingress answers an ACME challenge and may join any deed of its namespace.
	Solver bool
}

// IsServer tells whether the party is a game server.
func (p Party) IsServer() bool { return p.Set != "" }

// Primary is the game server on which a canary stands.
func (p Party) Primary() Party {
	return Party{Namespace: p.Namespace, Set: p.CanaryOf, ID: p.ID, SharedHost: p.SharedHost}
}

// Principal is the game server in whose right the party stands on a host: its primary where it is a canary, else itself.
func (p Party) Principal() Party {
	if p.CanaryOf == "" {
		return p
	}
	return p.Primary()
}

// String is how people read it: "game server games/postio-3" or "namespace web".
func (p Party) String() string {
	if p.IsServer() {
		return "game server " + p.Namespace + "/" + p.Set + "-" + strconv.Itoa(p.ID)
	}
	return "namespace " + p.Namespace
}

// Describe names a holder the same way, with set and id apart: "game server games/postio-3 (GameServerSet postio, id 3)".
func Describe(h v1alpha1.Holder) string {
	switch {
	case h.GameServerSet == "":
		return "the web Ingresses of namespace " + h.Namespace
	case h.ID == nil:
		return "GameServerSet " + h.Namespace + "/" + h.GameServerSet
	}
	id := strconv.Itoa(*h.ID)
	return "game server " + h.Namespace + "/" + h.GameServerSet + "-" + id + " (GameServerSet " + h.GameServerSet + ", id " + id + ")"
}

// Claimant is what the party would hold of a host: the server alone, its whole set where the set shares the host, or the
// namespace.
func (p Party) Claimant(host string) (v1alpha1.Sharing, v1alpha1.Holder) {
	switch {
	case !p.IsServer():
		return v1alpha1.SharingNamespace, NamedHolder(v1alpha1.Holder{Namespace: p.Namespace})
	case p.SharedHost == host:
		return v1alpha1.SharingSet, NamedHolder(v1alpha1.Holder{Namespace: p.Namespace, GameServerSet: p.Set})
	}
	id := p.ID
	return v1alpha1.SharingServer, NamedHolder(v1alpha1.Holder{Namespace: p.Namespace, GameServerSet: p.Set, ID: &id})
}

// NamedHolder is the holder with the name under which kubectl lists it.
func NamedHolder(h v1alpha1.Holder) v1alpha1.Holder {
	h.Name = h.Namespace
	if h.GameServerSet != "" {
		h.Name += "/" + h.GameServerSet
	}
	return h
}

// Within tells whether a game server is the holder or one of its set.
func (p Party) Within(h v1alpha1.Holder) bool {
	return p.Namespace == h.Namespace && p.Set == h.GameServerSet && (h.ID == nil || *h.ID == p.ID)
}

const solverGroup = "acme.cert-manager.io/"

// solverPath is a path of RFC 8555, section 8.3: the token has no other characters than those of base64url. Where an
// annotation makes a path a regular expression, this one still means itself.
var solverPath = regexp.MustCompile(`^/\.well-known/acme-challenge/[-_A-Za-z0-9]+$`)

// IsSolver tells whether an Ingress answers an ACME challenge and nothing else: its controller is a Challenge of
// cert-manager, and all its paths are those of tokens.
func IsSolver(ing *networkingv1.Ingress) bool {
	owner := metav1.GetControllerOfNoCopy(ing)
	if owner == nil || owner.Kind != "Challenge" || !strings.HasPrefix(owner.APIVersion, solverGroup) || ing.Spec.DefaultBackend != nil {
		return false
	}
	paths := 0
	for _, rule := range ing.Spec.Rules {
		if rule.HTTP == nil {
			return false
		}
		for _, path := range rule.HTTP.Paths {
			if !solverPath.MatchString(path.Path) {
				return false
			}
			paths++
		}
	}
	return paths > 0
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
