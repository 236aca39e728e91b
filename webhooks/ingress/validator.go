package ingress

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
	"github.com/gatehouse-dev/gatehouse/policy/host"
	"github.com/gatehouse-dev/gatehouse/webhooks/admit"
)

// ValidatePath is where the validating webhook is served.
const ValidatePath = "/validate-ingress"

// The verdicts of the validator, besides Ungoverned, as gatehouse_admission_requests_total counts them.
const (
	// Unjudged: an UPDATE that changes nothing to judge. The chart's match conditions keep these away.
	Unjudged admit.Verdict = "unjudged"
	// Claimed: the hosts are the Ingress's.
	Claimed admit.Verdict = "claimed"
	// Refused: for good, as things are.
	Refused admit.Verdict = "refused"
	// Later: refused for the moment.
	Later admit.Verdict = "later"
)

// Deeds is what the webhooks need of the host claims.
type Deeds interface {
	// Synced tells whether all claims and Ingresses are known.
	Synced() bool
	// Look judges from memory alone and writes nothing.
	Look(c host.Case) []host.Verdict
	// Claim takes or renews all deeds of the case, or none. An error means that it could not be decided.
	Claim(ctx context.Context, c host.Case) ([]host.Verdict, error)
}

// Sets reads GameServerSets.
type Sets interface {
	// Complete fills in what a request lacks because its GameServerSet is not known yet.
	Complete(ctx context.Context, request *policy.Request) error
}

// Herald tells people where they look that an Ingress of a game server was refused: they have applied the GameServerSet
// long before.
type Herald interface {
	// Refused returns at once, whatever becomes of it.
	Refused(server gameserver.Identity, message string)
}

// Validator refuses Ingresses that harm the gateway or want hosts that are not theirs, and claims the hosts of the others.
type Validator struct {
	policies Policies
	sets     Sets
	deeds    Deeds
	// quarantine: there is a class that no gateway serves.
	quarantine bool
	conflicts  *prometheus.CounterVec
	log        logr.Logger
	herald     Herald
}

// NewValidator makes a validator. quarantine is false where the gateway serves Ingresses of any class. It registers
// gatehouse_host_conflicts_total.
func NewValidator(policies Policies, sets Sets, deeds Deeds, quarantine bool, registry prometheus.Registerer, log logr.Logger, herald Herald) *Validator {
	v := &Validator{policies: policies, sets: sets, deeds: deeds, quarantine: quarantine, log: log.WithName("validator"), herald: herald}
	v.conflicts = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "gatehouse_host_conflicts_total",
		Help: "What Ingresses were refused for, by reason.",
	}, []string{"reason"})
	registry.MustRegister(v.conflicts)
	return v
}

// judgement is one request on its way through the validator.
type judgement struct {
	*Validator
	request  *admissionv1.AdmissionRequest
	stored   *networkingv1.Ingress // nil on CREATE
	ingress  *networkingv1.Ingress
	change   host.Change
	policies *policy.Set
	question policy.Request
	party    host.Party
	rules    policy.HostRules
	warnings []string
}

// Validate answers a CREATE or UPDATE of an Ingress in its final form.
func (v *Validator) Validate(ctx context.Context, request *admissionv1.AdmissionRequest) admit.Response {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update || request.SubResource != "" {
		return admit.Response{Verdict: Ungoverned}
	}
	j := &judgement{Validator: v, request: request}
	var err error
	if j.ingress, err = decode(request, request.Object); err != nil {
		return admit.NotReadable(fmt.Errorf("request.object: %w", err))
	}
	if request.Operation == admissionv1.Update {
		if j.stored, err = decode(request, request.OldObject); err != nil {
			return admit.NotReadable(fmt.Errorf("request.oldObject: %w", err))
		}
	}
	if j.change = host.Compare(j.stored, j.ingress); j.change.IsZero() {
		return admit.Response{Verdict: Unjudged}
	}
	policies, question, synced := v.policies.At(j.ingress)
	if !synced || !v.deeds.Synced() {
		return j.refuse(policy.TryAgain([]finding.Finding{{
			Code: finding.NotReady, Severity: finding.Error, Message: "Gatehouse does not know yet who holds which host; try again in a second",
		}}))
	}
	if !question.Class.Managed {
		return admit.Response{Verdict: Ungoverned}
	}
	j.policies, j.question = policies, question
	return j.judge(ctx)
}

// judge goes from what memory can tell to what has to be written.
func (j *judgement) judge(ctx context.Context) admit.Response {
	if refusal := j.harm(); refusal != nil {
		return j.refuse(refusal)
	}
	if refusal := j.lint(); refusal != nil {
		return j.refuse(refusal)
	}
	if len(j.change.Added) == 0 && len(j.change.Routed) == 0 {
		return admit.Response{Verdict: Claimed, Warnings: j.warnings}
	}
	if n := len(host.Of(j.ingress)); n > host.MaxHosts && len(j.change.Added) > 0 {
		return j.refuse(policy.Invalid([]finding.Finding{{
			Code: finding.TooManyHosts, Severity: finding.Error, Field: "spec.rules",
			Message: fmt.Sprintf("%d hosts in one Ingress, of %d at most; spread them over several", n, host.MaxHosts),
		}}))
	}
	if err := j.sets.Complete(ctx, &j.question); err != nil {
		return admit.Response{Err: err}
	}
	j.party, j.rules = j.policies.Party(j.question), j.policies.HostRules(j.question)
	if refusal := j.check(); refusal != nil {
		return j.refuse(refusal)
	}
	return j.claim(ctx)
}

// harm refuses what is new and would crash or blind the gateway. What stands already does its harm in any case, and its
// owner must be able to take it away bit by bit.
func (j *judgement) harm() *policy.Refusal {
	dialect := gateway.For(j.question.Class.Gateway)
	harms := dialect.Harms(j.ingress)
	if j.stored != nil && !j.change.Standing {
		before := dialect.Harms(j.stored)
		harms = slices.DeleteFunc(harms, func(h gateway.Harm) bool { return slices.Contains(before, h) })
	}
	if len(harms) == 0 {
		return nil
	}
	var found []finding.Finding
	for _, h := range harms {
		found = append(found, finding.Finding{Code: finding.GatewayHarmed, Severity: finding.Error, Field: h.Field, Message: h.Why})
	}
	finding.Sort(found)
	return policy.Invalid(found)
}

// check holds the hosts that are added against what the policies allow, and the paths against those of the set's other
// servers.
func (j *judgement) check() *policy.Refusal {
	var refused []finding.Finding
	if j.party.IsServer() {
		for _, f := range j.rules.Check(j.party.ID, j.ingress, j.change.Added) {
			if f.Severity == finding.Error {
				refused = append(refused, f)
			} else {
				j.warnings = append(j.warnings, policy.Warning(f))
			}
		}
		if f := j.repeated(); f != nil {
			refused = append(refused, *f)
		}
	}
	if len(refused) == 0 {
		return nil
	}
	return policy.Forbid(refused)
}

// repeated finds that the servers of a set which shares a host have the same paths, so that the gateway would serve one
// of them alone: the first keeps its route. Conditions on headers or methods tell routes apart that paths do not.
func (j *judgement) repeated() *finding.Finding {
	shared, ids := j.party.SharedHost, j.question.SetIDs
	judged := slices.Concat(j.change.Added, j.change.Routed)
	if shared == "" || len(ids) == 0 || j.party.ID <= ids[0] || !slices.Contains(judged, shared) || !j.question.Template.Collide(j.party.ID, ids[0]) {
		return nil
	}
	for key := range j.ingress.Annotations {
		if host.IsCondition(key) {
			return nil
		}
	}
	return &finding.Finding{
		Code: finding.HostRepeated, Severity: finding.Error, Field: policy.HostField(j.ingress, shared),
		Message: fmt.Sprintf("%s and its paths are the same for all servers of GameServerSet %s/%s, of which the gateway would serve one alone; put <id> into Host or Path",
			finding.Quote(shared), j.party.Namespace, j.party.Set),
	}
}

// claim takes the hosts that are added; in a dry run it only looks.
func (j *judgement) claim(ctx context.Context) admit.Response {
	c := host.Case{Party: j.party, Ingress: j.ingress.Name, Deeds: host.Deeds(j.question.Class.Key(), j.change.Added)}
	c.Former, c.Stood = j.former()
	var verdicts []host.Verdict
	if j.dryRun() {
		verdicts = j.deeds.Look(c)
	} else {
		var err error
		if verdicts, err = j.deeds.Claim(ctx, c); err != nil {
			return admit.Response{Err: err}
		}
	}
	quarantines := j.quarantine && j.rules.OnConflict == v1alpha1.OnConflictQuarantine
	if refusal := policy.RefuseHosts(j.ingress, j.party, verdicts, quarantines); refusal != nil {
		return j.refuse(refusal)
	}
	return admit.Response{Verdict: Claimed, Warnings: append(j.warnings, policy.HostWarnings(verdicts)...)}
}

// former is the game server whose Ingress an UPDATE orphans.
func (j *judgement) former() (*host.Party, []string) {
	if !j.change.Orphaned {
		return nil, nil
	}
	policies, question, _ := j.Validator.policies.At(j.stored)
	if policies == nil || !question.Class.Managed || question.Class.Key() != j.question.Class.Key() {
		return nil, nil
	}
	former := policies.Party(question)
	if !former.IsServer() {
		return nil, nil
	}
	return &former, host.Of(j.stored)
}

func (j *judgement) dryRun() bool { return j.request.DryRun != nil && *j.request.DryRun }

func (j *judgement) refuse(refusal *policy.Refusal) admit.Response {
	status := refusal.Status(j.ingress.Name)
	verdict := Refused
	if status.Details.RetryAfterSeconds > 0 {
		verdict = Later
	}
	for _, code := range refusal.Codes() {
		j.conflicts.WithLabelValues(policy.RefusalReason(code)).Inc()
	}
	j.log.Info("refused", "namespace", j.request.Namespace, "name", j.ingress.Name, "operation", j.request.Operation,
		"code", status.Code, "message", status.Message)
	if server, isGame := gameserver.Identify(j.ingress); isGame && verdict == Refused && !j.dryRun() {
		j.herald.Refused(server, status.Message)
	}
	return admit.Response{Verdict: verdict, Denied: status}
}
