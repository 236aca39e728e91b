// Package ledger takes, renews and gives back the deeds to hosts (HostClaims) as policy/host judges them. It is the only
// writer of their spec on the admission path; the janitor uses it too. Every write carries the uid and resourceVersion of
// what it was judged on, so that of two writers who judged the same claim one is turned away and judges again.
//
// What it looks up first is in memory and may be old. It relies on that only for a deed that policy/host calls safe to
// rely on without a write, and refuses nobody before it has read the claim from the API server.
package ledger
