// Package certificates keeps the webhooks reachable while certificates change. It serves the old certificate until the CA
// bundles of the webhook configurations trust the new one, and where no cert-manager does it, it makes and renews the CA
// and the certificate itself. Every replica runs it: each has to answer before there is a leader.
package certificates
