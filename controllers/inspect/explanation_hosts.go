package inspect

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// Host is a host of an Ingress and who holds it.
type Host struct {
	Host string `json:"host"`
	// Claim is the name of the HostClaim; empty where there is none.
	Claim string `json:"claim"`
	// Holder is who holds it; null where nobody does.
	Holder *v1alpha1.Holder        `json:"holder"`
	Phase  v1alpha1.HostClaimPhase `json:"phase"`
	// Covered: the Ingress may stand on the host.
	Covered bool `json:"covered"`
}

// readHosts says who holds the hosts.
func (e *Explanation) readHosts(ctx context.Context, from client.Reader, now time.Time) error {
	if !e.Managed {
		return nil
	}
	for _, d := range deeds(e.request) {
		claim := &v1alpha1.HostClaim{}
		err := from.Get(ctx, types.NamespacedName{Name: d.ClaimName()}, claim)
		if apierrors.IsNotFound(err) {
			claim, err = nil, nil
		}
		if err != nil {
			return err
		}
		verdict := host.Verdict{Deed: d, Judgement: host.Judge(claim, d, e.party, host.Terms{}, now)}
		line := Host{Host: d.Host, Covered: verdict.Outcome != host.Refused}
		if claim != nil {
			holder := host.Game(&claim.Spec)
			line.Claim, line.Holder, line.Phase = claim.Name, &holder, claim.Status.Phase
		}
		e.Hosts = append(e.Hosts, line)
		if !line.Covered {
			e.Findings = append(e.Findings, e.taken(&verdict))
		}
	}
	finding.Sort(e.Findings)
	return nil
}

// taken is what is wrong with a host that the Ingress may not stand on.
func (e *Explanation) taken(v *host.Verdict) finding.Finding {
	f := finding.Finding{Code: finding.HostTaken, Severity: finding.Error, Field: policy.HostField(e.request.Ingress, v.Host)}
	switch {
	case v.Holder.Namespace == "":
		f.Code, f.Message = finding.CanaryWithoutPrimary, policy.QuoteHost(v.Host)+" is held by nobody, and this is a canary; create its primary's Ingress with this host first"
	case e.State == Missing || e.State == Quarantined:
		f.Message = policy.QuoteHost(v.Host) + " is held by " + host.Describe(v.Holder) + "; choose another host, or free it there first: kubectl describe hostclaim " + finding.NoPercent(v.ClaimName())
	default:
		f.Message = policy.QuoteHost(v.Host) + " is held by " + host.Describe(v.Holder) + "; the gateway serves the older Ingress where their paths are the same; choose another host"
	}
	return f
}
