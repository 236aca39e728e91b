// Package gamepolicy is the admission webhook for GamePolicies: it tells whoever writes one, in his terminal, what the
// policies, games and gateways that there are make of it. It never refuses one; what a policy says wrong by itself the CRD
// refuses. It decides nothing itself.
package gamepolicy
