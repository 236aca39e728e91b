package finding

// policyEntries are GH1xx: what is wrong with a GamePolicy, or what it does.
var policyEntries = []Entry{
	{
		Code:   PolicyInvalid,
		Title:  "The schema or a CEL rule of the CRD refuses the GamePolicy",
		Errors: []Place{InPreview, InLint},
		Cause: "The API server refuses such an object itself, so this holds while Gatehouse is away; `kubectl` then shows the same text " +
			"without the code. `gatehouse preview` runs the same schema and the same rules.",
		Example: Example{
			Input: `apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: postio-h5}
spec:
  mode: Perhaps
`,
			Message: `spec.mode: Unsupported value: "Perhaps": supported values: "Enforce", "Warn", "Audit" [GH101]`,
		},
		Remedy: "Correct the field that the message names. `kubectl explain gamepolicy.spec --recursive` shows all of them.",
	},
	{
		Code:   PolicyDuplicate,
		Title:  "Two GamePolicies of the input have one name",
		Errors: []Place{InPreview, InLint},
		Cause: "GamePolicies are cluster-scoped. In a cluster the second manifest would replace the first; in a directory that is most likely " +
			"not what was meant, so `gatehouse preview` takes the first and refuses the second.",
		Example: Example{
			Input: `apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: postio-h5}
spec: {defaults: {requestTimeout: 30s}}
---
apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: postio-h5}
spec: {defaults: {requestTimeout: 60s}}
`,
			Message: `metadata.name: GamePolicy postio-h5 is given twice, first in policies.yaml:1: document 1; only that one counts [GH102]`,
		},
		Remedy: "Rename one of them, or take it out of the input.",
	},
	{
		Code:     PolicyWarns,
		Title:    "What a GamePolicy in mode `Warn` would change",
		Warnings: []Place{AtSet, AtIngress, InPreview, InLint},
		Cause: "`mode: Warn` changes nothing. Whoever applies the GameServerSet, or writes the Ingress, is told what the policy would do. `gatehouse " +
			"preview` says it for all servers at once.",
		Example: Example{
			Input: `apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: postio-h5}
spec:
  mode: Warn
  defaults: {requestTimeout: 30s}
---
networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: "arena<id>.example.com"}
- {name: Path, value: /}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
`,
			Message: `metadata.annotations: GamePolicy postio-h5 (mode Warn) would set higress.io/timeout to "30" [GH103]`,
		},
		Remedy: "Nothing, or `mode: Enforce` once the changes are what you want.",
	},
	{
		Code:     PolicyOverlaps,
		Title:    "Another policy of the same priority sets the same for the same servers",
		Warnings: []Place{AtPolicy},
		Cause: "Of two policies with one `priority` the older counts, then the one with the lesser name. That is certain, but hardly what anybody " +
			"had in mind: whoever deletes and recreates the older one turns it round.",
		Example: Example{
			Input: `apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: arena}
spec: {defaults: {requestTimeout: 60s}}
---
apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: everybody}
spec: {defaults: {requestTimeout: 30s}}
`,
			Message: `spec.priority: GamePolicy arena has 0 too, is first by name and wins defaults.requestTimeout; set another [GH104]`,
		},
		Remedy: "Give one of them a higher `priority`, or make the `targets` disjoint.",
	},
	{
		Code:     SelectsNothing,
		Title:    "The `targets` select nothing that there is",
		Warnings: []Place{AtPolicy},
		Cause: "All that are given in `targets` must hold at once. A label that no namespace has, or a name that no GameServerSet has, makes a " +
			"policy without effect, which looks like one that works. It may still be right: the game may come later.",
		Example: Example{
			Input: `apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: postio-h5}
spec:
  targets: {namespaceSelector: {matchLabels: {game: postio}}}
  defaults: {requestTimeout: 30s}
`,
			Message: `spec.targets.namespaceSelector: no namespace has "game=postio" yet [GH105]`,
		},
		Remedy: "Compare with `kubectl get gss -A --show-labels` and `kubectl get namespaces --show-labels`.",
	},
	{
		Code:     PolicyChanges,
		Title:    "How many live Ingresses an edit would change",
		Warnings: []Place{AtPolicy},
		Cause:    "`kubectl apply --dry-run=server` of a GamePolicy changes nothing and says how far the edit would reach, by what is in memory.",
		Example: Example{
			Input: `apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: postio-h5}
spec:
  defaults: {requestTimeout: 30s}
`,
			Message: `6 of 11 game Ingresses would change, e.g. games/postio-1 [GH106]`,
		},
		Remedy: "Nothing. `gatehouse preview` shows which annotations these would be.",
	},
}
