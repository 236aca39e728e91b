// Package rollout brings the Ingresses of game servers that exist in line with what the policies decide: after an edit, a
// deletion, or where the webhook was not there when an Ingress was written. It runs on the leader, decides by the same
// engine as the webhook, and writes nothing where nothing differs.
package rollout
