package ingress

import (
	"context"
	"fmt"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admission/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/json"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
	"github.com/gatehouse-dev/gatehouse/webhooks/admit"
)

// MutatePath is where the mutating webhook is served.
const MutatePath = "/mutate-ingress"

// The verdicts, as gatehouse_admission_requests_total counts them.
const (
	// Patched: the annotations were changed.
	Patched admit.Verdict = "patched"
	// Unchanged: the annotations already are what the policies want, or must be left alone.
	Unchanged admit.Verdict = "unchanged"
	// Quarantined: the class was replaced by one that no gateway serves, because somebody else holds a host.
	Quarantined admit.Verdict = "quarantined"
	// Ungoverned: no Ingress of a game server, or of a class that is not managed.
	Ungoverned admit.Verdict = "ungoverned"
	// Unsynced: not everything is known yet, so the Ingress passes as it is; what it misses is repaired later.
	Unsynced admit.Verdict = "unsynced"
)

// Policies is what the mutator needs to know of the cluster.
type Policies interface {
	// At is the policies and the request to put to them for this Ingress, of one moment. It is false while not
	// everything is known yet.
	At(ing *networkingv1.Ingress) (*policy.Set, policy.Request, bool)
}

// Mutator injects annotations into the Ingresses of game servers.
type Mutator struct {
	policies Policies
	deeds    Deeds
	// quarantine: there is a class that no gateway serves.
	quarantine bool
	// self is the user name under which Gatehouse writes, empty if unknown.
	self string
	log  logr.Logger
}

// NewMutator makes a mutator. quarantine is false where the gateway serves Ingresses of any class. self is the user name
// under which Gatehouse itself writes to the API server.
func NewMutator(policies Policies, deeds Deeds, quarantine bool, self string, log logr.Logger) *Mutator {
	return &Mutator{policies: policies, deeds: deeds, quarantine: quarantine, self: self, log: log.WithName("mutator")}
}

// Mutate answers a CREATE or UPDATE of an Ingress. It never refuses one.
func (m *Mutator) Mutate(_ context.Context, request *admissionv1.AdmissionRequest) admit.Response {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update || request.SubResource != "" {
		return admit.Response{Verdict: Ungoverned}
	}
	ing, err := decode(request, request.Object)
	if err != nil {
		return admit.NotReadable(fmt.Errorf("request.object: %w", err))
	}
	if m.wroteItself(request, ing) {
		return admit.Response{Verdict: Unchanged}
	}
	// An Ingress in quarantine is decided about as if it had its class already.
	subject, waited := policy.Unquarantine(ing)
	if !waited {
		subject = ing
	}
	policies, question, synced := m.policies.At(subject)
	if !synced {
		return admit.Response{Verdict: Unsynced}
	}
	if request.Operation == admissionv1.Update {
		if question.Old, err = decode(request, request.OldObject); err != nil {
			return admit.NotReadable(fmt.Errorf("request.oldObject: %w", err))
		}
	}
	decision := policies.Decide(question)
	injected := *subject // nothing but the map of annotations is another
	injected.Annotations = decision.Annotations
	result, final := &injected, question
	final.Ingress = result // it stands on its hosts as what it is to become: a canary is one by what is injected
	refusal := m.held(policies, final, waited)
	if refusal != nil {
		result = policy.Quarantine(result)
	}
	response := respond(ing, result, question.Class, &decision)
	if refusal != nil {
		response.Verdict = Quarantined
		response.Warnings = append(response.Warnings, policy.QuarantineWarning(refusal))
	}
	if len(response.Warnings) > 0 {
		m.log.Info("warned", "namespace", request.Namespace, "name", ing.Name, "warnings", response.Warnings)
	}
	if log := m.log.V(1); log.Enabled() {
		log.Info("decided", "namespace", request.Namespace, "name", ing.Name, "operation", request.Operation,
			"verdict", response.Verdict, "class", question.Class.Name, "server", decision.Server.String(),
			"findings", len(decision.Findings), "dryRun", request.DryRun != nil && *request.DryRun)
	}
	return response
}

// held is why an Ingress has to wait in quarantine, nil if it does not. Only hosts that it does not stand on yet can make
// it wait. One that goes on standing on another host does not: nothing is taken off a gateway that serves, so the
// validator refuses the hosts that are added.
func (m *Mutator) held(policies *policy.Set, question policy.Request, waited bool) *policy.Refusal {
	if !m.quarantine || !question.Class.Managed || !m.deeds.Synced() {
		return nil
	}
	if !waited && policies.HostRules(question).OnConflict != v1alpha1.OnConflictQuarantine {
		return nil
	}
	hosts := host.Of(question.Ingress)
	if !waited && (len(hosts) == 0 || len(host.Compare(question.Old, question.Ingress).Added) < len(hosts)) {
		return nil
	}
	c := host.Case{Party: policies.Party(question), Ingress: question.Ingress.Name, Deeds: host.Deeds(question.Class.Key(), hosts)}
	return policy.RefuseHosts(question.Ingress, c.Party, m.deeds.Look(c), false)
}

// wroteItself: what Gatehouse itself wrote was decided from policies at least as new as ours.
func (m *Mutator) wroteItself(request *admissionv1.AdmissionRequest, ing *networkingv1.Ingress) bool {
	return m.self != "" && request.UserInfo.Username == m.self && policy.HasCurrentRecord(ing.Annotations)
}

func respond(ing, result *networkingv1.Ingress, class policy.Class, decision *policy.Decision) admit.Response {
	response := admit.Response{Verdict: Unchanged, Warnings: decision.Warnings}
	patch, err := patch(ing, result)
	switch {
	case err != nil:
		return admit.Response{Err: err}
	case patch != nil:
		response.Verdict, response.Patch = Patched, patch
	case decision.Verdict == policy.Ungoverned, !class.Managed:
		response.Verdict = Ungoverned
	}
	return response
}

// decode reads an Ingress the way the API server does: field names are case-sensitive, unknown fields are skipped.
func decode(request *admissionv1.AdmissionRequest, raw runtime.RawExtension) (*networkingv1.Ingress, error) {
	if kind := request.Kind; kind.Kind != "" && (kind.Group != networkingv1.GroupName || kind.Kind != "Ingress" || kind.Version != "v1") {
		return nil, fmt.Errorf("%s is no networking.k8s.io/v1, Kind=Ingress", kind.String())
	}
	if len(raw.Raw) == 0 {
		return nil, fmt.Errorf("missing")
	}
	ing := &networkingv1.Ingress{}
	if err := json.UnmarshalCaseSensitivePreserveInts(raw.Raw, ing); err != nil {
		return nil, err
	}
	if ing.Namespace == "" {
		ing.Namespace = request.Namespace
	}
	return ing, nil
}
