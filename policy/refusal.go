package policy

import (
	"net/http"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// retryAfterSeconds is when a client is to try again. client-go does so by itself and nobody notices; OpenKruiseGame's
// plugin waits 8 s in all.
const retryAfterSeconds = 1

// maxRefusals bounds how much one refusal says.
const maxRefusals = 5

// Refusal is the answer to a write that must not be. All that is wrong stands in one message.
type Refusal struct {
	code   int32
	reason metav1.StatusReason
	found  []finding.Finding
}

// Invalid refuses what is wrong with the object itself: 422.
func Invalid(found []finding.Finding) *Refusal {
	return &Refusal{http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, found}
}

// Forbid refuses what the object may not have: 403.
func Forbid(found []finding.Finding) *Refusal {
	return &Refusal{http.StatusForbidden, metav1.StatusReasonForbidden, found}
}

// TryAgain refuses for the moment: 429, with the time to wait.
func TryAgain(found []finding.Finding) *Refusal {
	return &Refusal{http.StatusTooManyRequests, metav1.StatusReasonTooManyRequests, found}
}

// Status is the refusal of an Ingress as the API server passes it on. Of a 422 kubectl shows the causes, else the message.
func (r *Refusal) Status(ingress string) *metav1.Status {
	status := &metav1.Status{
		Status: metav1.StatusFailure, Code: r.code, Reason: r.reason, Message: r.message(),
		Details: &metav1.StatusDetails{Group: networkingv1.GroupName, Kind: "Ingress", Name: ingress},
	}
	if r.code == http.StatusTooManyRequests {
		status.Details.RetryAfterSeconds = retryAfterSeconds
	}
	for _, f := range r.found[:min(len(r.found), maxRefusals)] {
		status.Details.Causes = append(status.Details.Causes, metav1.StatusCause{
			Type: metav1.CauseType(f.Code), Message: finding.NoPercent(f.Message) + " [" + string(f.Code) + "]", Field: f.Field,
		})
	}
	return status
}

func (r *Refusal) message() string {
	var parts []string
	for _, f := range r.found[:min(len(r.found), maxRefusals)] {
		parts = append(parts, f.String())
	}
	text := strings.Join(parts, "; and ")
	if left := len(r.found) - maxRefusals; left > 0 {
		text += "; and " + strconv.Itoa(left) + " more"
	}
	return finding.NoPercent(text)
}

// RefuseHosts turns the verdicts on an Ingress's hosts into a refusal; nil if none is refused. It asks to try again if the
// outcome is open for every host that is refused: its holder's own create is on its way and may yet fail, or the next try
// ends in quarantine, where there is one (quarantine) and the mutator knows by then what it did not know this time.
func RefuseHosts(ing *networkingv1.Ingress, p host.Party, verdicts []host.Verdict, quarantine bool) *Refusal {
	var found []finding.Finding
	open := true
	for i := range verdicts {
		if v := &verdicts[i]; v.Outcome == host.Refused {
			found = append(found, refusedHost(ing, p, v))
			open = open && (v.InFlight || quarantine && v.News)
		}
	}
	switch {
	case len(found) == 0:
		return nil
	case open:
		return TryAgain(found)
	}
	return Forbid(found)
}

func refusedHost(ing *networkingv1.Ingress, p host.Party, v *host.Verdict) finding.Finding {
	f := finding.Finding{Code: finding.HostTaken, Severity: finding.Error, Field: HostField(ing, v.Host)}
	held := QuoteHost(v.Host) + " is held by " + host.Describe(v.Holder)
	switch {
	case v.NoPrimary:
		f.Code = finding.CanaryWithoutPrimary
		f.Message = QuoteHost(v.Host) + " is not served by " + p.Primary().String() + ", whose canary this is; create the primary's Ingress with this host first"
		if v.Holder.Namespace != "" && !p.Primary().Within(v.Holder) {
			f.Message = held + ", and this is a canary of " + p.Primary().String() + "; a canary has the host of its primary"
		}
	case v.InFlight:
		f.Code = finding.HostInFlight
		f.Message = held + ", whose Ingress is being created now; try again in a second"
	default:
		f.Message = held + "; choose another host, or free it there first: kubectl describe hostclaim " + finding.NoPercent(v.ClaimName())
	}
	return f
}

// RefusalReason is why a host was refused, as gatehouse_host_conflicts_total counts it.
func RefusalReason(code finding.Code) string {
	switch code {
	case finding.HostTaken:
		return "held"
	case finding.HostInFlight:
		return "in_flight"
	case finding.CanaryWithoutPrimary:
		return "no_primary"
	case finding.HostNotAllowed:
		return "not_allowed"
	case finding.HostNotTemplate:
		return "not_template"
	case finding.WildcardNotAllowed:
		return "wildcard"
	case finding.HostRepeated:
		return "repeated"
	case finding.TooManyHosts:
		return "too_many"
	case finding.GatewayHarmed:
		return "harmful"
	case finding.AccessOpen:
		return "open"
	default:
		return "other"
	}
}

// Codes are those of all that is wrong.
func (r *Refusal) Codes() []finding.Code {
	var codes []finding.Code
	for _, f := range r.found {
		codes = append(codes, f.Code)
	}
	return codes
}

// HostWarnings are what the writer should know of hosts that were not refused.
func HostWarnings(verdicts []host.Verdict) []string {
	var out []string
	for i := range verdicts {
		v := &verdicts[i]
		if v.Shared {
			out = append(out, Warning(finding.Finding{Code: finding.HostShared, Message: QuoteHost(v.Host) + " is also served by " + host.Describe(v.Holder)}))
		}
		for _, o := range v.Covering {
			out = append(out, Warning(finding.Finding{Code: finding.HostOverlaps, Message: QuoteHost(v.Host) + " overlaps " + QuoteHost(o.Host) + " of " + host.Describe(o.Holder)}))
		}
	}
	return out
}

// QuarantineWarning says why an Ingress waits in quarantine.
func QuarantineWarning(r *Refusal) string {
	f := r.found[0]
	f.Code, f.Message = finding.HostQuarantined, "in quarantine: "+f.Message
	return Warning(f)
}
