package gamepolicy

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admission/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/json"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
	"github.com/gatehouse-dev/gatehouse/webhooks/admit"
)

// ValidatePath is where the webhook is served.
const ValidatePath = "/validate-gamepolicy"

// The verdicts, as gatehouse_admission_requests_total counts them, besides admit.Allowed.
const (
	// Warned: there was something to say.
	Warned admit.Verdict = "warned"
	// Unjudged: the policy is being deleted, or is none that this version compiles.
	Unjudged admit.Verdict = "unjudged"
	// Unsynced: not everything is known yet.
	Unsynced admit.Verdict = "unsynced"
)

// Cluster is what is known in memory. Fleet and At are false while not everything is known yet.
type Cluster interface {
	// Fleet is the policies that stand and what they can select.
	Fleet() (*policy.Set, policy.Fleet, bool)
	// At is the request to put to policies for an Ingress.
	At(ing *networkingv1.Ingress) (*policy.Set, policy.Request, bool)
	// Compile is nil where a stored policy is none of this version.
	Compile(stored *v1alpha1.GamePolicy) *policy.Compiled
}

// Survey reads from the API server.
type Survey interface {
	// HigressLimits are Higress's own; known is false where nobody is to look.
	HigressLimits(ctx context.Context) (limits gateway.Limits, known bool, err error)
	// Policies lists the GamePolicies.
	Policies(ctx context.Context) ([]v1alpha1.GamePolicy, error)
	// Ingresses visits those that stand until visit is false.
	Ingresses(ctx context.Context, visit func(*networkingv1.Ingress) bool) error
}

// Validator answers for GamePolicies.
type Validator struct {
	cluster Cluster
	survey  Survey
	log     logr.Logger
}

// NewValidator makes a validator.
func NewValidator(cluster Cluster, survey Survey, log logr.Logger) *Validator {
	return &Validator{cluster: cluster, survey: survey, log: log.WithName("gamepolicy")}
}

// Validate answers a CREATE or UPDATE of a GamePolicy. It never refuses one.
func (v *Validator) Validate(ctx context.Context, request *admissionv1.AdmissionRequest) admit.Response {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update || request.SubResource != "" {
		return admit.Response{Verdict: Unjudged}
	}
	p, err := decode(request)
	if err != nil {
		return admit.NotReadable(fmt.Errorf("request.object: %w", err))
	}
	compiled, _ := policy.Compile(p)
	if compiled == nil || p.DeletionTimestamp != nil {
		return admit.Response{Verdict: Unjudged}
	}
	policies, fleet, synced := v.cluster.Fleet()
	if !synced {
		return admit.Response{Verdict: Unsynced}
	}
	policies = v.latest(ctx, policies)
	found := policies.Overlaps(compiled, &fleet)
	found = append(found, compiled.SelectsNothing(&fleet)...)
	found = append(found, v.gateways(ctx, compiled, compiled.Gateways(fleet.Classes))...)
	if request.DryRun != nil && *request.DryRun { // after the rest: it takes what is left of the time
		found = append([]finding.Finding{v.trial(ctx, policies, p, compiled)}, found...)
	}
	if len(found) == 0 {
		return admit.Response{}
	}
	v.log.V(1).Info("warned", "policy", p.Name, "findings", len(found))
	return admit.Response{Verdict: Warned, Warnings: lines(p.Name, found)}
}

// latest is the policies as the API server has them: kubectl apply of a directory writes the next one before memory has
// heard of the last. Where they cannot be had, those in memory serve.
func (v *Validator) latest(ctx context.Context, known *policy.Set) *policy.Set {
	list, err := v.survey.Policies(ctx)
	if err != nil {
		v.log.Error(err, "GamePolicies cannot be listed; those in memory serve")
		return known
	}
	var compiled []*policy.Compiled
	for i := range list {
		compiled = append(compiled, v.cluster.Compile(&list[i])) // nil is left out
	}
	return policy.NewSet(compiled)
}

// gateways says what the gateways that a policy is for make of it.
func (v *Validator) gateways(ctx context.Context, c *policy.Compiled, kinds []gateway.Kind) []finding.Finding {
	var out []finding.Finding
	for _, kind := range kinds {
		if kind == gateway.Higress && c.Bounded() {
			out = append(out, v.limits(ctx, c)...)
		}
	}
	for _, f := range c.Check(kinds) {
		if f.Severity != finding.Info { // what is worth knowing and nothing to change is for gatehouse lint
			out = append(out, f)
		}
	}
	return out
}

func (v *Validator) limits(ctx context.Context, c *policy.Compiled) []finding.Finding {
	limits, known, err := v.survey.HigressLimits(ctx)
	switch {
	case err != nil:
		v.log.Error(err, "the gateway's own limits are not known")
		return []finding.Finding{{
			Code: finding.GatewayLimitsUnread, Severity: finding.Warning, Message: finding.NoPercent(err.Error()),
		}}
	case !known:
		return nil
	}
	return c.CheckLimits(limits)
}

// decode reads a GamePolicy the way the API server does: field names are case-sensitive, unknown fields are skipped.
func decode(request *admissionv1.AdmissionRequest) (*v1alpha1.GamePolicy, error) {
	if kind := request.Kind; kind.Kind != "" && (kind.Group != v1alpha1.GroupVersion.Group || kind.Kind != "GamePolicy" || kind.Version != v1alpha1.GroupVersion.Version) {
		return nil, fmt.Errorf("%s is no %s, Kind=GamePolicy", kind.String(), v1alpha1.GroupVersion)
	}
	if len(request.Object.Raw) == 0 {
		return nil, errors.New("missing")
	}
	p := &v1alpha1.GamePolicy{}
	if err := json.UnmarshalCaseSensitivePreserveInts(request.Object.Raw, p); err != nil {
		return nil, err
	}
	return p, nil
}
