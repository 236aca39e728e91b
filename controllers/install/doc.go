// Package install holds what the chart runs after an installation and as its test: `gatehouse install activate` makes the
// webhooks as strict as they are to be once the API server has called them with success, and ties them to the release's
// namespace; `gatehouse install test` proves the whole path from a GamePolicy to an Ingress, and from a claim to a refusal.
//
// Both are Jobs of the chart with rights of their own, so they know the cluster through a client alone, and nothing of the
// managers but their answers.
package install
