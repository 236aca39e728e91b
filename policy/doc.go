// Package policy is the engine: Compile turns a GamePolicy into something that can be matched, NewSet orders and
// indexes compiled policies, and Set.Decide says which annotations an Ingress of a game server shall carry and why.
//
// It decides and never talks to a cluster. Everything it needs is in the Request, time included, so that the webhook,
// the controllers and the offline commands get the same answer from the same input. Decide is total (it has an answer
// for any object), deterministic, and idempotent: deciding again on its own result changes nothing.
package policy
