package gameserverset

import (
	"context"
	"fmt"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admission/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/json"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/review"
	"github.com/gatehouse-dev/gatehouse/webhooks/admit"
)

// ValidatePath is where the webhook is served, for GameServerSets and their scale.
const ValidatePath = "/validate-gameserverset"

// The verdicts, as gatehouse_admission_requests_total counts them.
const (
	// Unknown: not everything is known yet. The set passes, as it does while no manager answers.
	Unknown admit.Verdict = "unknown"
	// Refused: something that this write brings about cannot work.
	Refused admit.Verdict = "refused"
)

// Cluster is what the webhook needs to know of the cluster.
type Cluster interface {
	// World is what a set of a namespace is held against. It is false while not everything is known.
	World(namespace string) (review.World, bool)
	// Live are ids of servers that a set has, whatever its spec says.
	Live(namespace, set string) []int
	// Autoscaler is what scales a set, nil if nothing does.
	Autoscaler(namespace, set string) *review.Autoscaler
	// Set reads a set from the API server, nil if there is none.
	Set(ctx context.Context, namespace, name string) (*gameserver.GameServerSet, error)
}

// Validator tells the author of a GameServerSet what cannot work, before anything of it exists.
type Validator struct {
	cluster Cluster
	log     logr.Logger
}

// NewValidator makes a validator.
func NewValidator(cluster Cluster, log logr.Logger) *Validator {
	return &Validator{cluster: cluster, log: log.WithName("gameserverset")}
}

// Validate answers a CREATE or UPDATE of a GameServerSet, or an UPDATE of its scale.
func (v *Validator) Validate(ctx context.Context, request *admissionv1.AdmissionRequest) admit.Response {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return admit.Response{}
	}
	world, known := v.cluster.World(request.Namespace)
	if !known {
		return admit.Response{Verdict: Unknown}
	}
	var write review.Request
	var err error
	switch request.SubResource {
	case "":
		var unreadable *finding.Finding
		if write, unreadable, err = decodeSets(request); unreadable != nil {
			return v.refuse(request, []finding.Finding{*unreadable}, nil)
		}
	case "scale":
		write, err = v.scaled(ctx, request)
	default:
		return admit.Response{}
	}
	if err != nil || write.Set == nil {
		return admit.Response{Err: err}
	}
	write.Live = v.cluster.Live(request.Namespace, request.Name)
	write.Autoscaler = v.cluster.Autoscaler(request.Namespace, request.Name)
	result := world.Review(write)
	warnings := warningLines(write.Set, result)
	if len(result.Refused) > 0 {
		return v.refuse(request, result.Refused, warnings)
	}
	return admit.Response{Warnings: warnings}
}

func (v *Validator) refuse(request *admissionv1.AdmissionRequest, found []finding.Finding, warnings []string) admit.Response {
	status := refusal(request.Name, found)
	v.log.Info("refused", "namespace", request.Namespace, "name", request.Name, "operation", request.Operation,
		"subresource", request.SubResource, "code", status.Code, "message", status.Message)
	return admit.Response{Verdict: Refused, Denied: status, Warnings: warnings}
}

// decodeSets reads the set as it is to be and as it stands. One that does not fit into OpenKruiseGame's types, which its CRD
// bounds less, would keep OpenKruiseGame from reading any set: that is a finding and no malformed request.
func decodeSets(request *admissionv1.AdmissionRequest) (write review.Request, unreadable *finding.Finding, err error) {
	if kind := request.Kind; kind.Kind != "" && (kind.Group != gameserver.GroupVersion.Group || kind.Kind != "GameServerSet") {
		return write, nil, admit.NotReadable(fmt.Errorf("%s is no GameServerSet", kind.String())).Err
	}
	if request.Operation == admissionv1.Update {
		if write.Old, err = decode[gameserver.GameServerSet](request.OldObject); err != nil {
			return review.Request{}, nil, nil //nolint:nilerr // as broken as it may be, it stood before
		}
	}
	if write.Set, err = decode[gameserver.GameServerSet](request.Object); err != nil {
		return write, &finding.Finding{
			Code: finding.SetInvalid, Severity: finding.Error, Field: "spec",
			Message: "OpenKruiseGame could not read this set, nor any other while it is there: " + finding.NoPercent(err.Error()),
		}, nil
	}
	// generateName: the API server has made the name by now, but not written it into the request.
	if write.Set.Namespace == "" {
		write.Set.Namespace = request.Namespace
	}
	return write, nil, nil
}

// scaled is the set as it will be after its scale is written. Nothing is said where it is not there, or does not get any
// further server.
func (v *Validator) scaled(ctx context.Context, request *admissionv1.AdmissionRequest) (review.Request, error) {
	scale, err := decode[autoscalingv1.Scale](request.Object)
	if err != nil {
		return review.Request{}, admit.NotReadable(fmt.Errorf("request.object: %w", err)).Err
	}
	set, err := v.cluster.Set(ctx, request.Namespace, request.Name)
	if err != nil || set == nil {
		return review.Request{}, err
	}
	next := *set
	next.Spec.Replicas = &scale.Spec.Replicas
	return review.Request{Set: &next, Old: set}, nil
}

func decode[T any](raw runtime.RawExtension) (*T, error) {
	into := new(T)
	return into, json.UnmarshalCaseSensitivePreserveInts(raw.Raw, into)
}
