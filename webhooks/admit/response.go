package admit

import (
	"context"
	"errors"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Func answers one admission request. The context ends when the API server stops waiting. Object and OldObject of the
// request are raw: most requests need neither or only one of them decoded.
type Func func(ctx context.Context, request *admissionv1.AdmissionRequest) Response

// Verdict is what became of a request, as the metrics count it. Each webhook has its own, besides those here.
type Verdict string

// The verdicts of this package.
const (
	// Error is a request that could not be decided: Response.Err or a panic.
	Error Verdict = "error"
	// Malformed is an HTTP request that is no AdmissionReview: the API server never sends one.
	Malformed Verdict = "malformed"
	// Allowed and Denied are for a Func that gives no verdict of its own.
	Allowed Verdict = "allowed"
	Denied  Verdict = "denied"
)

// Response is the answer to one request. The zero value allows it without a change.
type Response struct {
	// Verdict is for the metrics. Empty stands for Error, Denied or Allowed, as the other fields say.
	Verdict Verdict
	// Denied refuses the request with this status.
	Denied *metav1.Status
	// Patch is a JSON patch (RFC 6902) of the object. The API server fails the whole request, whatever failurePolicy
	// says, when a patch does not apply: mutating/dispatcher.go of k8s.io/apiserver.
	Patch []byte
	// Warnings reach the client of the API server.
	Warnings []string
	// Err says that the request could not be decided. It is answered with an HTTP error, not with a refusal: only then
	// does the API server apply the webhook's failurePolicy.
	Err error
}

// errMalformed marks errors that are the caller's.
var errMalformed = errors.New("malformed admission review")

// NotReadable is the response to a request whose object is not what the webhook was registered for.
func NotReadable(err error) Response {
	return Response{Verdict: Malformed, Err: errors.Join(errMalformed, err)}
}

func (r Response) verdict() Verdict {
	switch {
	case r.Verdict != "":
		return r.Verdict
	case r.Err != nil:
		return Error
	case r.Denied != nil:
		return Denied
	}
	return Allowed
}

// wire is the response as AdmissionReview v1 has it.
func (r Response) wire(request *admissionv1.AdmissionRequest) *admissionv1.AdmissionReview {
	answer := &admissionv1.AdmissionResponse{UID: request.UID, Allowed: r.Denied == nil}
	for _, warning := range r.Warnings {
		answer.Warnings = append(answer.Warnings, withoutPercent(warning))
	}
	if len(r.Patch) > 0 && answer.Allowed {
		kind := admissionv1.PatchTypeJSONPatch
		answer.Patch, answer.PatchType = r.Patch, &kind
	}
	if r.Denied != nil {
		answer.Result = r.Denied.DeepCopy()
		answer.Result.Message = withoutPercent(answer.Result.Message)
	}
	return &admissionv1.AdmissionReview{TypeMeta: reviewType, Response: answer}
}

// withoutPercent keeps percent signs out of everything a client sees: OpenKruiseGame passes refusals on as a format
// string (cloudprovider/errors, Eventf), which garbles them.
func withoutPercent(message string) string { return strings.ReplaceAll(message, "%", " percent") }
