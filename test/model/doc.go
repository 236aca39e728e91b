// Package model holds the protocol of the host claims against its one promise: at no time do two who must not share a
// host both stand on it. It runs the real ledger and the real janitor, with several replicas, against an API server made of
// maps, under a scheduler that picks what happens next from a seed: which call to the API server is carried out, which
// replica learns of what, how time goes by, who crashes.
package model
