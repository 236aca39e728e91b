package finding

// parameterEntries are GH301 to GH308: what OpenKruiseGame or Kruise cannot make an Ingress of.
var parameterEntries = []Entry{
	{
		Code:   ParameterMissing,
		Title:  "OpenKruiseGame needs `Path`, `PathType` and `Port` at least once each",
		Errors: []Place{AtSet, InPreview, InLint},
		Cause: "Without one of them its plugin makes no Ingress (`cloudprovider/kubernetes/ingress.go`). It finds out when a Pod is updated, says so " +
			"in an event of the Pod (`parameterError`), and refuses every further update of the Pod. `kubectl apply` of the set has succeeded by then.",
		Example: Example{
			Input: `networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: "arena<id>.example.com"}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
`,
			Message: `spec.network.networkConf: parameter Path is missing; without it OpenKruiseGame makes no Ingress; add {name: Path, value: "/"} [GH301]`,
		},
		Remedy: "Add the parameter. Names are case-sensitive: where it seems to be there, look for a [GH305](#gh305) beside it.",
	},
	{
		Code:   ParameterTemplate,
		Title:  "More than one `<id>` in a value",
		Errors: []Place{AtSet, InPreview, InLint},
		Cause: "OpenKruiseGame replaces one `<id>` in `Host` and in each `Path`. With two it makes no Ingress and refuses every update of the Pod " +
			"(event `parameterError`).",
		Example: Example{
			Input: `networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: "a<id>-b<id>.example.com"}
- {name: Path, value: /}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
`,
			Message: `spec.network.networkConf[1].value: parameter Host: "a<id>-b<id>.example.com" has more than one <id>; OpenKruiseGame allows one in a value and makes no Ingress [GH302]`,
		},
		Remedy: "Write `<id>` once.",
	},
	{
		Code:   ParameterPort,
		Title:  "A `Port` that is no port number",
		Errors: []Place{AtSet, InPreview, InLint},
		Cause: "OpenKruiseGame takes what it cannot read as port 0. The API server then refuses the Service, so there is no Ingress either, and the " +
			"only trace is an event of the Pod.",
		Example: Example{
			Input: `networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: "arena<id>.example.com"}
- {name: Path, value: /}
- {name: PathType, value: Prefix}
- {name: Port, value: http}
`,
			Message: `spec.network.networkConf[4].value: parameter Port: "http" is no number; OpenKruiseGame takes it as 0, and the API server refuses that; give a port from 1 to 65535 [GH303]`,
		},
		Remedy: "Give the number of the container's port, in quotes: values of parameters are strings.",
	},
	{
		Code:   ParameterAnnotation,
		Title:  "An `Annotation` that is not exactly `key: value`",
		Errors: []Place{AtSet, InPreview, InLint},
		Cause: "OpenKruiseGame splits the value at `: ` and wants two pieces. `key:value` without a space is refused, and so is any value " +
			"that holds a `: ` itself. The Pod's updates are then refused with `parameterError`.",
		Example: Example{
			Input: `networkConf:
- {name: IngressClassName, value: higress}
- {name: Host, value: "arena<id>.example.com"}
- {name: Path, value: /}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
- {name: Annotation, value: "higress.io/timeout:30"}
`,
			Message: `spec.network.networkConf[5].value: parameter Annotation: "higress.io/timeout:30" has no ": "; write "key: value", with a space after the colon [GH304]`,
		},
		Remedy: "Write one colon and one space. For a value that holds `: `, and for one that differs from server to server, use a GamePolicy.",
	},
	{
		Code:     ParameterUnknown,
		Title:    "A parameter name that OpenKruiseGame does not read",
		Errors:   []Place{AtSet, InPreview, InLint},
		Warnings: []Place{AtSet, InPreview, InLint},
		Cause: "It skips the parameter without a word. A misspelt `Host` leaves the host empty, and the server answers on every host of the " +
			"gateway; a misspelt `IngressClassName` leaves the Ingress to no gateway at all. A name that is close to one that OpenKruiseGame reads is an " +
			"error, any other is a warning: a newer OpenKruiseGame may know it.",
		Example: Example{
			Input: `networkConf:
- {name: IngressClassName, value: higress}
- {name: Hosts, value: "arena<id>.example.com"}
- {name: Path, value: /}
- {name: PathType, value: Prefix}
- {name: Port, value: "5000"}
`,
			Message: `spec.network.networkConf[1].name: parameter "Hosts" with value "arena<id>.example.com": OpenKruiseGame does not know the name and ignores it; did you mean Host? [GH305]`,
		},
		Remedy: "Use the name that is proposed, or remove the parameter.",
		Beyond: "OpenKruiseGame makes an Ingress without the parameter. Whoever wrote it believes that it counts, and finds out from players.",
	},
	{
		Code:     ReservedIDInvalid,
		Title:    "An item of `reserveGameServerIds` that Kruise cannot read",
		Errors:   []Place{AtSet, InPreview, InLint},
		Warnings: []Place{AtSet, InPreview, InLint},
		Cause: "OpenKruiseGame's webhook finds the mistake and lets it pass (`pkg/webhook/validating_gss.go` drops the result). Kruise's then refuses " +
			"the Advanced StatefulSet, so the set has no Pods, or the change never arrives. Nobody is told but OpenKruiseGame's log.",
		Example: Example{
			Input: `spec:
  replicas: 3
  reserveGameServerIds: ["5", "3-1"]
`,
			Message: `spec.reserveGameServerIds[0]: "5" is a string; write the id 5 without quotes, or "5-5"; Kruise refuses the whole set [GH306]`,
		},
		Remedy: "Write an id as a number and a range as `\"a-b\"`, without spaces and with the smaller one first: `[5, \"1-3\"]`.",
	},
	{
		Code:     TooManyIDs,
		Title:    "More ids than are looked at, or than may be reserved",
		Errors:   []Place{AtSet, InPreview, InLint},
		Warnings: []Place{AtSet, InPreview, InLint},
		Cause: "Of one set the first 10,000 servers are looked at, of the input of `gatehouse preview` the first 100,000 Ingresses. What lies beyond " +
			"is a warning; it is judged when OpenKruiseGame makes the Ingress. More than a million reserved ids in one set are an error: OpenKruiseGame and " +
			"Kruise put every single one into a set in memory, time and again (`pkg/util/api/asts.go`, `GetReserveOrdinalIntSet`).",
		Example: Example{
			Input: `spec:
  replicas: 3
  reserveGameServerIds: ["100-2000000000"]
`,
			Message: `spec.reserveGameServerIds[0]: "100-2000000000" brings the reserved ids above 1000000; OpenKruiseGame and Kruise hold every one of them in memory, and would fail all other sets too; reserve fewer [GH307]`,
		},
		Remedy: "Reserve fewer ids; split a set that is too large.",
		Beyond: "The API server takes any range, and OpenKruiseGame and Kruise may run out of memory over it, and then no set of the cluster has a controller.",
	},
	{
		Code:     NetworkTypeOther,
		Title:    "OpenKruiseGame makes no Ingress for this `networkType`",
		Errors:   []Place{InPreview},
		Warnings: []Place{AtSet, InPreview, InLint},
		Infos:    []Place{InPreview},
		Cause: "Only `Kubernetes-Ingress` makes Ingresses. For another type of OpenKruiseGame 1.0 this is information: Gatehouse has nothing to " +
			"do with the set. A missing or misspelt type is an error, because OpenKruiseGame's own webhook refuses the set at `kubectl apply`; one that a " +
			"newer OpenKruiseGame may know is a warning.",
		Example: Example{
			Input: `spec:
  replicas: 3
  network: {networkType: Kubernetes-Ingres}
`,
			Message: `spec.network.networkType: "Kubernetes-Ingres" is not known to OpenKruiseGame, which refuses the set; did you mean Kubernetes-Ingress? [GH308]`,
		},
		Remedy: "Write `Kubernetes-Ingress` if the servers are to have Ingresses. The type of a set that exists cannot be changed.",
	},
}
