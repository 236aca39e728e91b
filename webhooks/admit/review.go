package admit

import (
	"errors"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/json"
)

// The API server accepts no object greater than 3 MiB (MaxRequestBodyBytes of k8s.io/apiserver's server config), and a
// review holds at most two of them besides a few short fields.
const (
	maxObjectBytes = 3 << 20
	maxReviewBytes = 2*maxObjectBytes + 64<<10
)

var (
	reviewType = metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"}

	errTooLarge = errors.New("larger than any object of the API server")
)

// decode reads an AdmissionReview v1 and returns its request. Field names are case-sensitive, as in the API server;
// encoding/json would take "Request" for "request" and let the later one win.
func decode(body []byte) (*admissionv1.AdmissionRequest, error) {
	var review admissionv1.AdmissionReview
	if err := json.UnmarshalCaseSensitivePreserveInts(body, &review); err != nil {
		return nil, fmt.Errorf("%w: %w", errMalformed, err)
	}
	request := review.Request
	switch {
	case review.TypeMeta != reviewType:
		return nil, fmt.Errorf("%w: want kind %s of %s", errMalformed, reviewType.Kind, reviewType.APIVersion)
	case request == nil:
		return nil, fmt.Errorf("%w: request is missing", errMalformed)
	case request.UID == "":
		return nil, fmt.Errorf("%w: request.uid is missing", errMalformed)
	case len(request.Object.Raw) > maxObjectBytes || len(request.OldObject.Raw) > maxObjectBytes:
		return nil, errTooLarge
	}
	return request, nil
}
