// Package admit speaks AdmissionReview v1 over HTTP for every webhook of Gatehouse: it reads and decodes the review,
// calls a Func, writes the answer and measures it. It knows nothing of Ingresses or policies.
package admit
