// Package ingress is the admission webhook for Ingresses: it decodes the request, has the policies decide, and answers
// with a JSON patch of annotations. It decides nothing itself.
package ingress
