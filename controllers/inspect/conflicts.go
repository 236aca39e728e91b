package inspect

import (
	"cmp"
	"context"
	"slices"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/controllers/survey"
	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

// Conflicts are hosts that more than one wants. No list in it is ever null: programs read it.
type Conflicts struct {
	Conflicts []Conflict `json:"conflicts"`

	filter hostsFilter
}

// Conflict is somebody who wants a host that another holds.
type Conflict struct {
	Host   string          `json:"host"`
	Class  string          `json:"class"`
	Claim  string          `json:"claim"`
	Holder v1alpha1.Holder `json:"holder"`
	// Rival is who wants it too.
	Rival v1alpha1.Holder `json:"rival"`
	How   Rivalry         `json:"how"`
	// Ingress is the name of the rival's, in its namespace; empty where it has none.
	Ingress string `json:"ingress"`
}

// Rivalry is how somebody wants a host that another holds.
type Rivalry string

// The ways to want a host.
const (
	// Waits: its template names the host, and it has no Ingress.
	Waits Rivalry = "Waits"
	// InQuarantine: its Ingress waits, with a class that no gateway serves.
	InQuarantine Rivalry = "Quarantined"
	// Stands: its Ingress stands on the host, and the gateway serves the older one where their paths are the same.
	Stands Rivalry = "Duplicate"
)

// Refused implements offline.Report.
func (c *Conflicts) Refused() bool { return len(c.Conflicts) > 0 }

// conflicts finds who else wants the hosts that are held.
func (s *session) conflicts(ctx context.Context, from client.Reader, claims []*v1alpha1.HostClaim, f hostsFilter) (offline.Report, error) {
	w, err := readWorld(ctx, from, s.options)
	if err != nil {
		return nil, err
	}
	if err := w.readFleet(ctx, from); err != nil {
		return nil, err
	}
	byName := make(map[string]*v1alpha1.HostClaim, len(claims))
	for _, c := range claims {
		byName[c.Name] = c
	}
	out := &Conflicts{Conflicts: []Conflict{}, filter: f}
	standing := map[string]bool{}
	bar := s.watch(ctx, from)
	defer bar.end()
	err = survey.New(from, types.NamespacedName{}).Ingresses(ctx, func(ing *networkingv1.Ingress) bool {
		bar.step()
		for _, c := range w.rivals(ing, byName, s.outside.now()) {
			standing[c.who()] = true
			out.add(byName[c.Claim], c)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	for _, claim := range claims {
		for _, rival := range claim.Status.Waiters {
			if c := conflictOf(claim, rival, Waits, ""); !standing[c.who()] { // who stands there does not wait
				out.add(claim, c)
			}
		}
	}
	slices.SortFunc(out.Conflicts, func(a, b Conflict) int {
		return cmp.Or(compareHolders(a.Holder, b.Holder), cmp.Compare(a.Host, b.Host), cmp.Compare(a.Class, b.Class), cmp.Compare(a.How, b.How),
			compareHolders(a.Rival, b.Rival), cmp.Compare(a.Ingress, b.Ingress))
	})
	return out, nil
}

// add takes a conflict that is asked for: one of somebody who is, on either side.
func (c *Conflicts) add(claim *v1alpha1.HostClaim, conflict Conflict) {
	if c.filter.fits(claim) && slices.ContainsFunc(append(parties(claim), conflict.Rival), c.filter.concerns) {
		c.Conflicts = append(c.Conflicts, conflict)
	}
}

// rivals are the hosts of an Ingress that others hold.
func (w *world) rivals(ing *networkingv1.Ingress, claims map[string]*v1alpha1.HostClaim, now time.Time) []Conflict {
	how := Stands
	if waiting, ok := policy.Unquarantine(ing); ok {
		ing, how = waiting, InQuarantine
	}
	r := w.request(ing)
	if !r.Class.Managed {
		return nil
	}
	party := w.policies.Party(r)
	rival := v1alpha1.Holder{Namespace: party.Namespace, GameServerSet: party.Set}
	if party.IsServer() {
		rival.ID = &party.ID
	}
	var out []Conflict
	for _, d := range deeds(r) {
		claim := claims[d.ClaimName()]
		if claim == nil || host.Judge(claim, d, party, host.Terms{}, now).Outcome != host.Refused {
			continue
		}
		out = append(out, conflictOf(claim, rival, how, ing.Name))
	}
	return out
}

func conflictOf(claim *v1alpha1.HostClaim, rival v1alpha1.Holder, how Rivalry, ingress string) Conflict {
	return Conflict{
		Host: claim.Spec.Host, Class: claim.Spec.Class, Claim: claim.Name, Holder: host.Game(&claim.Spec),
		Rival: host.NamedHolder(rival), How: how, Ingress: ingress,
	}
}

// who is the conflict as far as it says who wants what.
func (c Conflict) who() string {
	return c.Claim + " " + nameHolder(c.Rival)
}
