package ingress_test

import (
	"context"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

var now = time.Date(2026, time.July, 1, 14, 0, 0, 0, time.UTC)

// deeds judges by the claims that it is given, as the ledger does, and remembers what it was asked.
type deeds struct {
	claims   map[string]*v1alpha1.HostClaim
	unsynced bool
	err      error

	looked, claimed []host.Case
}

func (d *deeds) Synced() bool { return !d.unsynced }

func (d *deeds) Look(c host.Case) []host.Verdict {
	d.looked = append(d.looked, c)
	return d.judge(c)
}

func (d *deeds) Claim(_ context.Context, c host.Case) ([]host.Verdict, error) {
	d.claimed = append(d.claimed, c)
	if d.err != nil {
		return nil, d.err
	}
	return d.judge(c), nil
}

func (d *deeds) judge(c host.Case) []host.Verdict {
	var out []host.Verdict
	for _, deed := range c.Deeds {
		j := host.JudgeCase(d.claims[deed.ClaimName()], deed, &c, host.Terms{}, now)
		out = append(out, host.Verdict{Deed: deed, Judgement: j})
	}
	return out
}

// heldBy are deeds of which a party has had those of some hosts for an hour.
func heldBy(p host.Party, hosts ...string) *deeds {
	d := &deeds{claims: map[string]*v1alpha1.HostClaim{}}
	for _, name := range hosts {
		deed := host.Deed{Gateway: "higress", Host: name}
		sharing, holder := p.Claimant(name)
		bound := &v1alpha1.IngressReference{Namespace: p.Namespace, Name: "front", UID: "1"}
		if p.IsServer() {
			bound.Name = p.Set + "-" + strconv.Itoa(p.ID)
		}
		d.claims[deed.ClaimName()] = &v1alpha1.HostClaim{
			ObjectMeta: metav1.ObjectMeta{Name: deed.ClaimName(), CreationTimestamp: metav1.NewTime(now.Add(-time.Hour))},
			Spec:       v1alpha1.HostClaimSpec{Class: "higress", Host: name, Sharing: sharing, Holder: holder, RenewedAt: host.Stamp(now)},
			Status:     v1alpha1.HostClaimStatus{Phase: v1alpha1.HostClaimBound, Ingress: bound},
		}
	}
	return d
}

// onTheirWay makes all claims those of creates that have just begun.
func (d *deeds) onTheirWay() *deeds {
	for _, claim := range d.claims {
		claim.CreationTimestamp.Time, claim.Status = now, v1alpha1.HostClaimStatus{Phase: v1alpha1.HostClaimPending}
	}
	return d
}
