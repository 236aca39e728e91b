// Package serve runs the manager: it wires webhooks and controllers together, serves them over HTTPS with certificates
// that are reloaded, says when this replica is ready, and shuts down without losing a request.
package serve
