package finding

// hostStateEntries are GH208 to GH212: what becomes of hosts for the moment, and what is good to know of them.
var hostStateEntries = []Entry{
	{
		Code:   HostInFlight,
		Title:  "Somebody else's create of the host is on its way: try again",
		Errors: []Place{AtIngress},
		Cause: "The host was claimed less than 3 s ago and its Ingress has not been seen yet; that create may still fail. The answer is 429 with " +
			"one second to wait. client-go and `kubectl` try again by themselves, so that people rarely see it.",
		Example: Example{
			Message: `spec.rules[0].host: "game7.postio.example.com" is held by game server arena/lobby-3 (GameServerSet lobby, id 3), whose Ingress is being created now; try again in a second [GH208]`,
		},
		Remedy: "Try again. If the other create has succeeded by then, the answer is [GH202](#gh202).",
		Beyond: "See [GH202](#gh202).",
	},
	{
		Code:     HostQuarantined,
		Title:    "The Ingress waits for its host in quarantine",
		Warnings: []Place{AtSet, AtIngress, InPreview, InLint},
		Cause: "Somebody else has the host, and a GamePolicy says `hosts.onConflict: Quarantine`. The Ingress is admitted with the class " +
			"`gatehouse-quarantine`, which no gateway serves, so that its Pod is not blocked. What its class was stands in the annotation " +
			"`gatehouse.dev/quarantined`.",
		Example: Example{
			Input: `apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: postio-hosts}
spec:
  hosts: {onConflict: Quarantine}
---
networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: "s<id>.example.com"}
- {name: Path, value: /}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
---
networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: "s<id>.example.com"}
- {name: Path, value: /}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
`,
			Message: `spec.network.networkConf[1].value: ids 0-2 wait in quarantine for "s0.example.com" and 2 more of GameServerSet games/arena [GH209]`,
		},
		Remedy: "Nothing: the Ingress gets its class back when the host is free. `kubectl get ingress -A` shows the class of those that wait. " +
			"Or choose another `Host`, as for [GH202](#gh202).",
	},
	{
		Code:     HostOverlaps,
		Title:    "A wildcard brings the host together with another holder's",
		Warnings: []Place{AtIngress},
		Cause: "A gateway serves the exact host first, so a wildcard takes nothing away from it. But it takes what the exact host leaves over: " +
			"the paths that it does not have, and everything while its Ingress is being made anew. A wildcard, or a rule without a host, that no " +
			"policy governs is also reported alone.",
		Example: Example{
			Message: `"a.example.com" overlaps "*.example.com" of GameServerSet arena/lobby [GH210]`,
		},
		Remedy: "Make sure that this is meant. An operator can forbid wildcards to game servers with `hosts.wildcards: []` in a GamePolicy.",
	},
	{
		Code:     HostShared,
		Title:    "Web Ingresses of several namespaces stand on the host",
		Warnings: []Place{AtIngress},
		Cause: "Ingresses that are no game server's may share a host; the gateway gives each request to the longer path. Nothing keeps one namespace from " +
			"taking the other's paths.",
		Example: Example{
			Message: `"www.example.com" is also served by the web Ingresses of namespace shop [GH211]`,
		},
		Remedy: "Make sure that both teams know. With the chart's `webIngresses: Exclusive` the second namespace is refused ([GH202](#gh202)).",
	},
	{
		Code:   NotReady,
		Title:  "Gatehouse does not know the cluster yet: try again",
		Errors: []Place{AtIngress},
		Cause: "A manager that has just started has not read all claims and Ingresses. It answers 429 with one second to wait, and clients try " +
			"again by themselves; its readiness keeps further requests away.",
		Example: Example{
			Message: `Gatehouse does not know yet who holds which host; try again in a second [GH212]`,
		},
		Remedy: "Try again. If it stays, look at the manager: `kubectl -n gatehouse-system logs deployment/gatehouse`.",
		Beyond: "Who lets Ingresses in without knowing the claims gives a host away twice.",
	},
}
