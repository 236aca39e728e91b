package finding

// setEntries are GH309 to GH315: what the API server refuses of a set's Ingresses, and what is taken differently than written.
var setEntries = []Entry{
	{
		Code:   ParameterPathType,
		Title:  "A `PathType` that Kubernetes does not know",
		Errors: []Place{AtSet, InPreview, InLint},
		Cause: "OpenKruiseGame passes the value on, and the API server refuses the Ingress within an update of the Pod: an event of the Pod is the " +
			"only trace, and every further update of the Pod is refused.",
		Example: Example{
			Input: `networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: "arena<id>.example.com"}
- {name: Path, value: /}
- {name: PathType, value: prefix}
- {name: Port, value: "5000"}
`,
			Message: `spec.network.networkConf[3].value: parameter PathType: the API server refuses "prefix"; did you mean Prefix? [GH309]`,
		},
		Remedy: "Write `Exact`, `Prefix` or `ImplementationSpecific`, with these capitals.",
	},
	{
		Code:     ParameterRepeated,
		Title:    "A `Port` given twice, or a parameter of which only the last counts",
		Errors:   []Place{AtSet, InPreview, InLint},
		Warnings: []Place{AtSet, InPreview, InLint},
		Cause: "`Path`, `PathType`, `Port` and `Annotation` may be repeated; of any other parameter OpenKruiseGame takes the last and skips the " +
			"others without a word (a warning), also of two annotations with one key. A port that is given twice is an error: OpenKruiseGame names the " +
			"ports of the Service by their numbers, and the API server refuses two of one name.",
		Example: Example{
			Input: `networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: "arena<id>.example.com"}
- {name: Path, value: /ws}
- {name: Path, value: /api}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
- {name: Port, value: "5000"}
`,
			Message: `spec.network.networkConf[6].value: parameter Port: 5000 is given in networkConf[5] already, the API server refuses a Service with a port twice; give each port once, further paths use the first [GH310]`,
		},
		Remedy: "Give each port once: a path without a port of its own uses the first. Remove the parameters that do not count.",
	},
	{
		Code:     IngressInvalid,
		Title:    "The API server would refuse the Service or the Ingress that OpenKruiseGame makes",
		Errors:   []Place{AtSet, InPreview, InLint},
		Warnings: []Place{AtSet, InPreview, InLint},
		Cause: "Names, hosts, paths, TLS hosts and annotation keys go to the API server as they are written. What it refuses there is an event of the " +
			"Pod, not an answer to `kubectl apply`. A set whose name begins with a digit is a warning: its Services can only be made since " +
			"Kubernetes 1.36.",
		Example: Example{
			Input: `networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: "Arena<id>.example.com"}
- {name: Path, value: /}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
`,
			Message: `spec.network.networkConf[1].value: parameter Host "Arena<id>.example.com": the host "Arena0.example.com" of every server has capitals; the API server refuses the Ingress [GH311]`,
		},
		Remedy: "Correct the value that the message quotes. `<id>` is replaced in `Host` and `Path` only, not in names, TLS hosts or annotations.",
	},
	{
		Code:     HostMissing,
		Title:    "No `Host`: the servers answer on every host of the gateway",
		Warnings: []Place{AtSet, InPreview, InLint},
		Cause: "OpenKruiseGame makes a rule without a host, which gateways serve for every host that has no route of its own. Players of other games " +
			"who mistype an address end there, and all sets without a `Host` compete for that one place.",
		Example: Example{
			Input: `networkConf:
- {name: IngressClassName, value: higress}
- {name: Path, value: "/s<id>"}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
`,
			Message: `spec.network.networkConf: parameter Host is missing; the servers answer on every host that no other Ingress names; add one [GH312]`,
		},
		Remedy: "Give a `Host`, most likely one with `<id>`.",
	},
	{
		Code:     ParameterIgnored,
		Title:    "A value that OpenKruiseGame takes differently than written, or not at all",
		Warnings: []Place{AtSet, InPreview, InLint},
		Cause: "A `Fixed` that is no boolean counts as false, a `PathType` beyond the paths is not used, `<id>` in an `Annotation` stays as it is, and " +
			"`game.kruise.io/ingress-hash` is OpenKruiseGame's own. None of this is said anywhere.",
		Example: Example{
			Input: `networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: "arena<id>.example.com"}
- {name: Path, value: /}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
- {name: Annotation, value: "higress.io/upstream-vhost: s<id>.internal"}
`,
			Message: `spec.network.networkConf[5].value: "higress.io/upstream-vhost" keeps <id>, which is filled in Host and Path only; use a GamePolicy [GH313]`,
		},
		Remedy: "Write a value that is taken as it stands. What is to differ from server to server goes into a GamePolicy, where `<id>`, `<gss>` and " +
			"`<namespace>` are replaced.",
	},
	{
		Code:     SetInvalid,
		Title:    "The GameServerSet itself is refused, or gets no Pods",
		Errors:   []Place{AtSet, InPreview, InLint},
		Warnings: []Place{AtSet, InPreview, InLint},
		Cause: "The API server refuses some of it at `kubectl apply`; `gatehouse preview` says so without one. Some of it is found out later: a name from " +
			"which no StatefulSet, Service or label can be made, parameters that do not fit into the annotations of a Pod, or a value that " +
			"OpenKruiseGame's types cannot hold, which keeps it from reading any set at all.",
		Example: Example{
			Input: `apiVersion: game.kruise.io/v1alpha1
kind: GameServerSet
metadata: {name: the.arena, namespace: games}
spec: {replicas: 3}
`,
			Message: `metadata.name: "the.arena" cannot name a StatefulSet and Services, which take lower-case letters, digits and "-" between them; they are refused, and there would be no pod [GH314]`,
		},
		Remedy: "Correct the field that the message names. A name cannot be changed: delete the set and create one with another.",
	},
	{
		Code:     NextIDsCollide,
		Title:    "Ids that the set does not have yet would be refused",
		Warnings: []Place{AtSet, InPreview, InLint},
		Cause: "What the set has now is fine. But the next ten ids, or those up to the maximum of the autoscaler that scales the set, would collide " +
			"with somebody else's hosts or with a policy's rules. Whoever scales later would be refused; an autoscaler would, with nobody there to read it.",
		Example: Example{
			Input: `networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: "arena<id>.example.com"}
- {name: Path, value: /}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
---
networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: "arena1<id>.example.com"} # its server 0 has arena10
- {name: Path, value: /}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
`,
			Message: `spec.replicas: GameServerSet arcade/lobby has the hosts of ids 10-12, next in line [GH315]`,
		},
		Remedy: "Choose a `Host` that no other set can reach, or reserve the ids that cannot be had (`reserveGameServerIds`).",
	},
}
